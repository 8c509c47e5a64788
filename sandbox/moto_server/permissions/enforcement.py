"""Permissions in force: callers whose every call is decided by their policies, and what was asked of these.

Off for every caller until it is given policies. Evaluated is what a role's own policies say; permissions
boundaries, session policies and organisations' policies are not there, resources' policies are not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug.exceptions import HTTPException

from sandbox.moto_server.faults import Refusal, refusal
from sandbox.moto_server.faults import call_of as named_call
from sandbox.moto_server.permissions import beside, ec2, named
from sandbox.moto_server.permissions.calls import Call, call_of
from sandbox.moto_server.permissions.policy import Verdict, decide, parsed
from sandbox.moto_server.permissions.question import Question

_FREE = ("sts:GetCallerIdentity", "sts:GetSessionToken")
"""Need no permission ("Permissions for GetCallerIdentity")."""
_CODES = {"ec2": "UnauthorizedOperation", "s3": "AccessDenied"}


@dataclass(frozen=True)
class Decision:
    """What a caller's policies said to one question, and for which call it was asked."""

    caller: str
    call: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    verdict: str


class Enforcement:
    """The callers with policies, by the ids of their access keys, and every decision since they got them."""

    def __init__(self) -> None:
        self._documents: dict[str, tuple[str, ...]] = {}
        self._decisions: dict[str, Decision] = {}

    def set(self, documents: Mapping[str, list[str]]) -> None:
        """Put policies in force, for these callers and no others; what was decided before is forgotten.

        Raises:
            ValueError: a document is none.
        """
        for of_caller in documents.values():
            for document in of_caller:
                parsed(document)
        self._documents = {key_id: tuple(of_caller) for key_id, of_caller in documents.items()}
        self._decisions = {}

    def decisions(self) -> list[dict[str, Any]]:
        """Each decision once, in the order in which they first came."""
        return [asdict(decision) for decision in self._decisions.values()]

    def refusal(self, environ: Mapping[str, Any], body: bytes) -> Refusal | None:
        """How a request is refused; None when it is allowed, or its caller has no policies."""
        key_id = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition("/")[0]
        if key_id not in self._documents:
            return None
        try:
            call = call_of(environ, body)
        except HTTPException:
            return refusal(named_call(dict(environ), body), 403, "AccessDenied", "This is no call of AWS's.")
        if call.action in _FREE:
            return None
        refused = [question for question in _questions(call) if not self._allows(call, question)]
        return _answer(call, environ, body, refused[0]) if refused else None

    def _allows(self, call: Call, question: Question) -> bool:
        request = question.request(call.region)
        verdict = decide(self._documents[call.key_id], request)
        context = {key: tuple(values) for key, values in request.context.items()}
        decision = Decision(
            call.key_id,
            f"{call.service}:{call.operation}",
            request.action,
            request.resource,
            context,
            verdict.value,
        )
        self._decisions[repr(decision)] = decision
        return verdict is Verdict.ALLOWED


def _questions(call: Call) -> Iterator[Question]:
    yield from ec2.questions(call) if call.service == "ec2" else named.questions(call)
    yield from beside.questions(call)


def _answer(call: Call, environ: Mapping[str, Any], body: bytes, question: Question) -> Refusal:
    """As AWS words it ("Troubleshoot access denied error messages")."""
    named = named_call(dict(environ), body)
    code = _CODES.get(call.service, "AccessDeniedException" if named.speaks_json else "AccessDenied")
    start = "You are not authorized to perform this operation. " if call.service == "ec2" else ""
    message = (
        f"{start}User: arn:aws:iam::{call.account}:user/{call.key_id} is not authorized to perform:"
        f" {question.action} on resource: {question.arn} because no identity-based policy allows the"
        f" {question.action} action"
    )
    return refusal(named, 400 if named.speaks_json else 403, code, message)

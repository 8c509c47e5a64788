"""Permissions in force: callers whose every call is decided by their policies, and what was asked of these.

Off for every caller until it is given policies, or a role of IAM's, whose policies count as they are at each
call. Evaluated is what a role's own policies say; permissions boundaries, session policies and organisations'
policies are not there, resources' policies are not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
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
        self._documents: dict[str, tuple[str, ...] | str] = {}
        self._decisions: dict[str, Decision] = {}

    def set(self, documents: Mapping[str, list[str] | str]) -> None:
        """Put policies in force, for these callers and no others; what was decided before is forgotten.

        A caller has documents, or the name of a role.

        Raises:
            ValueError: a document is none.
        """
        of_callers = {
            key_id: given if isinstance(given, str) else tuple(given) for key_id, given in documents.items()
        }
        for given in of_callers.values():
            for document in () if isinstance(given, str) else given:
                parsed(document)
        self._documents = of_callers
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
        request = question.request(call.region, call.account)
        documents = self._documents[call.key_id]
        verdict = decide(_of_role(documents) if isinstance(documents, str) else documents, request)
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


def _of_role(name: str) -> Iterable[str]:
    """The policies of its own that a role has now; none when there is no such role."""
    for role in iam_backends[DEFAULT_ACCOUNT_ID]["aws"].roles.values():
        if role.name == name:
            yield from role.policies.values()


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

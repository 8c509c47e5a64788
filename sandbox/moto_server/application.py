"""What the server answers: moto's services, and `/sandbox/...` for what no cloud offers its users.

- `GET /sandbox/id`: `{"id": ...}`, another one in each process, because nothing outlives a process.
- `GET /sandbox/inventory`: ids by type of everything that is not there from the start.
- `POST /sandbox/telemetry`: `{"vpnConnectionId", "outsideIp", "status": "UP"|"DOWN"}` sets a tunnel's status;
  `"learnedRoutes"` is how many routes its router announces over BGP while it is up (1).
- `POST /sandbox/tunnel-delays`: `{"modifying", "returning"}` in seconds: how long a change keeps a connection
  `modifying`, and its tunnel down after that (null: until told).
- `POST /sandbox/maintenance`: `{"vpnConnectionId", "outsideIp"}`: AWS wants to replace its end of the tunnel.
- `POST /sandbox/faults`: `{"service", "action", "kind": "error"|"throttle"|"hang", "count", "seconds"}`, the
  service by the name that requests are signed for (CloudWatch's is `monitoring`).
- `DELETE /sandbox/faults`: no more faults.
- `PUT /sandbox/permissions`: `{access key id: [policy documents]}`, or a role's name instead of documents:
  these callers may do what their policies allow, and nothing else; all others may do everything, as all may
  from the start.
- `GET /sandbox/permissions`: what has been asked of these policies, and what they said.
"""

from __future__ import annotations

import io
import json
import os
import threading
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from moto.backends import SERVICE_NAMES
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from sandbox.moto_server.autoscaling import models as autoscaling
from sandbox.moto_server.cloudwatch import models as cloudwatch
from sandbox.moto_server.ec2 import models as ec2
from sandbox.moto_server.faults import Fault, Faults, Refusal, call_of, refusal
from sandbox.moto_server.iam import models as iam
from sandbox.moto_server.inventory import inventory
from sandbox.moto_server.logs import models as logs
from sandbox.moto_server.permissions.enforcement import Enforcement
from sandbox.moto_server.s3 import models as s3
from sandbox.moto_server.sns import models as sns
from sandbox.moto_server.tunnels import set_delays, set_pending_maintenance, set_tunnel_status

StartResponse = Callable[..., Any]
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


class Cloud:
    """The WSGI application. One call at a time: moto's backends are not made for threads."""

    def __init__(self) -> None:
        os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
        for service in (ec2, autoscaling, cloudwatch, iam, logs, s3, sns):
            service.install()
        self._id = uuid.uuid4().hex
        self._moto = DomainDispatcherApplication(_backend_app)
        self._turn = threading.Lock()
        self._faults = Faults()
        self._permissions = Enforcement()
        self._control: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/sandbox/id"): lambda _: {"id": self._id},
            ("GET", "/sandbox/inventory"): lambda _: inventory(),
            ("POST", "/sandbox/telemetry"): _set_telemetry,
            ("POST", "/sandbox/tunnel-delays"): _set_delays,
            ("POST", "/sandbox/maintenance"): _set_maintenance,
            ("POST", "/sandbox/faults"): self._add_fault,
            ("DELETE", "/sandbox/faults"): self._clear_faults,
            ("PUT", "/sandbox/permissions"): self._set_permissions,
            ("GET", "/sandbox/permissions"): lambda _: self._permissions.decisions(),
        }

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, unless a page in somebody's browser may have sent it."""
        stranger = _stranger(environ)
        if stranger:
            return _json(403, {"error": stranger})(environ, start_response)
        if environ["PATH_INFO"].startswith("/sandbox/"):
            return self._answer_control(Request(environ))(environ, start_response)
        body = Request(environ).get_data()
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        call = call_of(environ, body)
        struck = self._faults.strike(call)
        if struck is not None:
            return _response(struck)(environ, start_response)
        try:
            with self._turn:
                refused = self._permissions.refusal(environ, body)
                if refused is not None:
                    return _response(refused)(environ, start_response)
                return list(self._moto(environ, start_response))
        except NotImplementedError as error:
            message = f"The sandbox does not have {call.service} {call.action}: {error}"
            return _response(refusal(call, 400, "InvalidAction", message))(environ, start_response)
        except Exception as error:  # noqa: BLE001  moto has more faults than names for them; the client is told
            traceback.print_exc()
            message = f"{call.service} {call.action}: {type(error).__name__}: {error}"
            return _response(refusal(call, 500, "InternalError", message))(environ, start_response)

    def _answer_control(self, request: Request) -> Response:
        try:
            with self._turn:
                return _json(200, self._handler(request)(request))
        except HTTPException as error:
            return _json(error.code or 500, {"error": error.description})
        except (KeyError, TypeError, ValueError) as error:
            return _json(400, {"error": str(error)})

    def _handler(self, request: Request) -> Callable[[Request], object]:
        handler = self._control.get((request.method, request.path))
        if handler is not None:
            return handler
        if any(path == request.path for _, path in self._control):
            raise MethodNotAllowed
        raise NotFound

    def _add_fault(self, request: Request) -> object:
        self._faults.add(Fault(**request.get_json()))
        return {}

    def _set_permissions(self, request: Request) -> object:
        self._permissions.set(request.get_json())
        return {}

    def _clear_faults(self, _: Request) -> object:
        self._faults.clear()
        return {}


def _stranger(environ: dict[str, Any]) -> str | None:
    """Why a request is from none of this machine's own programs; None when it may be.

    A page can send requests across sites, which carry its Origin, and reach loopback under a name of its own
    (DNS rebinding), which is then the Host. AWS_VPN_SANDBOX_HOSTS names addresses at which something relays
    to the server, separated by commas.
    """
    if "HTTP_ORIGIN" in environ:
        return "requests from web pages (with an Origin) are refused"
    try:
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or "nothing"
    except ValueError:
        host = "malformed"
    also = os.environ.get("AWS_VPN_SANDBOX_HOSTS", "").split(",")
    if host in (*_LOOPBACK, *also) or host.endswith(".localhost"):
        return None
    return f"Host = {host[:100]}; should be 127.0.0.1 or localhost"


def _backend_app(service: SERVICE_NAMES) -> Flask:
    app = create_backend_app(service)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def _set_telemetry(request: Request) -> object:
    asked = request.get_json()
    set_tunnel_status(
        asked["vpnConnectionId"], asked["outsideIp"], asked["status"], asked.get("learnedRoutes")
    )
    return {}


def _set_delays(request: Request) -> object:
    asked = request.get_json()
    set_delays(asked["modifying"], asked["returning"])
    return {}


def _set_maintenance(request: Request) -> object:
    asked = request.get_json()
    set_pending_maintenance(asked["vpnConnectionId"], asked["outsideIp"])
    return {}


def _json(status: int, document: object) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


def _response(refused: Refusal) -> Response:
    return Response(refused.body, refused.status, content_type=refused.content_type)

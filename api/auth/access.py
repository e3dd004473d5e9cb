"""Who is calling, and the guard that every route must declare.

`GuardedRoute` refuses to exist without one of the guards below: a forgotten declaration stops the
program at start instead of opening a door.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from alerts.access import Grant, Role
from alerts.alert import Actor, PatrolId
from api.auth.tokens import MAX_SECRET_LENGTH, SESSION, TOKEN, digest, is_valid
from api.problem import Problem
from api.strict_json import StrictRequest
from api.wiring import services_of

COOKIE = "qalqan_session"
CONSOLE_HEADER = "X-Qalqan-Console"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="`qk_...`")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description=f"Set by POST /v1/session. Changes need the header `{CONSOLE_HEADER}: 1` too.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The grant behind a request."""

    grant: Grant
    secret_is_session: bool = False

    @property
    def role(self) -> Role:
        return self.grant.role

    @property
    def actor(self) -> Actor:
        """How the account of an alert names this caller."""
        return Actor(self.role.value, self.grant.patrol or self.grant.name)

    @property
    def patrol(self) -> PatrolId:
        """The unit a patrol's grant speaks for. Raises a 403 for other roles."""
        if self.role is not Role.PATROL or self.grant.patrol is None:
            raise Problem(403, "Only a patrol's own token can do this.")
        return self.grant.patrol

    def may_see_patrol(self, patrol: PatrolId) -> bool:
        """A patrol sees itself alone."""
        return self.role is not Role.PATROL or self.grant.patrol == patrol


class Public:
    """Guard of the few routes that need nobody's token; on the loop, so that none ever queues."""

    async def __call__(self) -> None:
        return None


class Allow:
    """Guard that lets the named roles in."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    def __call__(
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
        cookie: Annotated[str | None, Security(_cookie)] = None,
    ) -> Caller:
        caller = identify(request, bearer.credentials if bearer else None, cookie)
        if caller.role not in self.roles:
            allowed = ", ".join(sorted(self.roles))
            raise Problem(403, f"This needs the role {allowed}; you are {caller.role}.")
        return caller


def identify(request: Request, token: str | None, cookie: str | None) -> Caller:
    """The caller behind a bearer token or a session cookie. Raises a 401 or 403."""
    secret = token or cookie
    if secret is None:
        raise unauthenticated("Sign in, or send `Authorization: Bearer qk_...`.")
    if token is None and request.method not in SAFE_METHODS:
        require_console(request)
    grant = grant_of(request, secret)
    if grant is None:
        raise unauthenticated("This token or session is unknown, expired or revoked.")
    return Caller(grant, secret.startswith(SESSION))


def grant_of(request: HTTPConnection, secret: str) -> Grant | None:
    """The valid grant behind a secret."""
    if len(secret) > MAX_SECRET_LENGTH or not secret.startswith((TOKEN, SESSION)):
        return None
    services = services_of(request)
    grant = services.grants.by_digest(digest(secret))
    return grant if grant is not None and is_valid(grant, services.now()) else None


def require_console(request: Request) -> None:
    """A cookie travels by itself; this header does not, and other sites cannot add it."""
    if request.headers.get(CONSOLE_HEADER) != "1":
        raise Problem(403, f"Changes with a session need the header {CONSOLE_HEADER}: 1.")


def require_json(request: Request) -> None:
    """A body must be declared as JSON, which pages of other sites cannot do unasked."""
    declared = request.headers.get("content-type", "")
    empty = request.headers.get("content-length", "0") == "0"
    chunked = "transfer-encoding" in request.headers
    if not declared and empty and not chunked:
        return
    kind = declared.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, "Send the body as JSON, with Content-Type: application/json.")


def unauthenticated(detail: str) -> Problem:
    """A 401."""
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="qalqan"'})


def guards(dependant: Dependant) -> list[Allow | Public]:
    """The guards found among a route's dependencies, at any depth."""
    found = [dependant.call] if isinstance(dependant.call, Allow | Public) else []
    for inner in dependant.dependencies:
        found += guards(inner)
    return found


class GuardedRoute(APIRoute):
    """A route that must declare its access, and reads JSON strictly."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        summary, _, rest = inspect.cleandoc(endpoint.__doc__ or "").partition("\n")
        options["summary"] = options.get("summary") or summary.rstrip(".")
        options["description"] = options.get("description") or rest.strip() or summary
        super().__init__(path, endpoint, **options)
        if not guards(self.dependant):
            raise TypeError(f"{path}: the route declares neither Allow(...) nor Public()")

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        takes_body = self.body_field is not None

        async def strictly(request: Request) -> Response:
            if takes_body:
                require_json(request)
            response: Response = await handle(StrictRequest(request.scope, request.receive))
            return response

        return strictly


Anyone = Annotated[Caller, Depends(Allow(*Role))]
Staff = Annotated[Caller, Depends(Allow(Role.OPERATOR, Role.INTEGRATOR, Role.ADMIN))]
Operator = Annotated[Caller, Depends(Allow(Role.OPERATOR, Role.ADMIN))]
OperatorOrPatrol = Annotated[Caller, Depends(Allow(Role.OPERATOR, Role.PATROL, Role.ADMIN))]
OnPatrol = Annotated[Caller, Depends(Allow(Role.PATROL))]
Integrator = Annotated[Caller, Depends(Allow(Role.INTEGRATOR, Role.ADMIN))]
Admin = Annotated[Caller, Depends(Allow(Role.ADMIN))]
Open = Depends(Public())

"""`/v1/session`: a one-time code or a token becomes a cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, StringConstraints

from alerts.access import Grant, Role
from api.auth.access import COOKIE, Anyone, GuardedRoute, Open, grant_of
from api.auth.tokens import CODE, SESSION_LIFE, digest, open_session
from api.log import audit, line
from api.openapi import refusals
from api.problem import Problem
from api.schemas import Body, Reply
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/session", tags=["session"], route_class=GuardedRoute)


class SignIn(Body):
    """A one-time code from a sign-in link, or a token."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "qc_..."}]})

    code: Annotated[str, StringConstraints(min_length=1, max_length=256, strict=True)]


class Session(Reply):
    """Who is signed in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role": "operator", "name": "Aida", "patrol": None}]}
    )

    role: Role
    name: str
    patrol: str | None
    """The unit that a patrol's session speaks for."""


@router.post("", dependencies=[Open], responses=refusals(401, 429))
def sign_in(body: SignIn, request: Request, response: Response) -> Session:
    """Open a session.

    The cookie is readable by no script and sent to no other site; changes need the header
    `X-Qalqan-Console: 1` beside it. A 429 after too many failures says when to try again.
    """
    state, services = state_of(request), services_of(request)
    address = request.client.host if request.client else ""
    if wait_s := state.limiter.wait_s(address):
        raise Problem(429, "Too many failed sign-ins.", headers={"Retry-After": str(wait_s)})
    grant = _signed_in(body.code, request)
    if grant is None:
        state.limiter.failed(address)
        raise Problem(401, "This code or token is unknown, used or expired: ask for a new one.")
    response.set_cookie(
        COOKIE,
        open_session(services.grants, grant, services.now()),
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    audit.info(line("signed_in", role=grant.role, name=grant.name, address=address))
    return who(grant)


@router.get("")
def get_session(caller: Anyone) -> Session:
    """Who is signed in."""
    return who(caller.grant)


@router.delete("", status_code=204)
def sign_out(caller: Anyone, request: Request, response: Response) -> None:
    """End the session; a token stays what it is."""
    services = services_of(request)
    if caller.secret_is_session:
        services.grants.revoke(caller.grant.id, services.now())
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def who(grant: Grant) -> Session:
    """A grant as its owner may see it."""
    return Session(role=grant.role, name=grant.name, patrol=grant.patrol)


def _signed_in(secret: str, request: Request) -> Grant | None:
    """The grant behind a code, which is spent by this, or behind a token."""
    if not secret.startswith(CODE):
        return grant_of(request, secret)
    services = services_of(request)
    now = services.now()
    grant = services.grants.spend(digest(secret), now)
    expired = grant is None or (grant.expires_at is not None and grant.expires_at <= now)
    return None if expired else grant

"""`/v1/session`: a one-time code or a token becomes a cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from alerts.access import Grant
from api.auth.access import COOKIE, Anyone, GuardedRoute, Open, grant_of
from api.auth.tokens import CODE, SESSION, digest, issue
from api.problem import Problem
from api.wiring import services_of, state_of

SESSION_LIFE = timedelta(hours=12)

router = APIRouter(prefix="/v1/session", tags=["session"], route_class=GuardedRoute)


class SignIn(BaseModel):
    """A one-time code from a sign-in link, or a token."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(min_length=1, max_length=256)]


@router.post("", dependencies=[Open])
def sign_in(body: SignIn, request: Request, response: Response) -> dict[str, Any]:
    """Open a session; the cookie is readable by no script and sent to no other site."""
    state, services = state_of(request), services_of(request)
    address = request.client.host if request.client else ""
    if wait_s := state.limiter.wait_s(address):
        raise Problem(429, "Too many failed sign-ins.", headers={"Retry-After": str(wait_s)})
    now = services.now()
    if body.code.startswith(CODE):
        grant = services.grants.spend(digest(body.code), now)
        if grant is not None and grant.expires_at is not None and grant.expires_at <= now:
            grant = None
    else:
        grant = grant_of(request, body.code)
    if grant is None:
        state.limiter.failed(address)
        raise Problem(401, "This code or token is unknown, used or expired: ask for a new one.")
    secret, _ = issue(
        services.grants, SESSION, grant.role, grant.name, now, grant.patrol, SESSION_LIFE
    )
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return who(grant)


@router.get("")
def session(caller: Anyone) -> dict[str, Any]:
    """Who is signed in."""
    return who(caller.grant)


@router.delete("", status_code=204)
def sign_out(caller: Anyone, request: Request, response: Response) -> None:
    """End the session."""
    services = services_of(request)
    if caller.secret_is_session:
        services.grants.revoke(caller.grant.id, services.now())
    response.delete_cookie(COOKIE)


def who(grant: Grant) -> dict[str, Any]:
    """A grant as its owner may see it."""
    return {"role": grant.role.value, "name": grant.name, "patrol": grant.patrol}

"""`/v1/tokens`: who may do what. A token's secret is shown once, when it is made."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator
from starlette.concurrency import run_in_threadpool

from alerts.access import Grant, Role
from alerts.alert import PatrolId
from alerts.errors import NotFound
from api.alerts.schemas import UUID
from api.auth.access import Admin, GuardedRoute
from api.auth.tokens import TOKEN, is_valid, issue_sign_in_path, new_grant, revoke
from api.idempotency import IdempotencyKey
from api.log import audit, line
from api.openapi import refusals
from api.paging import Cursor, Limit, page_after
from api.schemas import EXAMPLE_PATROL_ID, Body, PersonName, Reply
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/tokens", tags=["tokens"], route_class=GuardedRoute)

EXAMPLE_TOKEN: dict[str, Any] = {
    "id": "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d",
    "kind": "token",
    "role": "integrator",
    "name": "Camera registration",
    "patrol": None,
    "created_at": "2026-11-24T08:00:00Z",
    "expires_at": "2026-12-24T08:00:00Z",
}
TokenPath = Annotated[str, Path(pattern=UUID, description="The token's id (not its secret).")]


class NewToken(Body):
    """Whom to let in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"role": "integrator", "name": "Camera registration", "days": 30},
                {"role": "patrol", "name": "Unit 7", "patrol": EXAMPLE_PATROL_ID},
            ]
        }
    )

    role: Role
    name: PersonName
    """Who it is for: the account of each alert names it."""
    patrol: Annotated[str, StringConstraints(pattern=UUID, strict=True)] | None = None
    """The unit a patrol's token speaks for."""
    days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = None
    """How long it is valid; without it, until it is revoked."""

    @model_validator(mode="after")
    def _speaks_for_a_unit(self) -> Self:
        if (self.role is Role.PATROL) != (self.patrol is not None):
            raise ValueError("patrol must name a unit for the role patrol, and for no other")
        return self


class TokenReply(Reply):
    """A token, without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_TOKEN]})

    id: str
    kind: Literal["token", "session", "sign_in_code"]
    role: Role
    name: str
    patrol: str | None
    created_at: datetime
    expires_at: datetime | None


class MadeToken(TokenReply):
    """A new token with its secrets; shown once, kept nowhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**EXAMPLE_TOKEN, "token": "qk_...", "sign_in_path": "/#code=qc_..."}]
        }
    )

    token: str
    """Send it as `Authorization: Bearer ...`."""
    sign_in_path: str
    """Opens the console once, within ten minutes; put the service's address before it."""


class TokenList(Reply):
    """A page of what is valid at present, by id (oldest first)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_TOKEN], "next_cursor": None}]}
    )

    items: list[TokenReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


@router.get("")
def list_tokens(
    request: Request, caller: Admin, limit: Limit = 200, cursor: Cursor = None
) -> TokenList:
    """Tokens, sessions and unused sign-in codes that are valid."""
    services = services_of(request)
    now = services.now()
    current = [one for one in services.grants.list() if _is_current(one, now)]
    page, following = page_after(current, lambda one: one.id, limit, cursor)
    return TokenList(items=[TokenReply(**_shown(one)) for one in page], next_cursor=following)


@router.post("", status_code=201, responses=refusals(404))
async def create_token(
    new: NewToken, request: Request, caller: Admin, key: IdempotencyKey = None
) -> MadeToken:
    """Make a token and a one-time sign-in link; shown once."""
    services = services_of(request)

    def create() -> MadeToken:
        patrol = PatrolId(new.patrol) if new.patrol else None
        if patrol is not None:
            services.alerts.patrol(patrol)
        now = services.now()
        life = timedelta(days=new.days) if new.days else None
        secret, grant = new_grant(TOKEN, new.role, new.name, now, patrol, life)
        services.grants.add(grant)
        path = issue_sign_in_path(services.grants, new.role, new.name, now, patrol, parent=grant.id)
        audit.info(
            line("token_created", id=grant.id, role=new.role, name=new.name, by=caller.actor)
        )
        return MadeToken(**_shown(grant), token=secret, sign_in_path=path)

    scope = f"{caller.grant.id} POST /v1/tokens"
    return await state_of(request).replies.once(scope, key, new, lambda: run_in_threadpool(create))


@router.delete("/{token}", status_code=204, responses=refusals(404))
def revoke_token(token: TokenPath, request: Request, caller: Admin) -> Response:
    """Revoke a token, its sign-in link and the sessions opened with either.

    Open streams end within seconds.
    """
    services = services_of(request)
    if not revoke(services.grants, token, services.now()):
        raise NotFound(f"there is no token {token}")
    audit.info(line("token_revoked", id=token, by=caller.actor))
    return Response(status_code=204)


def _is_current(grant: Grant, now: datetime) -> bool:
    if grant.one_time:
        return grant.revoked_at is None and grant.expires_at is not None and now < grant.expires_at
    return is_valid(grant, now)


def _shown(grant: Grant) -> dict[str, Any]:
    kind = "sign_in_code" if grant.one_time else "session" if grant.parent else "token"
    return {
        "id": grant.id,
        "kind": kind,
        "role": grant.role,
        "name": grant.name,
        "patrol": grant.patrol,
        "created_at": grant.created_at,
        "expires_at": grant.expires_at,
    }

"""`/v1/patrols`: units, where they are, whether they are on duty."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from alerts.access import Role
from alerts.alert import PatrolId
from alerts.json_form import alert_json
from alerts.patrol import Position
from api.alerts.endpoints import feed
from api.auth.access import (
    Admin,
    Caller,
    GuardedRoute,
    OnPatrol,
    Operator,
    OperatorOrPatrol,
    still_allowed,
)
from api.auth.tokens import issue_sign_in_path, issue_token
from api.idempotency import IdempotencyKey
from api.patrols.schemas import (
    NewPatrol,
    PatrolChange,
    PatrolPath,
    PatrolReply,
    PositionReport,
    patrol_reply,
)
from api.problem import Problem
from api.sse import Event, resume_point
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/patrols", tags=["patrols"], route_class=GuardedRoute)


@router.get("")
def list_patrols(request: Request, caller: Operator) -> dict[str, list[PatrolReply]]:
    """Every unit."""
    return {"items": [patrol_reply(one) for one in services_of(request).alerts.patrols()]}


@router.post("", status_code=201)
def register(
    new: NewPatrol, request: Request, caller: Admin, key: IdempotencyKey = None
) -> PatrolReply:
    """Register a unit."""
    alerts = services_of(request).alerts
    scope = f"{caller.grant.id} /v1/patrols"
    return state_of(request).replies.once(
        scope, key, new, lambda: patrol_reply(alerts.register_patrol(new.name, caller.actor))
    )


@router.get("/stream")
def stream_patrols(request: Request, caller: Operator) -> Response:
    """Where the units are, whenever that changes (SSE, event `patrols`)."""
    services, board = services_of(request), state_of(request).board
    last: list[dict[str, Any]] = []

    def poll() -> list[Event]:
        now = board.patrols()
        if now == last:
            return []
        last[:] = now
        return [Event("patrols", now)]

    return state_of(request).streams.respond(
        caller.grant.id, poll, lambda: still_allowed(services, caller), 1.0
    )


@router.get("/me/stream")
def stream_own(
    request: Request, caller: OnPatrol, after: Annotated[int | None, Depends(resume_point)]
) -> Response:
    """Offers to the calling unit (SSE: `hello`, then `offer`, `update`, `withdrawn`)."""
    alerts = services_of(request).alerts
    unit = alerts.patrol(caller.patrol)
    current = alert_json(alerts.alert(unit.busy_with).alert) if unit.busy_with else None
    hello = Event("hello", {"patrol": patrol_reply(unit).model_dump(mode="json"), "alert": current})
    return feed(request, caller, after, caller.patrol, (hello,))


@router.get("/{patrol}")
def get_patrol(patrol: PatrolPath, request: Request, caller: OperatorOrPatrol) -> PatrolReply:
    """One unit."""
    return patrol_reply(services_of(request).alerts.patrol(_unit(patrol, caller)))


@router.patch("/{patrol}")
def change_patrol(
    patrol: PatrolPath, change: PatrolChange, request: Request, caller: OperatorOrPatrol
) -> PatrolReply:
    """Begin or end a shift."""
    alerts = services_of(request).alerts
    return patrol_reply(alerts.set_duty(_unit(patrol, caller), change.on_duty, caller.actor))


@router.put("/{patrol}/position")
def put_position(
    patrol: PatrolPath, report: PositionReport, request: Request, caller: OperatorOrPatrol
) -> PatrolReply:
    """Say where a unit is; a time in the future counts as now."""
    services = services_of(request)
    now: datetime = services.now()
    at = min(report.at, now) if report.at else now
    position = Position(report.latitude, report.longitude, at)
    return patrol_reply(services.alerts.set_position(_unit(patrol, caller), position))


@router.post("/{patrol}/token", status_code=201)
def make_token(patrol: PatrolPath, request: Request, caller: Admin) -> dict[str, str]:
    """A token and a one-time sign-in link for a unit; shown once."""
    services = services_of(request)
    unit = services.alerts.patrol(PatrolId(patrol))
    now = services.now()
    return {
        "token": issue_token(services.grants, Role.PATROL, unit.name, now, unit.id),
        "sign_in_path": issue_sign_in_path(services.grants, Role.PATROL, unit.name, now, unit.id),
    }


def _unit(patrol: str, caller: Caller) -> PatrolId:
    unit = caller.patrol if patrol == "me" else PatrolId(patrol)
    if not caller.may_see_patrol(unit):
        raise Problem(403, "A patrol acts for itself alone.")
    return unit

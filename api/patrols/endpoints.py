"""`/v1/patrols`: units, where they are, whether they are on duty."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from alerts.access import Role
from alerts.alert import PatrolId
from alerts.json_form import alert_json
from alerts.patrol import Patrol, Position
from api.alerts.endpoints import feed
from api.auth.access import Admin, Caller, GuardedRoute, OnPatrol, Operator, OperatorOrPatrol
from api.auth.tokens import issue_sign_in_path, issue_token
from api.idempotency import IdempotencyKey
from api.problem import Problem
from api.sse import Event, resume_point
from api.wiring import services_of, state_of
from detect.incident import rfc3339

router = APIRouter(prefix="/v1/patrols", tags=["patrols"], route_class=GuardedRoute)

Id = Annotated[str, Path(pattern=r"^(me|[0-9a-f-]{36})$")]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Degrees = Field(allow_inf_nan=False)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPatrol(_Body):
    """A unit to register."""

    name: Name


class PatrolChange(_Body):
    """Begin or end a shift."""

    on_duty: bool


class PositionReport(_Body):
    """Where a unit is. WGS 84 degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    at: AwareDatetime | None = None


class PatrolReply(BaseModel):
    """A unit."""

    id: str
    name: str
    on_duty: bool
    latitude: float | None
    longitude: float | None
    at: str | None
    busy_with: str | None
    version: int


def reply(patrol: Patrol) -> PatrolReply:
    position = patrol.position
    return PatrolReply(
        id=patrol.id,
        name=patrol.name,
        on_duty=patrol.on_duty,
        latitude=position.latitude if position else None,
        longitude=position.longitude if position else None,
        at=rfc3339(position.at) if position else None,
        busy_with=patrol.busy_with,
        version=patrol.version,
    )


@router.get("")
def list_patrols(request: Request, caller: Operator) -> dict[str, list[PatrolReply]]:
    """Every unit."""
    return {"items": [reply(one) for one in services_of(request).alerts.patrols()]}


@router.post("", status_code=201)
def register(
    new: NewPatrol, request: Request, caller: Admin, key: IdempotencyKey = None
) -> PatrolReply:
    """Register a unit."""
    alerts = services_of(request).alerts
    scope = f"{caller.grant.id} /v1/patrols"
    return state_of(request).replies.once(
        scope, key, new, lambda: reply(alerts.register_patrol(new.name, caller.actor))
    )


@router.get("/stream")
def stream_patrols(request: Request, caller: Operator) -> Response:
    """Where the units are, whenever that changes (SSE, event `patrols`)."""
    alerts = services_of(request).alerts
    last: list[Any] = []

    def poll() -> list[Event]:
        now = [reply(one).model_dump(mode="json") for one in alerts.patrols()]
        if now == last:
            return []
        last[:] = now
        return [Event("patrols", now)]

    return state_of(request).streams.respond(caller.grant.id, poll, lambda: True, every_s=1.0)


@router.get("/me/stream")
def stream_own(
    request: Request, caller: OnPatrol, after: Annotated[int | None, Depends(resume_point)]
) -> Response:
    """Offers to the calling unit (SSE: `hello`, then `offer`, `update`, `withdrawn`)."""
    alerts = services_of(request).alerts
    unit = alerts.patrol(caller.patrol)
    current = alert_json(alerts.alert(unit.busy_with).alert) if unit.busy_with else None
    hello = Event("hello", {"patrol": reply(unit).model_dump(mode="json"), "alert": current})
    return feed(request, caller, after, caller.patrol, (hello,))


@router.get("/{patrol}")
def get_patrol(patrol: Id, request: Request, caller: OperatorOrPatrol) -> PatrolReply:
    """One unit."""
    return reply(services_of(request).alerts.patrol(_unit(patrol, caller)))


@router.patch("/{patrol}")
def change_patrol(
    patrol: Id, change: PatrolChange, request: Request, caller: OperatorOrPatrol
) -> PatrolReply:
    """Begin or end a shift."""
    alerts = services_of(request).alerts
    return reply(alerts.set_duty(_unit(patrol, caller), change.on_duty, caller.actor))


@router.put("/{patrol}/position")
def put_position(
    patrol: Id, report: PositionReport, request: Request, caller: OperatorOrPatrol
) -> PatrolReply:
    """Say where a unit is; a time in the future counts as now."""
    services = services_of(request)
    now: datetime = services.now()
    at = min(report.at, now) if report.at else now
    position = Position(report.latitude, report.longitude, at)
    return reply(services.alerts.set_position(_unit(patrol, caller), position))


@router.post("/{patrol}/token", status_code=201)
def make_token(patrol: Id, request: Request, caller: Admin) -> dict[str, str]:
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

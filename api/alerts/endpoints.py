"""`/v1/alerts`: the feed, an alert's account, and what people do with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from alerts.access import Role
from alerts.alert import Alert, AlertId, Outcome, PatrolId, State
from alerts.json_form import alert_json, incident_json, step_json
from alerts.service import Answer
from api.alerts.feed import AlertFeed
from api.auth.access import (
    Caller,
    GuardedRoute,
    OnPatrol,
    Operator,
    OperatorOrPatrol,
    still_allowed,
)
from api.etag import IfMatch, etag
from api.paging import decode_cursor, encode_cursor
from api.problem import Problem
from api.sse import Event, resume_point
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=GuardedRoute)

Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Note = Annotated[str, StringConstraints(max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Dispatch(_Body):
    """Whom to send; without a patrol, the nearest."""

    patrol: Annotated[str, StringConstraints(max_length=64)] | None = None
    reason: Note = ""


class Close(_Body):
    """What it turned out to be."""

    outcome: Outcome
    note: Note = ""


class Reply(_Body):
    """A patrol's answer."""

    answer: Answer
    note: Note = ""


@router.get("")
def list_alerts(
    request: Request,
    caller: Operator,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[list[State] | None, Query()] = None,
) -> dict[str, Any]:
    """Alerts, newest first."""
    alerts = services_of(request).alerts
    last = alerts.last_event_seq()
    before = AlertId(decode_cursor(cursor)) if cursor else None
    page = alerts.page(limit + 1, before, state or ())
    more = len(page) > limit
    page = page[:limit]
    return {
        "items": [alert_json(one) for one in page],
        "next_cursor": encode_cursor(page[-1].id) if more else None,
        "last_event_seq": last,
    }


@router.get("/stream")
def stream_alerts(
    request: Request, caller: Operator, after: Annotated[int | None, Depends(resume_point)]
) -> Response:
    """Every change of an alert (SSE, event `alert`), resumed after `Last-Event-ID`."""
    return feed(request, caller, after)


@router.get("/{alert}")
def get_alert(
    alert: Id, request: Request, caller: OperatorOrPatrol, response: Response
) -> dict[str, Any]:
    """One alert with its whole account."""
    detail = services_of(request).alerts.alert(AlertId(alert))
    _require_own(detail.alert, caller)
    response.headers["ETag"] = etag(detail.alert.version)
    return {
        "alert": alert_json(detail.alert),
        "steps": [step_json(step) for step in detail.steps],
        "incidents": [incident_json(one) for one in detail.incidents],
    }


@router.get("/{alert}/snapshot")
def alert_snapshot(alert: Id, request: Request, caller: OperatorOrPatrol) -> Response:
    """The picture it was raised with."""
    services = services_of(request)
    found = services.alerts.alert(AlertId(alert)).alert
    _require_own(found, caller)
    folder = services.settings.evidence.resolve()
    path = (folder / found.snapshot).resolve() if found.snapshot else None
    if path is None or path.parent != folder or not path.is_file():
        raise Problem(404, "There is no picture of this alert.")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private"})


@router.post("/{alert}/acknowledge")
def acknowledge(alert: Id, request: Request, caller: Operator, version: IfMatch) -> dict[str, Any]:
    """Somebody has seen it."""
    services = services_of(request)
    return alert_json(services.alerts.acknowledge(AlertId(alert), caller.actor, version))


@router.post("/{alert}/dispatch")
def dispatch(
    alert: Id, body: Dispatch, request: Request, caller: Operator, version: IfMatch
) -> dict[str, Any]:
    """Send the nearest patrol, or the one named."""
    patrol = PatrolId(body.patrol) if body.patrol else None
    alerts = services_of(request).alerts
    return alert_json(alerts.dispatch(AlertId(alert), caller.actor, patrol, body.reason, version))


@router.post("/{alert}/close")
def close(
    alert: Id, body: Close, request: Request, caller: OperatorOrPatrol, version: IfMatch
) -> dict[str, Any]:
    """The matter is closed."""
    alerts = services_of(request).alerts
    return alert_json(alerts.close(AlertId(alert), caller.actor, body.outcome, body.note, version))


@router.post("/{alert}/answer")
def answer(alert: Id, body: Reply, request: Request, caller: OnPatrol) -> dict[str, Any]:
    """A patrol accepts, declines, or reports on its way."""
    alerts = services_of(request).alerts
    return alert_json(
        alerts.answer(AlertId(alert), caller.patrol, body.answer, caller.actor, body.note)
    )


def feed(
    request: Request,
    caller: Caller,
    after: int | None,
    patrol: PatrolId | None = None,
    first: Iterable[Event] = (),
) -> Response:
    """Stream the feed of the operators or of one patrol from `after`, else from now on."""
    services = services_of(request)
    poll = AlertFeed(services.alerts, after, patrol, first)
    return state_of(request).streams.respond(
        caller.grant.id, poll, lambda: still_allowed(services, caller)
    )


def _require_own(alert: Alert, caller: Caller) -> None:
    """A patrol sees the alerts it was asked about, no others."""
    if caller.role is Role.PATROL and caller.patrol not in (alert.patrol, *alert.refused_by):
        raise Problem(403, "This alert is not offered to this patrol.")

"""`/v1/alerts`: the feed, an alert's account, and what people do with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from alerts.access import Role
from alerts.alert import Alert, AlertId, PatrolId, State, Step
from alerts.errors import ReasonNeeded
from alerts.json_form import alert_json, incident_json, step_json
from alerts.service import AlertService, Answer
from api.alerts.feed import feed_stream
from api.alerts.schemas import (
    AlertDetailReply,
    AlertPage,
    AlertPath,
    AlertReply,
    Closing,
    DispatchOrder,
    PatrolAnswer,
)
from api.alerts.way import way_json
from api.auth.access import (
    Caller,
    GuardedRoute,
    OnPatrol,
    Operator,
    OperatorOrPatrol,
)
from api.etag import IfMatch, etag
from api.openapi import Responses, refusals
from api.paging import Cursor, Limit, decode_cursor, encode_cursor
from api.problem import Problem, bad_value
from api.sse import EVENT_STREAM, EventStream, ResumePoint
from api.wiring import services_of, state_of

INPUTS = ("inputs", "joint")
"""What a decision was made of: every unit of the city."""

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=GuardedRoute)

CHANGE = refusals(404, 409, 412)
JPEG: Responses = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG picture."}}


def _reply(alert: Alert, response: Response) -> AlertReply:
    response.headers["ETag"] = etag(alert.version)
    return AlertReply.model_validate(alert_json(alert))


@router.get("")
def list_alerts(
    request: Request,
    caller: Operator,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[
        list[State] | None, Query(max_length=16, description="Only alerts in these states.")
    ] = None,
    review: Annotated[
        bool | None, Query(description="Only alerts in review, or none of them.")
    ] = None,
) -> AlertPage:
    """Alerts, newest first."""
    alerts = services_of(request).alerts
    # Read before the page: what is committed in between is in the stream, not lost.
    last = alerts.last_event_seq()
    before = AlertId(decode_cursor(cursor)) if cursor else None
    page = alerts.page(limit + 1, before, state or (), review)
    return AlertPage(
        items=[AlertReply.model_validate(alert_json(one)) for one in page[:limit]],
        next_cursor=encode_cursor(page[limit - 1].id) if len(page) > limit else None,
        last_event_seq=last,
    )


@router.get("/stream", response_class=Response, responses=EVENT_STREAM)
def stream_alerts(request: Request, caller: Operator, after: ResumePoint) -> Response:
    """Every change of an alert, live.

    Server-sent events `alert`, each with its id and the alert, `notified` when a word to somebody
    has come further, and `trust` when a rule is believed no more or again; resumed after
    `Last-Event-ID`.
    """
    return EventStream(feed_stream(state_of(request), caller, after))


@router.get("/{alert}", responses=refusals(404))
def get_alert(
    alert: AlertPath, request: Request, caller: OperatorOrPatrol, response: Response
) -> AlertDetailReply:
    """One alert with its whole account.

    A patrol sees the alerts it was asked about, no others, and not where the other units are.
    """
    detail = services_of(request).alerts.alert(AlertId(alert))
    _require_own(detail.alert, caller)
    response.headers["ETag"] = etag(detail.alert.version)
    return AlertDetailReply.model_validate(
        {
            "alert": alert_json(detail.alert),
            "steps": [_step(step, caller) for step in detail.steps],
            "incidents": [incident_json(one) for one in detail.incidents],
            **way_json(detail, caller.patrol if caller.role is Role.PATROL else None),
        }
    )


@router.get("/{alert}/snapshot", response_class=Response, responses={**JPEG, **refusals(404)})
def get_alert_snapshot(alert: AlertPath, request: Request, caller: OperatorOrPatrol) -> Response:
    """The picture an alert was raised with."""
    services = services_of(request)
    found = services.alerts.current(AlertId(alert))
    _require_own(found, caller)
    folder = services.settings.evidence.resolve()
    path = (folder / found.snapshot).resolve() if found.snapshot else None
    if path is None or not path.is_relative_to(folder) or not path.is_file():
        raise Problem(404, "There is no picture of this alert.")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private"})


@router.post("/{alert}/acknowledge", responses=CHANGE)
def acknowledge_alert(
    alert: AlertPath, request: Request, caller: Operator, version: IfMatch, response: Response
) -> AlertReply:
    """Somebody has seen it."""
    alerts = services_of(request).alerts
    return _reply(alerts.acknowledge(AlertId(alert), caller.actor, version), response)


@router.post("/{alert}/dispatch", responses=CHANGE)
def dispatch_alert(
    alert: AlertPath,
    body: DispatchOrder,
    request: Request,
    caller: Operator,
    version: IfMatch,
    response: Response,
) -> AlertReply:
    """Send the nearest patrol, or the one named.

    Naming another than the rules would send needs a reason: without one, a 422 points at it.
    """
    patrol = PatrolId(body.patrol) if body.patrol else None
    alerts = services_of(request).alerts
    try:
        changed = alerts.dispatch(AlertId(alert), caller.actor, patrol, body.reason, version)
    except ReasonNeeded as error:
        raise bad_value("/reason", str(error)) from None
    return _reply(changed, response)


@router.post("/{alert}/close", responses=CHANGE)
def close_alert(
    alert: AlertPath,
    body: Closing,
    request: Request,
    caller: OperatorOrPatrol,
    version: IfMatch,
    response: Response,
) -> AlertReply:
    """Close it with what it turned out to be.

    A patrol closes its own alert, from the scene.
    """
    alerts = services_of(request).alerts
    changed = alerts.close(AlertId(alert), caller.actor, body.outcome, body.note, version)
    return _reply(changed, response)


@router.post("/{alert}/verdict", responses=CHANGE)
def judge_alert(
    alert: AlertPath,
    body: Closing,
    request: Request,
    caller: Operator,
    version: IfMatch,
    response: Response,
) -> AlertReply:
    """Say what a closed alert turned out to be after all.

    Corrects the outcome it was closed with, and what is counted of its rules by it.
    """
    alerts = services_of(request).alerts
    changed = alerts.judge(AlertId(alert), caller.actor, body.outcome, body.note, version)
    return _reply(changed, response)


@router.post("/{alert}/answer", responses=refusals(404, 409))
def answer_alert(
    alert: AlertPath, body: PatrolAnswer, request: Request, caller: OnPatrol, response: Response
) -> AlertReply:
    """A patrol accepts, declines, or reports on its way.

    The same answer sent again over a bad network changes nothing. A 409 says that the alert is
    with another unit by now.
    """
    state = state_of(request)
    alerts = state.services.alerts
    accepts = body.answer is Answer.ACCEPT and _is_offered(alerts, alert)
    changed = alerts.answer(AlertId(alert), caller.patrol, body.answer, caller.actor, body.note)
    if accepts:
        state.measures.accepted(alerts.steps(changed.id))
    return _reply(changed, response)


def _is_offered(alerts: AlertService, alert: str) -> bool:
    """Whether an acceptance now is news, and not the same one sent again."""
    return alerts.current(AlertId(alert)).state is State.DISPATCHED


def _step(step: Step, caller: Caller) -> dict[str, Any]:
    """One entry of the account; the choice among all units is not a patrol's to read.

    What a choice was made of, every unit of the city, stays in the database for its replay.
    """
    kept = dict(step.detail)
    decision = kept.pop("decision", None)
    if decision is not None and caller.role is not Role.PATROL:
        kept["decision"] = {key: value for key, value in decision.items() if key not in INPUTS}
    return step_json(replace(step, detail=kept))


def _require_own(alert: Alert, caller: Caller) -> None:
    """A patrol sees the alerts it was asked about, no others."""
    if caller.role is Role.PATROL and caller.patrol not in (alert.patrol, *alert.refused_by):
        raise Problem(403, "This alert is not offered to this patrol.")

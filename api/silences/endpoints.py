"""`/v1/silences`, and the shelving of alerts: parse, call, reply."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from alerts.alert import Alert, AlertId
from alerts.calm.silence import SilenceId
from alerts.json_form import alert_json
from api.alerts.schemas import AlertPath, AlertReply
from api.auth.access import GuardedRoute, Operator, Staff
from api.etag import IfMatch, etag
from api.idempotency import IdempotencyKey
from api.log import audit, line
from api.openapi import refusals
from api.paging import Cursor, Limit, decode_cursor, encode_cursor
from api.silences.schemas import (
    NewSilence,
    Shelving,
    SilencePage,
    SilencePath,
    SilenceReply,
    silence_reply,
)
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1", tags=["silences"], route_class=GuardedRoute)


@router.get("/silences")
def list_silences(
    request: Request,
    caller: Staff,
    limit: Limit = 100,
    cursor: Cursor = None,
    active: Annotated[
        bool, Query(description="Only those in force, the first to end first; one page of them.")
    ] = False,
) -> SilencePage:
    """Silences, newest first: those of the past too, with who made and who ended them."""
    silences = services_of(request).silences
    if active:
        in_force = [silence_reply(one) for one in silences.in_force()]
        return SilencePage(items=in_force, next_cursor=None)
    before = SilenceId(decode_cursor(cursor)) if cursor else None
    page = silences.page(limit + 1, before)
    return SilencePage(
        items=[silence_reply(one) for one in page[:limit]],
        next_cursor=encode_cursor(page[limit - 1].id) if len(page) > limit else None,
    )


@router.post("/silences", status_code=201)
async def make_silence(
    new: NewSilence,
    request: Request,
    caller: Operator,
    response: Response,
    key: IdempotencyKey = None,
) -> SilenceReply:
    """Make something quiet for a while.

    What it covers is stored and listed as ever, but no patrol is sent by itself and nothing
    sounds; what still goes on when it ends calls then. It does not cover critical alerts, unless an
    administrator says so of one kind.
    """
    silences = services_of(request).silences

    async def create() -> SilenceReply:
        made = await run_in_threadpool(silences.make, new.order(), caller.actor)
        facts = new.model_dump(exclude={"within"}, exclude_none=True)
        audit.info(line("silence_made", silence=made.id, **facts, by=caller.actor))
        return silence_reply(made)

    scope = f"{caller.grant.id} POST /v1/silences"
    made = await state_of(request).replies.once(scope, key, new, create)
    response.headers["Location"] = f"/v1/silences/{made.id}"
    response.headers["ETag"] = etag(made.version)
    return made


@router.get("/silences/{silence}", responses=refusals(404))
def get_silence(
    silence: SilencePath, request: Request, caller: Staff, response: Response
) -> SilenceReply:
    """One silence."""
    found = services_of(request).silences.silence(SilenceId(silence))
    response.headers["ETag"] = etag(found.version)
    return silence_reply(found)


@router.delete("/silences/{silence}", responses=refusals(404, 412))
def end_silence(
    silence: SilencePath,
    request: Request,
    caller: Operator,
    version: IfMatch,
    response: Response,
) -> SilenceReply:
    """End it now. It stays on record; what goes on under it calls. Ended twice is once."""
    ended = services_of(request).silences.end(SilenceId(silence), caller.actor, version)
    audit.info(line("silence_ended", silence=silence, by=caller.actor))
    response.headers["ETag"] = etag(ended.version)
    return silence_reply(ended)


@router.post("/alerts/{alert}/shelve", responses=refusals(404, 409, 412))
def shelve_alert(
    alert: AlertPath,
    body: Shelving,
    request: Request,
    caller: Operator,
    version: IfMatch,
    response: Response,
) -> AlertReply:
    """Not now: quiet for an hour at most, then loud if nothing was done.

    Only what nobody has. It calls before its time if it becomes graver. A critical alert is shelved
    by an administrator alone.
    """
    lasts = timedelta(minutes=body.minutes)
    silences = services_of(request).silences
    changed = silences.shelve(AlertId(alert), caller.actor, lasts, body.reason, version)
    audit.info(line("alert_shelved", alert=alert, minutes=body.minutes, by=caller.actor))
    return _reply(changed, response)


@router.post("/alerts/{alert}/unshelve", responses=refusals(404, 412))
def unshelve_alert(
    alert: AlertPath, request: Request, caller: Operator, version: IfMatch, response: Response
) -> AlertReply:
    """Take a shelving back. Of an alert that is not shelved: nothing."""
    changed = services_of(request).silences.unshelve(AlertId(alert), caller.actor, version)
    return _reply(changed, response)


def _reply(alert: Alert, response: Response) -> AlertReply:
    response.headers["ETag"] = etag(alert.version)
    return AlertReply.model_validate(alert_json(alert))

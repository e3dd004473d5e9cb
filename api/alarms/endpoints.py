"""`/v1/metrics/alarms`: parse, call, reply."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from api.alarms.schemas import AlarmReportReply, report_json
from api.auth.access import GuardedRoute, Operator
from api.problem import bad_value
from api.wiring import state_of

router = APIRouter(prefix="/v1/metrics", tags=["silences"], route_class=GuardedRoute)

LONGEST = timedelta(days=31)
USUAL = timedelta(days=1)


@router.get("/alarms")
def report_alarms(
    request: Request,
    caller: Operator,
    since: Annotated[
        AwareDatetime | None, Query(alias="from", description="RFC 3339; a day before `to`.")
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(alias="to", description="RFC 3339, excluded; now.")
    ] = None,
) -> AlarmReportReply:
    """How much a span of time asked of the people who look at alerts.

    Alerts for each operator in ten minutes, the share of time in flood, the mix of severities, who
    raises most, what is stale or chatters, and how soon somebody did something. Operators are the
    setting `flood.operators`, or those who have a console open now.
    """
    state = state_of(request)
    end: datetime = until or state.services.now()
    begin = since or end - USUAL
    if not begin < end <= begin + LONGEST:
        raise bad_value("/query/from", "`from` must be before `to`, by 31 days at most.")
    report = state.services.alarms.report(begin, end, state.calm.operators())
    return AlarmReportReply.model_validate(report_json(report))

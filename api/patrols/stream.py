"""What one unit is told, live: a greeting, then its own events."""

from __future__ import annotations

from typing import Any

from alerts.alert import PatrolId
from alerts.json_form import alert_json
from alerts.notification import Event as Offered
from alerts.service import AlertDetail
from api.alerts.feed import feed_stream
from api.auth.access import Caller
from api.events import Batch, Event
from api.patrols.schemas import patrol_reply
from api.streams import Stream
from api.wiring import State


def own_stream(state: State, caller: Caller, after: int | None) -> Stream:
    """The calling unit's stream; reads from the store. Raises `Problem`."""
    alerts = state.services.alerts
    # Before the greeting is read: what is committed meanwhile must come after it.
    start = alerts.last_event_seq() if after is None else after
    unit = alerts.patrol(caller.patrol)
    push = state.services.push.standing(unit)
    present = _present(alerts.alert(unit.busy_with), unit.id) if unit.busy_with else None
    hello = {"patrol": patrol_reply(unit, push).model_dump(mode="json"), "alert": present}
    first = Batch((Event.of("hello", hello),))
    return feed_stream(state, caller, start, caller.patrol, first)


def _present(detail: AlertDetail, unit: PatrolId) -> dict[str, Any]:
    """Its alert, and by which notification it was offered."""
    offers = [
        told.id
        for told in detail.notifications
        if told.patrol == unit and told.event is Offered.OFFER
    ]
    return {**alert_json(detail.alert), "notification": offers[-1] if offers else None}

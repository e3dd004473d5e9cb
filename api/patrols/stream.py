"""What one unit is told, live: a greeting, then its own events."""

from __future__ import annotations

from alerts.json_form import alert_json
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
    present = alert_json(alerts.alert(unit.busy_with).alert) if unit.busy_with else None
    hello = {"patrol": patrol_reply(unit, push).model_dump(mode="json"), "alert": present}
    first = Batch((Event.of("hello", hello),))
    return feed_stream(state, caller, start, caller.patrol, first)

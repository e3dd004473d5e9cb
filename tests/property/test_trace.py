"""The way of an alert: whatever happens, and whoever sets the clock, nothing negative, in order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import AlertId, LinkedIncident, Outcome, PatrolId
from alerts.errors import AlertsError
from alerts.notification import Stage
from alerts.service import Answer
from alerts.trace import STAGES, Trace, trace_of
from detect.incident import IncidentId, rfc3339
from tests.support.clocks import Place
from tests.support.incidents import NOON
from tests.support.patrols import OPERATOR
from tests.support.records import alert as any_alert

DEEDS = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 90)),
    st.tuples(st.just("set"), st.sampled_from([-300, 300, -3600])),
    st.tuples(st.just("move"), st.sampled_from(["here", "elsewhere", ""])),
    st.tuples(st.just("receipt"), st.sampled_from(list(Stage))),
    st.tuples(st.just("answer"), st.sampled_from(list(Answer))),
    st.tuples(st.just("order"), st.sampled_from(["dispatch", "acknowledge", "close"])),
)
TIMES = st.dictionaries(
    st.sampled_from(["captured", "inferred", "raised", "spooled", "received", "stored", "other"]),
    st.one_of(
        st.integers(-600, 600).map(lambda s: rfc3339(NOON + timedelta(seconds=s))), st.text()
    ),
)


def holds(trace: Trace) -> None:
    for way in (trace.way, *(offer.way for offer in trace.offers)):
        order = [STAGES.index(one.stage) for one in way]
        assert order == sorted(set(order))
        assert all(one.took_s is None or one.took_s >= 0 for one in way)
        assert all(one.took_s is not None or one.uncertain for one in way[1:])


def do(place: Place, alert: AlertId, deed: str, what: object) -> None:
    asked = place.alert(alert).patrol
    if deed == "wait":
        place.go(float(what))  # type: ignore[arg-type]
        place.service.tick()
    elif deed == "set":
        place.set_wall(float(what))  # type: ignore[arg-type]
    elif deed == "move":
        place.clock.machine = str(what)
    elif deed == "order":
        if what == "close":
            place.service.close(alert, OPERATOR, Outcome.REAL)
        elif what == "acknowledge":
            place.service.acknowledge(alert, OPERATOR)
        else:
            place.service.dispatch(alert, OPERATOR)
    elif asked is not None and isinstance(what, Stage):
        place.receipt(alert, what, PatrolId(asked))
    elif asked is not None:
        place.say(alert, PatrolId(asked), Answer(what))


@settings(max_examples=120, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=25))
def test_whatever_people_and_clocks_do(deeds: list[tuple[str, object]]) -> None:
    place = Place()
    for number in range(3):
        place.unit(f"Unit {number}", 300.0 * number)
    alert = place.raised()
    holds(place.trace(alert))
    for deed, what in deeds:
        try:
            do(place, alert, deed, what)
        except AlertsError:
            continue
        holds(place.trace(alert))


@settings(max_examples=150, deadline=None)
@given(trace=TIMES)
def test_whatever_a_node_says(trace: dict[str, str]) -> None:
    one = any_alert()
    linked = LinkedIncident(IncidentId("incident-1"), one.id, {}, trace)
    holds(trace_of(one, [linked], [], []))

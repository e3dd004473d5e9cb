"""Flood mode begins and ends with hysteresis, and hides nothing that anybody must see."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertId, Place, State
from alerts.calm.flood import (
    WINDOW,
    Flood,
    FloodPolicy,
    bundled,
    counts,
    flooded,
    most_wanted,
    stands_out,
)
from alerts.calm.raised import FloodWatch, raised
from alerts.stores.memory import MemoryStore
from detect.ids import first_uuid7, uuid7
from tests.support.incidents import NOON
from tests.support.records import alert

PLAIN = FloodPolicy()


def after(raised_by_minute: list[int], operators: int = 1) -> list[bool]:
    known: Flood | None = None
    seen = []
    for minute, count in enumerate(raised_by_minute):
        at = NOON + timedelta(minutes=minute)
        known = flooded(known, count, operators, at, PLAIN)
        seen.append(known.on)
    return seen


def test_it_begins_above_ten_and_ends_below_five() -> None:
    assert after([3, 10, 11, 9, 5, 4, 9, 10, 11]) == [
        False, False, True, True, True, False, False, False, True,
    ]  # fmt: skip


def test_more_people_bear_more() -> None:
    assert after([11, 20, 30, 31, 15, 14], operators=3) == [False, False, False, True, True, False]


def test_it_says_since_when() -> None:
    begun = flooded(None, 11, 1, NOON, PLAIN)
    later = flooded(begun, 8, 2, NOON + timedelta(minutes=1), FloodPolicy(ends_below=3))
    assert (later.on, later.since, later.raised, later.operators) == (True, NOON, 8, 2)


@pytest.mark.parametrize("gap", [WINDOW, timedelta(days=1), timedelta(seconds=-1)])
def test_what_was_known_at_another_time_says_nothing(gap: timedelta) -> None:
    begun = flooded(None, 11, 1, NOON, PLAIN)
    assert not flooded(begun, 7, 1, NOON + gap, PLAIN).on


def store_with(*moments: datetime, **changes: object) -> MemoryStore:
    store = MemoryStore()
    with store.begin() as tx:
        for number, at in enumerate(moments):
            fields = {"id": AlertId(uuid7(at)), "opened_at": at, **changes}
            tx.put_alert(alert(number, **fields))
    return store


def test_the_watch_counts_what_asked_somebody_to_look() -> None:
    at = [NOON - timedelta(minutes=minute) for minute in range(0, 22, 2)]
    assert FloodWatch(store_with(*at), PLAIN, lambda: NOON).look(1).raised == 6
    quiet = store_with(*at, silenced_by="s")
    assert FloodWatch(quiet, PLAIN, lambda: NOON).look(1).raised == 0
    assert FloodWatch(store_with(*at, review=True), PLAIN, lambda: NOON).look(1).raised == 0
    assert FloodWatch(MemoryStore(), PLAIN, lambda: NOON).look(0).operators == 1
    named = FloodPolicy(operators=4)
    assert FloodWatch(MemoryStore(), named, lambda: NOON).look(1).operators == 4


def test_it_counts_no_further_than_it_must() -> None:
    store = store_with(*[NOON - timedelta(milliseconds=n) for n in range(1000)])
    found = FloodWatch(store, PLAIN, lambda: NOON).look(1)
    assert (found.raised, found.on) == (most_wanted(1, PLAIN), True)


def test_what_was_raised_in_a_span() -> None:
    moments = [NOON + timedelta(seconds=n) for n in range(1200)]
    store = store_with(*moments)
    found = raised(store, NOON + timedelta(seconds=10), NOON + timedelta(seconds=1100))
    assert [one.opened_at for one in found] == moments[10:1100][::-1]
    assert first_uuid7(NOON) < uuid7(NOON) < first_uuid7(NOON + timedelta(milliseconds=1))


ALERTS = st.lists(
    st.builds(
        lambda number, severity, state, review, quiet, overdue, kind, place, seen: alert(
            number,
            severity=severity,
            state=state,
            review=review,
            silenced_by="s" if quiet == "silenced" else None,
            shelved_by="operator:a" if quiet == "shelved" else None,
            overdue_since=NOON if overdue else None,
            kind=kind,
            place=Place(place, 60.0, 24.0) if place else None,
            acknowledged_by="operator:a" if seen else None,
        ),
        st.integers(1, 9999),
        st.sampled_from(["critical", "high", "medium", "low"]),
        st.sampled_from(list(State)),
        st.booleans(),
        st.sampled_from(["", "silenced", "shelved"]),
        st.booleans(),
        st.sampled_from(["fight", "intrusion", "crowd"]),
        st.sampled_from(["North gate", "Lawn", ""]),
        st.booleans(),
    ),
    max_size=40,
)


@given(ALERTS)
def test_every_alert_is_shown_once_and_no_critical_one_in_a_bundle(alerts: list) -> None:  # type: ignore[type-arg]
    alone, bundles = bundled(alerts)
    inside = [one for bundle in bundles for one in bundle.alerts]
    assert sorted(map(id, [*alone, *inside])) == sorted(map(id, alerts)), "dropped or doubled"
    for one in inside:
        assert one.state is State.CLOSED or one.severity != "critical"
        calls = one.state is not State.CLOSED and not one.is_quiet and not one.review
        assert not (calls and (one.state is State.ESCALATED or one.overdue_since))
    for bundle in bundles:
        assert {one.kind for one in bundle.alerts} == {bundle.kind}
    assert [one for one in alerts if stands_out(one)] == alone, "in the order given"


def test_high_ones_stand_out_until_somebody_has_them() -> None:
    new = alert(1, severity="high")
    assert stands_out(new)
    assert not stands_out(alert(1, severity="high", acknowledged_by="operator:a"))
    assert not stands_out(alert(1, severity="high", state=State.ACCEPTED))
    assert not stands_out(alert(1, severity="high", shelved_by="operator:a"))
    assert not counts(alert(1, review=True))

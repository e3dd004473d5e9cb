"""A decision in any store can be made again of what was stored with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.alert import AlertId, PatrolId, Place, State, Step
from alerts.assign import choose
from alerts.dispatch.considered import PLAIN
from alerts.dispatch.replay import replay
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from tests.support.incidents import NOON
from tests.support.records import alert
from tests.support.stores import Stores
from tests.support.streets import corner, drawn_city

ROADS = RoadJourneys(make_graph(drawn_city(6, 1), "drawn"))


def unit(number: int) -> Patrol:
    lon, lat = corner(number / 17 % 6, number / 29 % 7)
    at = NOON - timedelta(seconds=number / 3)
    busy = AlertId("other") if number % 5 == 0 else None
    name = PatrolId(f"u{number:03d}")
    return Patrol(name, f"Наряд «{number}»", True, Position(lat, lon, at), busy, NOON)


@pytest.mark.parametrize("count", [7, PLAIN + 80])
def test_a_stored_decision_comes_out_the_same(stores: Stores, count: int) -> None:
    one = alert(1)
    lon, lat = corner(3, 3)
    made = choose(
        Place("Gate", lat, lon),
        [unit(n) for n in range(count)],
        NOON,
        Policy(),
        {PatrolId("u003"): "has declined"},
        ROADS,
    )
    detail = {"decision": made.to_dict()}
    dispatched = Step(one.id, NOON, "dispatch", State.NEW, State.DISPATCHED, "system", "", detail)
    with stores.store.begin() as tx:
        tx.put_alert(one)
        tx.add_step(dispatched)
    with stores.store.read() as tx:
        (kept,) = tx.steps(one.id)
    found = replay(kept, ROADS)
    assert found is not None
    assert (found.same, found.says) == (
        True,
        f"the same: {count} units, the order and every reason",
    )

"""Whoever the patrols are, the choice is the best one, explained, and the same every time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import choose, distance_m, obstacle
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from tests.support.incidents import NOON

POLICY = Policy()
LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
PLACES = st.builds(Place, st.just("gate"), LATITUDES, LONGITUDES)
POSITIONS = st.builds(
    Position,
    LATITUDES,
    LONGITUDES,
    st.integers(-600, 600).map(lambda age_s: NOON - timedelta(seconds=age_s)),
)
PATROLS = st.lists(
    st.builds(
        Patrol,
        st.integers(0, 50).map(lambda n: PatrolId(f"unit-{n}")),
        st.text(max_size=3),
        st.sampled_from([True, True, False]),
        st.one_of(st.none(), POSITIONS, POSITIONS),
        st.sampled_from([None, None, AlertId("other")]),
        st.just(NOON),
    ),
    unique_by=lambda patrol: patrol.id,
    max_size=20,
)


@given(PLACES, PATROLS, st.data())
def test_choice(place: Place, patrols: list[Patrol], data: st.DataObject) -> None:
    refused = {one.id: "has declined" for one in patrols if data.draw(st.integers(0, 3)) == 0}
    decision = choose(place, patrols, NOON, POLICY, refused)

    assert sorted(one.patrol for one in decision.candidates) == sorted(p.id for p in patrols)
    assert all(one.reason for one in decision.candidates)

    def cost(patrol: Patrol) -> float:
        assert patrol.position is not None
        age_s = max(0.0, (NOON - patrol.position.at).total_seconds())
        way_m = distance_m(place, patrol.position) * POLICY.detour_factor
        return way_m / POLICY.assumed_speed_mps + age_s

    fit = {
        one.id: cost(one)
        for one in patrols
        if one.id not in refused and obstacle(one, NOON, POLICY) is None
    }
    assert (decision.chosen is None) == (not fit)
    if decision.chosen is not None:
        assert fit[decision.chosen] == pytest.approx(min(fit.values()), abs=0.002)
    assert {one.patrol for one in decision.candidates if one.cost_s is not None} == set(fit)

    again = choose(place, data.draw(st.permutations(patrols)), NOON, POLICY, refused)
    assert again == decision

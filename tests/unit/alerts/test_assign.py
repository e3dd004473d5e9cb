from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import KEPT, choose, distance_m
from alerts.dispatch.journeys import By, Least
from alerts.dispatch.needs import NO_NEEDS, Needs
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from tests.support.incidents import NOON

POLICY = Policy(stale_s=60, exclude_s=300, assumed_speed_mps=8, detour_factor=1)
GATE = Place("Gate", 60.0, 24.0)
M = 1 / 111_195
"""Degrees of latitude in a metre."""


def unit(
    name: str,
    north_m: float | None = 0.0,
    age_s: float = 0.0,
    *,
    on_duty: bool = True,
    busy: bool = False,
) -> Patrol:
    at = NOON - timedelta(seconds=age_s)
    position = None if north_m is None else Position(60.0 + north_m * M, 24.0, at)
    return Patrol(PatrolId(name), name, on_duty, position, AlertId("x") if busy else None, NOON)


CASES = [
    # what it is about, the units, who goes, the reason of each
    ("the nearer goes", [unit("a", 900), unit("b", 500)], "b",
     {"a": "later than b", "b": "soonest there"}),
    ("south counts as north does", [unit("a", -400), unit("b", 500)], "a",
     {"a": "soonest there", "b": "later than a"}),
    ("fresh and farther beats near and old", [unit("a", 100, 100), unit("b", 500)], "b",
     {"a": "later than b, position 100 s old", "b": "soonest there"}),
    ("old but far nearer still goes", [unit("a", 0, 61), unit("b", 600)], "a",
     {"a": "soonest there, position 61 s old", "b": "later than a"}),
    ("at the limit of age it may go", [unit("a", 0, 300)], "a",
     {"a": "soonest there, position 300 s old"}),
    ("beyond it it may not", [unit("a", 0, 301), unit("b", 9000)], "b",
     {"a": "position too old", "b": "soonest there"}),
    ("off duty", [unit("a", 0, on_duty=False), unit("b", 50)], "b",
     {"a": "off duty", "b": "soonest there"}),
    ("busy", [unit("a", 0, busy=True), unit("b", 50)], "b",
     {"a": "busy with another alert", "b": "soonest there"}),
    ("no position", [unit("a", None), unit("b", 50)], "b",
     {"a": "position unknown", "b": "soonest there"}),
    ("a position from the future is as good as new", [unit("a", 100, -3600), unit("b", 99)], "b",
     {"a": "later than b", "b": "soonest there"}),
    ("refused", [unit("no", 0), unit("b", 50)], "b", {"no": "has declined", "b": "soonest there"}),
    ("refused and off duty: the refusal is said", [unit("no", 0, on_duty=False)], None,
     {"no": "has declined"}),
    ("equal costs: the lower id", [unit("b", 70), unit("a", -70)], "a",
     {"a": "soonest there", "b": "later than a"}),
    ("nobody", [], None, {}),
    ("nobody available", [unit("a", on_duty=False), unit("b", busy=True)], None,
     {"a": "off duty", "b": "busy with another alert"}),
]  # fmt: skip


@pytest.mark.parametrize(("about", "units", "chosen", "reasons"), CASES, ids=[c[0] for c in CASES])
def test_choice(
    about: str, units: list[Patrol], chosen: str | None, reasons: dict[str, str]
) -> None:
    decision = choose(GATE, units, NOON, POLICY, {PatrolId("no"): "has declined"})
    assert decision.chosen == chosen
    assert {one.patrol: one.reason for one in decision.candidates} == reasons
    assert [one.patrol for one in decision.candidates if one.chosen] == ([chosen] if chosen else [])


def test_nobody_is_sent_to_an_unknown_place() -> None:
    decision = choose(None, [unit("a"), unit("b", on_duty=False)], NOON, POLICY)
    assert decision.chosen is None
    assert [(one.patrol, one.reason, one.distance_m) for one in decision.candidates] == [
        ("a", "the place of the alert is unknown", None),
        ("b", "off duty", None),
    ]


def test_the_account_keeps_the_best_and_counts_the_rest() -> None:
    units = [unit(f"u{n:03d}", 100.0 * n) for n in range(30)]
    units += [unit(f"v{n:03d}", on_duty=False) for n in range(400)]
    kept = choose(GATE, units, NOON, POLICY).to_dict()
    assert [one["patrol"] for one in kept["candidates"]] == [f"u{n:03d}" for n in range(KEPT)]
    assert kept["others"] == {"later than u000": 30 - KEPT, "off duty": 400}


@pytest.mark.parametrize(
    ("a", "b", "expected_m"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 1), 111_195),  # along the equator
        ((0, 0), (1, 0), 111_195),
        ((60, 0), (60, 1), 55_597),  # half as far at 60 degrees
        ((10, 179.9), (10, -179.9), 21_901),  # over the antimeridian, not round the world
        ((89.9, 0), (89.9, 180), 22_239),  # over the pole
        ((90, 0), (90, 137), 0),  # one pole, whatever the longitude
        ((0, 0), (0, 180), 20_015_115),  # antipodes
        ((51.1694, 71.4491), (43.2220, 76.8512), 972_600),  # Astana to Almaty
    ],
)
def test_distance(a: tuple[float, float], b: tuple[float, float], expected_m: float) -> None:
    there = distance_m(Place("a", *a), Place("b", *b))
    assert there == pytest.approx(expected_m, rel=1e-3, abs=1e-3)
    assert distance_m(Place("b", *b), Place("a", *a)) == pytest.approx(there)


class Slow:
    """A river: what is north of the gate has a long way, what is far off no street."""

    by: By = "road"
    map = "river"

    def least(self, place: Place, policy: Policy) -> Least:
        return Least(place.latitude, place.longitude, 0.0, 5000.0, 20.0, 8.0)

    def seconds_to(
        self, place: Place, positions: Sequence[Position], policy: Policy
    ) -> list[float | None]:
        def way_s(one: Position) -> float | None:
            north_m = (one.latitude - place.latitude) / M
            if abs(north_m) > 5000:
                return None
            return 600.0 if north_m > 0 else -north_m / 10

        return [way_s(one) for one in positions]


def test_the_way_decides_and_not_the_distance() -> None:
    units = [unit("over the river", 50), unit("this side", -900), unit("off the map", -8000)]
    decision = choose(GATE, units, NOON, POLICY, None, Slow())
    assert decision.chosen == "this side"
    told = [(one.patrol, one.travel_s, one.by, one.reason) for one in decision.candidates]
    assert told == [
        ("this side", pytest.approx(90, abs=0.1), "road", "soonest there"),
        ("over the river", 600.0, "road", "later than this side"),
        ("off the map", pytest.approx(1000, abs=0.1), "line", "later than this side"),
    ]
    assert choose(GATE, units, NOON, POLICY).chosen == "over the river"
    assert decision.to_dict()["inputs"]["map"] == "river"


def test_an_old_position_counts_as_the_time_it_is_old() -> None:
    units = [unit("old", -100, 100), unit("new", -900)]
    decision = choose(GATE, units, NOON, POLICY, None, Slow())
    assert [(one.patrol, one.cost_s) for one in decision.candidates] == [
        ("new", pytest.approx(90, abs=0.1)),
        ("old", pytest.approx(110, abs=0.1)),
    ]


# --- capabilities, load, and who may be taken from another alert ---

NUMBERS = Policy(
    assumed_speed_mps=8, detour_factor=1, preferred_s=60, load_s=2, preempt_gain_s=180, stale_s=60
)
MEDICAL = Needs(preferred=("medical",))


def able(name: str, north_m: float, *words: str, handled: int = 0, busy: bool = False) -> Patrol:
    return replace(unit(name, north_m, busy=busy), capabilities=words, handled=handled)


BESIDE = [
    ("what is required", Needs(("armed",)), [able("a", 0), able("b", 800, "armed")],
     {"b": "soonest there", "a": "lacks armed"}),
    ("all that is required", Needs(("armed", "k9")), [able("a", 0, "k9")], {"a": "lacks armed"}),
    ("what is preferred beats a minute", MEDICAL, [able("a", 0), able("b", 400, "medical")],
     {"b": "50 s later than a, but has medical", "a": "50 s sooner than b, but lacks medical"}),
    ("and no more than that", MEDICAL, [able("a", 0), able("b", 560, "medical")],
     {"a": "soonest there, lacks medical", "b": "later than a"}),
    ("nobody has it", MEDICAL, [able("a", 0), able("b", 400)],
     {"a": "soonest there, lacks medical", "b": "later than a, lacks medical"}),
    ("who has it and is nearer", MEDICAL, [able("a", 0, "medical"), able("b", 400)],
     {"a": "soonest there", "b": "later than a, lacks medical"}),
    ("of two that are as near, who has had less", NO_NEEDS,
     [able("a", 0, handled=3), able("b", 8)],
     {"b": "1 s later than a, but has had fewer alerts",
      "a": "1 s sooner than b, but has had more alerts"}),
    ("ten alerts count, and no more", NO_NEEDS, [able("a", 0, handled=99), able("b", 168)],
     {"a": "soonest there", "b": "later than a"}),
    ("taken from another, for there is nobody else", NO_NEEDS, [able("busy", 800, busy=True)],
     {"busy": "soonest there, taken from a medium alert"}),
    ("taken, for the gain is great", NO_NEEDS, [able("busy", 0, busy=True), able("a", 1448)],
     {"busy": "soonest there, taken from a medium alert", "a": "later than busy"}),
    ("not taken, for it is not", NO_NEEDS, [able("busy", 0, busy=True), able("a", 1432)],
     {"a": "179 s later than busy, but is free",
      "busy": "179 s sooner than a, but is on its way to a medium alert"}),
    ("not taken when it cannot do it", Needs(("k9",)), [able("busy", 0, busy=True)],
     {"busy": "lacks k9"}),
]  # fmt: skip


@pytest.mark.parametrize(("about", "needs", "units", "reasons"), BESIDE, ids=[c[0] for c in BESIDE])
def test_what_counts_beside_the_way(
    about: str, needs: Needs, units: list[Patrol], reasons: dict[str, str]
) -> None:
    takeable = {PatrolId("busy"): "medium"}
    made = choose(GATE, units, NOON, NUMBERS, needs=needs, takeable=takeable)
    assert {one.patrol: one.reason for one in made.candidates} == reasons
    assert [one.patrol for one in made.candidates] == list(reasons)


def test_a_busy_one_that_may_not_be_taken_stays() -> None:
    made = choose(GATE, [able("busy", 0, busy=True)], NOON, NUMBERS)
    assert [(one.reason, one.cost_s) for one in made.candidates] == [
        ("busy with another alert", None)
    ]


def test_a_position_in_doubt_is_said_behind_the_rest() -> None:
    old = unit("old", 0, 90)
    made = choose(GATE, [old], NOON, NUMBERS, needs=MEDICAL)
    assert made.candidates[0].reason == "soonest there, lacks medical, position 90 s old"
    assert made.candidates[0].cost_s == pytest.approx(150)
    assert made.candidates[0].extra_s == 60


def test_who_is_far_behind_has_a_reason_that_is_true() -> None:
    """Whose way was not asked for may even be sooner: that much is not said."""
    near = [unit(f"u{n:03d}", 10.0 * n) for n in range(90)]
    far = [able(f"v{n:03d}", 90_000 + n) for n in range(400)]
    units = [replace(one, capabilities=("medical",)) for one in near] + far
    made = choose(GATE, units, NOON, NUMBERS, needs=MEDICAL, others={"off duty": 7})
    asked = {one.patrol for one in made.candidates if one.travel_s is not None}
    behind = {one.reason for one in made.candidates if one.patrol not in asked}
    assert behind == {"later than u000", "behind u000, lacks medical"}
    assert made.to_dict()["others"]["off duty"] == 7
    assert made.to_dict()["inputs"]["others"] == {"off duty": 7}

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import KEPT, choose, distance_m
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from tests.support.incidents import NOON

POLICY = Policy(stale_s=60, exclude_s=300, assumed_speed_mps=8)
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
     {"a": "farther than b", "b": "nearest"}),
    ("south counts as north does", [unit("a", -400), unit("b", 500)], "a",
     {"a": "nearest", "b": "farther than a"}),
    ("fresh and farther beats near and old", [unit("a", 100, 100), unit("b", 500)], "b",
     {"a": "farther than b, position 100 s old", "b": "nearest"}),
    ("old but far nearer still goes", [unit("a", 0, 61), unit("b", 600)], "a",
     {"a": "nearest, position 61 s old", "b": "farther than a"}),
    ("at the limit of age it may go", [unit("a", 0, 300)], "a",
     {"a": "nearest, position 300 s old"}),
    ("beyond it it may not", [unit("a", 0, 301), unit("b", 9000)], "b",
     {"a": "position too old", "b": "nearest"}),
    ("off duty", [unit("a", 0, on_duty=False), unit("b", 50)], "b",
     {"a": "off duty", "b": "nearest"}),
    ("busy", [unit("a", 0, busy=True), unit("b", 50)], "b",
     {"a": "busy with another alert", "b": "nearest"}),
    ("no position", [unit("a", None), unit("b", 50)], "b",
     {"a": "position unknown", "b": "nearest"}),
    ("a position from the future is as good as new", [unit("a", 100, -3600), unit("b", 99)], "b",
     {"a": "farther than b", "b": "nearest"}),
    ("refused", [unit("no", 0), unit("b", 50)], "b", {"no": "has declined", "b": "nearest"}),
    ("refused and off duty: the refusal is said", [unit("no", 0, on_duty=False)], None,
     {"no": "has declined"}),
    ("equal costs: the lower id", [unit("b", 70), unit("a", -70)], "a",
     {"a": "nearest", "b": "farther than a"}),
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
    assert kept["others"] == {"farther than u000": 30 - KEPT, "off duty": 400}


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

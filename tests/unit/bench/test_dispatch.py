"""The bench's fast answers are those of its scan; where units are far from streets, too."""

from __future__ import annotations

from random import Random

import pytest

from alerts.roads.graph import make_graph
from tests.bench.dispatch import Field, decisions, questions, spread_ms
from tests.support.streets import city, corner, street

# Two quarters with wide country between them, and one road through it.
QUARTERS = city(
    street(corner(0, 0), corner(2, 0), corner(2, 2), corner(0, 2), corner(0, 0)),
    street(corner(12, 12), corner(14, 12), corner(14, 14), corner(12, 14), corner(12, 12)),
    street(corner(2, 2), corner(2, 12), corner(12, 12), rank=1),
)


@pytest.mark.parametrize("units", [5, 700])
def test_fast_answers_are_those_of_the_scan(units: int) -> None:
    quarters = Field(make_graph(QUARTERS, "v"), Random(3), units)
    for unit in range(units):
        quarters.move(unit)
    assert len(quarters.off_streets) > units / 10
    found = questions(quarters, 30)
    assert found["differ"] == {"line": 0, "road": 0}
    assert found["road_scan"]["n"] == 20


def test_a_decision_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.dispatch.PATROLS", (10,))
    found = decisions(Field(make_graph(QUARTERS, "v"), Random(3), 10), 10)
    assert found["10 patrols"]["n"] >= 10


def test_percentiles() -> None:
    told = spread_ms([float(n) for n in range(100)])
    assert told == {"p50": 50.0, "p99": 99.0, "n": 100}

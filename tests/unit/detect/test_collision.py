"""Crashes, and what looks like one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.vehicles import Way, judged, straight

RULE: dict[str, object] = {"kind": "collision"}
NORTH = straight((0.5, 0.9), (0.0, -0.15), until_s=2.0)
EAST = straight((0.2, 0.62), (0.13, 0.0), until_s=2.0)


def test_two_that_meet_across_and_stay() -> None:
    said = judged(RULE, [NORTH, EAST], 12)
    assert said
    assert 4.0 < said[0][0] < 8.5
    assert said[0][1].said.en.startswith("A car and a car collided")
    assert len({one.key for _, one in said}) == 1
    assert 1.0 < said[0][1].since_s < 3.0


def goes_on(way: Way, after_s: float, speed: tuple[float, float]) -> Way:
    def later(t_s: float) -> tuple[float, float] | None:
        at = way(min(t_s, after_s))
        more = max(0.0, t_s - after_s)
        return None if at is None else (at[0] + speed[0] * more, at[1] + speed[1] * more)

    return later


def brakes(start: tuple[float, float], speed: float, at_s: float, over_s: float) -> Way:
    """To the right, then evenly slower to a stop."""

    def way(t_s: float) -> tuple[float, float]:
        x = start[0] + speed * min(t_s, at_s)
        gone = min(max(0.0, t_s - at_s), over_s)
        return x + speed * (gone - gone * gone / (2 * over_s)), start[1]

    return way


@pytest.mark.parametrize(
    "ways",
    [
        [brakes((0.1, 0.6), 0.2, 0.8, 2.0), straight((0.55, 0.9), (0.0, -0.15))],  # lets it pass
        [goes_on(NORTH, 3.5, (0.0, -0.15)), brakes((0.1, 0.62), 0.13, 1.0, 2.0)],  # drives on
        [brakes((0.1, 0.6), 0.2, 1.0, 2.5), straight((0.5, 0.6), (0, 0))],  # joins a queue
        [straight((0.1, 0.6), (0.2, 0.0)), straight((0.9, 0.63), (-0.2, 0.0))],  # pass by
        [straight((0.5, 0.6), (0, 0)), straight((0.55, 0.62), (0, 0))],  # parked side by side
        [
            straight((0.1, 0.6), (0.2, 0.0), until_s=1.8),
            straight((0.3, 0.9), (0.1, 0), until_s=1.8),
        ],
    ],
)
def test_what_only_looks_like_it(ways: list[Way]) -> None:
    assert not judged(RULE, ways, 15)


def test_a_track_that_leaps_to_a_parked_car() -> None:
    passing, parked = straight((0.1, 0.6), (0.2, 0.0)), straight((0.5, 0.6), (0, 0))
    leaps: Callable[[float], tuple[float, float] | None] = lambda t_s: (
        passing(t_s) if t_s < 2.0 else parked(t_s)
    )
    unseen: Way = lambda t_s: parked(t_s) if t_s < 2.0 else None
    assert not judged(RULE, [unseen, leaps], 20)


def test_somebody_on_foot_is_thrown() -> None:
    def thrown(t_s: float) -> tuple[float, float]:
        if t_s < 2.0:
            return 0.55, 0.52 + 0.04 * t_s
        return 0.55 + 0.15 * min(t_s - 2.0, 0.8), 0.6

    hits = straight((0.1, 0.6), (0.2, 0.0), until_s=2.0)
    said = judged(RULE, [hits, (thrown, "person")], 12)
    assert said
    assert "a person" in said[0][1].said.en

    def walks(t_s: float) -> tuple[float, float]:
        return 0.55, 0.52 + 0.04 * t_s

    stops = brakes((0.1, 0.6), 0.2, 0.8, 2.0)
    assert not judged(RULE, [stops, (walks, "person")], 12)

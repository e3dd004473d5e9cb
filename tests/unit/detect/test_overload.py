"""Levels of shedding: when they rise and fall, and what a camera was denied."""

from __future__ import annotations

import itertools

import pytest

from detect.overload import (
    FALL_S,
    HIGHEST,
    LEVELS,
    LONGEST_FALL_S,
    TRY_TIMES,
    Cost,
    Overload,
    Service,
    demand,
)
from ingest.camera import CameraId

FULL, CALM = 0.99, 0.3


def run(overload: Overload, start_s: int, seconds: int, busy: float, late: int = 0) -> list[int]:
    return [overload.step(float(s), busy, late) for s in range(start_s, start_s + seconds)]


def test_a_calm_machine_gives_full_service() -> None:
    assert run(Overload(), 0, 100, CALM) == [0] * 100


def test_a_moment_of_work_sheds_nothing() -> None:
    overload = Overload()
    assert run(overload, 0, 2, FULL) + run(overload, 2, 2, CALM) == [0] * 4


def test_levels_rise_one_by_one_while_the_machine_is_full_and_no_further_than_the_last() -> None:
    levels = run(Overload(), 1, 30, FULL)
    assert levels[0] == 0
    assert all(after - before in (0, 1) for before, after in itertools.pairwise(levels))
    assert levels[-1] == HIGHEST == len(LEVELS) - 1


def test_work_that_comes_too_late_counts_as_full_however_idle_the_cores_look() -> None:
    assert run(Overload(), 1, 4, CALM, late=3)[-1] >= 1


def test_it_falls_back_when_there_is_room_again() -> None:
    overload = Overload()
    run(overload, 1, 4, FULL)
    levels = run(overload, 5, int(FALL_S) * 4, CALM)
    assert levels[0] > 0
    assert levels[-1] == 0


def test_between_full_and_calm_the_level_stays_for_long_and_then_a_milder_one_is_tried() -> None:
    overload = Overload()
    level = run(overload, 1, 6, FULL)[-1]
    assert level > 1
    wait = int(TRY_TIMES * FALL_S)
    assert run(overload, 7, wait, 0.85) == [level] * wait
    assert run(overload, 7 + wait, 1, 0.85) == [level - 1]


def test_a_level_that_a_rush_brought_does_not_stay_for_good() -> None:
    overload = Overload()
    run(overload, 1, 20, FULL)
    assert run(overload, 21, 600, 0.85)[-1] == 0


def test_trying_milder_levels_becomes_rare_where_it_fails() -> None:
    overload, tries = Overload(), []
    level = run(overload, 1, 4, FULL)[-1]
    assert level == 1
    for now_s in range(5, 2000):  # level 0 overloads the machine, level 1 all but fills it
        before = overload.level
        overload.step(float(now_s), 0.85 if before else FULL, 0)
        if overload.level < before:
            tries.append(now_s)
    waits = [b - a for a, b in itertools.pairwise(tries)]
    assert waits == sorted(waits)
    assert waits[-1] >= LONGEST_FALL_S


def test_a_level_that_comes_back_at_once_is_left_more_and_more_seldom() -> None:
    overload, now_s, falls = Overload(), 0.0, []
    for _ in range(600):  # level 0 overloads the machine, level 1 does not
        now_s += 1
        before = overload.level
        overload.step(now_s, CALM if before else FULL, 0)
        if overload.level < before:
            falls.append(now_s)
    waits = [b - a for a, b in itertools.pairwise(falls)]
    assert waits == sorted(waits)
    assert waits[-1] > 4 * FALL_S


@pytest.mark.parametrize(("level", "shed"), [(0, []), (2, ["rate", "sweep"]), (9, ["rate"])])
def test_each_level_includes_the_milder_ones_and_none_goes_beyond_what_is_allowed(
    level: int, shed: list[str]
) -> None:
    service = Service(most=1 if level == 9 else HIGHEST)
    service.set(level, 1.0)
    assert [name for name in LEVELS if name and service.sheds(name)] == shed


def test_what_was_left_out_is_counted_by_camera_and_reason() -> None:
    service, north, south = Service(), CameraId("north"), CameraId("south")
    service.count(north, "quiet")
    service.count(north, "quiet", 2)
    service.count(south, "rate")
    assert service.shed(north) == {"quiet": 3}
    assert service.shed(south) == {"rate": 1}
    service.forget(north)
    assert service.shed(north) == {}


def test_demand_is_the_share_of_the_cores_that_full_service_needs() -> None:
    cameras = [Cost(source_fps=25, analysed_fps=5)] * 10
    assert demand(cameras, decode_s=0.002, look_s=0.010, cores=2) == pytest.approx(0.5)
    assert demand([], 1.0, 1.0, cores=2) == 0

"""A track is found when most of it is covered, one box by one box."""

from __future__ import annotations

import numpy as np
import pytest

from detect.guard.tracks import cover, lasting, positions
from tests.support.runs import path, run, walk

ACROSS = walk(0.0, 8.0, (0.1, 0.6), (0.9, 0.6))


def test_a_track_covers_itself() -> None:
    one = path(ACROSS)
    (covered,) = cover([one], [one])
    assert covered.share == 1.0
    assert covered.is_found
    assert covered.pieces == 1


@pytest.mark.parametrize(("seen_until_s", "found"), [(3.8, False), (4.4, True)])
def test_found_means_most_of_its_life(seen_until_s: float, found: bool) -> None:
    part = path([moment for moment in ACROSS if moment[0] <= seen_until_s])
    (covered,) = cover([path(ACROSS)], [part])
    assert covered.is_found is found


def test_a_slower_rate_is_bridged() -> None:
    rarely = path([moment for moment in ACROSS if round(moment[0] * 5) % 5 == 2])
    (covered,) = cover([path(ACROSS)], [rarely])
    assert covered.share > 0.85  # all but the ends


def test_a_moving_thing_is_not_made_up_across_a_gap() -> None:
    gap = path([m for m in ACROSS if not 2.0 < m[0] < 6.0])
    (covered,) = cover([path(ACROSS)], [gap])
    assert covered.share == pytest.approx(22 / 41)


def test_a_still_thing_may_be_looked_at_every_five_seconds() -> None:
    still = walk(0.0, 20.0, (0.5, 0.6), (0.5, 0.6))
    swept = path([m for m in still if m[0] % 5.0 == 0])
    (covered,) = cover([path(still)], [swept])
    assert covered.share == 1.0
    too_rarely = path([m for m in still if m[0] % 10.0 == 0])
    (covered,) = cover([path(still)], [too_rarely])
    assert covered.share < 0.1


def test_one_box_never_stands_for_two_people() -> None:
    beside = [(t, x + 0.01, y) for t, x, y in ACROSS]
    both = cover([path(ACROSS), path(beside, number=2)], [path(ACROSS)])
    assert [one.share for one in both] == [1.0, 0.0]


def test_a_change_of_identity_is_no_miss_but_is_told() -> None:
    halves = [
        path([m for m in ACROSS if m[0] < 4.0], number=3),
        path([m for m in ACROSS if m[0] >= 4.0], number=9),
    ]
    (covered,) = cover([path(ACROSS)], halves)
    assert covered.share == 1.0
    assert covered.pieces == 2


def test_a_car_does_not_cover_a_person_but_a_truck_covers_a_car() -> None:
    (person,) = cover([path(ACROSS)], [path(ACROSS, label="car")])
    (car,) = cover([path(ACROSS, label="car")], [path(ACROSS, label="truck")])
    assert (person.share, car.share) == (0.0, 1.0)


def test_flicker_and_furniture_are_not_asked_for() -> None:
    flicker = path(ACROSS[:3])
    chair = path(ACROSS, label="chair", number=2)
    assert [one.id for one in lasting(run(paths=[flicker, chair, path(ACROSS, number=3)]))] == [3]


def test_only_what_the_rules_name_is_asked_for() -> None:
    both = [path(ACROSS), path(ACROSS, number=2, label="truck")]
    cars = run(paths=both, labels=frozenset({"car"}))
    assert [one.id for one in lasting(cars)] == [2]


def test_nothing_wanted_and_nothing_got() -> None:
    assert cover([], [path(ACROSS)]) == []
    (missed,) = cover([path(ACROSS)], [])
    assert missed.share == 0.0


def test_positions_lie_between_sightings() -> None:
    known, boxes = positions(path([(0.0, 0.2, 0.5), (1.0, 0.3, 0.5)]), np.array([-1, 0.5, 1.0, 2]))
    assert known.tolist() == [False, True, True, False]
    assert boxes[1, 0] == pytest.approx(0.22)
    assert boxes[2, 0] == pytest.approx(0.27)

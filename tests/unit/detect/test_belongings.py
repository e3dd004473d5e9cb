"""Whose a thing is, who is with it, and what was only moved."""

from __future__ import annotations

import numpy as np
import pytest

from detect.left.appearance import Looks
from detect.left.background import Region
from detect.left.belongings import People, Taken, Thing, attend, overlap_of
from detect.track import Track

MASK = np.ones((10, 10), np.bool_)


def region(x: float, since_s: float = 5.0) -> Region:
    return Region((x, 0.7, x + 0.04, 0.8), MASK, (slice(0, 10), slice(0, 10)), since_s)


def person(identity: int, x: float) -> Track:
    return Track(identity, "person", (x - 0.03, 0.5, x + 0.03, 0.8), 0.8, 5.0, 0.0)


def looks(grey: float, before: float) -> Looks:
    plane = np.ones((2, 10, 10), np.float32)
    return Looks(plane * np.float32(grey), plane * np.float32(before), MASK)


def test_the_owner_is_who_was_nearest_when_it_came() -> None:
    people = People()
    people.see([person(1, 0.42), person(2, 0.6)], 5.0)
    people.see([person(3, 0.42)], 12.0)
    owner = people.nearest(region(0.4).xyxy, 5.5)
    assert owner is not None
    assert owner.id == 1
    assert people.nearest(region(0.1).xyxy, 5.5) is None


def test_who_passes_does_not_attend_and_who_stays_does() -> None:
    thing = Thing(1, region(0.4), 5.0, person(1, 0.42), 5.0)
    attend(thing, [person(2, 0.45)], 10.0)
    assert thing.attended_s == 5.0
    attend(thing, [person(2, 0.45)], 17.0)
    assert thing.attended_s == 17.0


def test_an_owner_who_goes_far_off_does_not_shrink_what_they_carried() -> None:
    thing = Thing(1, region(0.4), 5.0, person(1, 0.42), 5.0)
    far = Track(1, "person", (0.78, 0.3, 0.8, 0.36), 0.8, 9.0, 0.0)
    attend(thing, [far], 12.0)
    assert thing.away is not None
    assert thing.away > 5
    assert thing.owner is not None
    assert thing.owner.height == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("x", "since_s", "grey", "is_same"),
    [(0.5, 6.0, 60, True), (0.9, 6.0, 60, False), (0.5, 30.0, 60, False), (0.5, 6.0, 150, False)],
    ids=["moved", "too far", "too late", "of another colour"],
)
def test_a_chair_that_was_moved_is_the_same(
    x: float, since_s: float, grey: float, is_same: bool
) -> None:
    taken = Taken.of(region(0.4), looks(110, before=62))
    assert taken.is_same(region(x, since_s), looks(grey, before=110)) is is_same


def test_overlap_is_of_the_first_box() -> None:
    assert overlap_of((0, 0, 0.2, 0.1), [(0, 0, 0.1, 1), (0.15, 0, 1, 1)]) == pytest.approx(0.5)
    assert overlap_of((0, 0, 0.2, 0.1), []) == 0

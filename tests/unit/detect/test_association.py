"""Which detection is which track."""

from __future__ import annotations

import numpy as np
import pytest

from detect.detections import Detections
from detect.track import Box
from detect.tracking.association import Sightings, assigned, is_double, pairs
from detect.tracking.followed import Followed

KIN = (0, 1)


def box_at(x: float, wide: float = 0.06, high: float = 0.2) -> Box:
    return x - wide / 2, 0.5 - high / 2, x + wide / 2, 0.5 + high / 2


def sighted(*boxes: Box, scores: tuple[float, ...] = ()) -> Sightings:
    found = np.array(scores or [0.8] * len(boxes), np.float32)
    labels = np.zeros(len(boxes), np.int32)
    seen = Detections(np.array(boxes, np.float32).reshape(-1, 4), found, labels)
    return Sightings(seen, 0.25, 0.45, KIN)


def one_at(x: float, *, age_s: float = 10.0, seen_s: float = 10.0, unsure: float = 0.1) -> Followed:
    one = Followed.begin(1, box_at(x), 0.8, 0, seen_s - age_s)
    one.seen_s, one.place_var = seen_s, unsure**2
    return one


def columns(found: list[tuple[float, int, int]]) -> list[int]:
    return [column for _, _, column in found]


def test_the_nearest_is_the_likeliest_and_what_is_far_is_no_pair() -> None:
    found = pairs([one_at(0.5)], sighted(box_at(0.7), box_at(0.52), box_at(0.505)), 10.0)
    assert columns(found) == [2, 1]
    assert all(-1 <= loss < 0 for loss, _, _ in found)


@pytest.mark.parametrize(("unsure", "is_pair"), [(0.1, False), (0.4, True)])
def test_who_may_have_gone_far_is_looked_for_further_away(unsure: float, is_pair: bool) -> None:
    assert bool(pairs([one_at(0.5, unsure=unsure)], sighted(box_at(0.58)), 10.0)) is is_pair


def test_who_was_seen_just_now_and_who_is_known_longer_goes_first() -> None:
    lost = one_at(0.5, age_s=8.0, seen_s=8.5)
    young = one_at(0.5, age_s=0.0)
    rows = [row for _, row, _ in pairs([lost, young, one_at(0.5)], sighted(box_at(0.5)), 10.0)]
    assert rows[0] == 2


def test_another_height_and_a_low_score_are_less_likely() -> None:
    seen = sighted(box_at(0.5, high=0.15), box_at(0.5), box_at(0.5), scores=(0.8, 0.8, 0.5))
    assert columns(pairs([one_at(0.5)], seen, 10.0)) == [1, 2, 0]


def test_each_row_and_each_column_is_taken_once() -> None:
    found = [(-0.9, 0, 0), (-0.8, 1, 0), (-0.7, 0, 1), (-0.6, 1, 1), (-0.5, 2, 1)]
    assert assigned(found) == {0: 0, 1: 1}


@pytest.mark.parametrize(
    ("box", "double"),
    [
        (box_at(0.5), True),
        (box_at(0.5, high=0.1), True),  # a torso
        (box_at(0.53), False),  # somebody beside
        (box_at(0.9), False),
    ],
)
def test_a_part_of_a_thing_is_a_double(box: Box, double: bool) -> None:
    assert is_double(box, box_at(0.5)) is double

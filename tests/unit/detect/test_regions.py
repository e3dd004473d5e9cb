"""Where to look round what is followed or moves, and what is cheaper as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.looking.look import LiveTrack, Region
from detect.looking.regions import (
    area,
    cost_px,
    merged,
    overlap,
    round_motion,
    round_track,
    unzoomed,
)
from ingest.frame import FrameSize

SIZE = FrameSize(416, 312)
fraction = st.floats(0, 1, allow_nan=False)
boxes = st.tuples(fraction, fraction, fraction, fraction).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)


def track(unseen_s: float = 0.0, speed: float = 0.0) -> LiveTrack:
    return LiveTrack(1, "person", (0.4, 0.4, 0.5, 0.6), True, unseen_s, speed)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ((track(), 0.2), (track(speed=0.5), 0.2)),
        ((track(), 0.2), (track(), 0.5)),
        ((track(), 0.2), (track(unseen_s=1.0), 0.2)),
    ],
    ids=["the faster", "the longer ago", "the longer unseen"],
)
def test_the_less_is_known_of_a_track_the_wider_the_look(
    less: tuple[LiveTrack, float], more: tuple[LiveTrack, float]
) -> None:
    narrow, wide = (round_track(*case, SIZE).xyxy for case in (less, more))
    assert overlap(narrow, wide) == pytest.approx(area(narrow))
    assert area(wide) > area(narrow) > area(track().xyxy)


def test_looks_stay_inside_the_frame() -> None:
    region = round_motion((0.0, 0.9, 0.1, 1.0), SIZE)
    assert region.xyxy[0] == 0.0
    assert region.xyxy[3] == 1.0


def test_neighbours_become_one_and_what_is_far_apart_stays_apart() -> None:
    near = [Region((0.1, 0.1, 0.2, 0.3)), Region((0.18, 0.1, 0.28, 0.3))]
    far = Region((0.8, 0.8, 0.9, 0.95))
    assert [region.xyxy for region in merged([*near, far], SIZE)] == [
        (0.1, 0.1, 0.28, 0.3),
        far.xyxy,
    ]


@given(st.lists(st.builds(Region, boxes, st.sampled_from([1.0, 2.0])), max_size=15))
def test_merging_loses_no_place_and_ends_in_what_cannot_be_merged(regions: list[Region]) -> None:
    few = merged(regions, SIZE)
    for region in regions:
        assert any(
            other.zoom >= region.zoom
            and all(a <= b for a, b in zip(other.xyxy[:2], region.xyxy[:2], strict=True))
            and all(a >= b for a, b in zip(other.xyxy[2:], region.xyxy[2:], strict=True))
            for other in few
        )
    assert merged(list(reversed(regions)), SIZE) == few, "the order does not matter"
    assert set(merged(few, SIZE)) == set(few)


def test_enlarging_costs_and_can_be_undone() -> None:
    regions = [Region((0.1, 0.1, 0.2, 0.2), 2.0)]
    assert cost_px(regions, SIZE) > 3 * cost_px(unzoomed(regions), SIZE)

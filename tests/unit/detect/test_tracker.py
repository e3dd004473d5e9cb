"""The tracker on made-up walks."""

from __future__ import annotations

import numpy as np
import pytest

from detect.detections import Detections
from detect.tracker import Tracker
from tests.support.walks import people

CLASSES = ("person", "car")


def test_a_thing_seen_twice_is_a_track() -> None:
    tracker = Tracker(CLASSES)
    assert tracker.update(people([(0.3, 0.6)]), 0.0) == []
    (one,) = tracker.update(people([(0.31, 0.6)]), 0.2)
    assert (one.id, one.label, one.unseen_s) == (1, "person", 0.0)
    assert one.age_s == pytest.approx(0.2)
    assert one.score == pytest.approx(0.8)
    assert one.foot == pytest.approx((0.307, 0.6), abs=0.005)


def test_an_unsure_detection_begins_nothing_but_prolongs() -> None:
    tracker = Tracker(CLASSES)
    for step in range(5):
        assert tracker.update(people([(0.3, 0.6)], score=0.3), step * 0.2) == []
    tracker.update(people([(0.3, 0.6)]), 1.0)
    tracker.update(people([(0.3, 0.6)]), 1.2)
    (one,) = tracker.update(people([(0.3, 0.6)], score=0.3), 1.4)
    assert one.unseen_s == 0.0
    assert tracker.update(people([(0.3, 0.6)], score=0.2), 1.6)[0].unseen_s > 0


def test_a_lost_thing_is_kept_for_a_while_and_its_id_never_comes_back() -> None:
    tracker = Tracker(CLASSES)
    for step in range(3):
        tracker.update(people([(0.3, 0.6)]), step * 0.2)
    (lost,) = tracker.update(Detections.none(), 1.4)
    assert lost.unseen_s == pytest.approx(1.0)
    assert tracker.update(Detections.none(), 2.4) == []
    tracker.update(people([(0.3, 0.6)]), 2.6)
    (fresh,) = tracker.update(people([(0.3, 0.6)]), 2.8)
    assert fresh.id == 2
    tracker.reset()
    tracker.update(people([(0.3, 0.6)]), 3.0)
    assert [one.id for one in tracker.update(people([(0.3, 0.6)]), 3.2)] == [3]


def test_trackers_share_nothing() -> None:
    one, other = Tracker(CLASSES), Tracker(CLASSES)
    for step in range(3):
        one.update(people([(0.3, 0.6), (0.6, 0.6)]), step * 0.2)
    for step in range(2):
        tracks = other.update(people([(0.3, 0.6)]), step * 0.2)
    assert [track.id for track in tracks] == [1]


def test_the_class_is_the_one_most_often_seen() -> None:
    tracker = Tracker(CLASSES)
    for step in range(6):
        seen = people([(0.3, 0.6)])
        if step == 3:
            seen = Detections(seen.xyxy, seen.score, np.ones(1, np.int32))
        tracks = tracker.update(seen, step * 0.2)
    assert [(track.id, track.label) for track in tracks] == [(1, "person")]


@pytest.mark.parametrize("fps", [2, 3, 5, 10])
def test_walkers_who_cross_keep_their_ids(fps: float) -> None:
    tracker = Tracker(CLASSES)
    at: dict[int, list[tuple[float, float]]] = {}
    for step in range(int(8 * fps)):
        t_s = step / fps
        feet = [(0.1 + 0.1 * t_s, 0.55), (0.9 - 0.1 * t_s, 0.68)]
        for track in tracker.update(people(feet), t_s):
            at.setdefault(track.id, []).append(track.foot)
    assert sorted(at) == [1, 2]
    assert at[1][0][0] < 0.3 < 0.7 < at[1][-1][0]
    assert at[2][-1][0] < 0.3 < 0.7 < at[2][0][0]


@pytest.mark.parametrize("fps", [3, 5, 10])
def test_a_walker_behind_a_pole_keeps_the_id(fps: float) -> None:
    tracker = Tracker(CLASSES)
    for step in range(int(8 * fps)):
        t_s = step / fps
        hidden = 3.0 < t_s < 3.9
        tracks = tracker.update(people([] if hidden else [(0.1 + 0.08 * t_s, 0.6)]), t_s)
    assert [track.id for track in tracks] == [1]


def test_three_hundred_things_at_once() -> None:
    grid = [(0.03 + 0.047 * (i % 20), 0.06 + 0.062 * (i // 20)) for i in range(300)]
    tracker = Tracker(CLASSES)
    for step in range(4):
        tracks = tracker.update(people(grid, height=0.05), step * 0.2)
    assert sorted(track.id for track in tracks) == list(range(1, 301))


def test_frames_at_the_same_moment_do_no_harm() -> None:
    tracker = Tracker(CLASSES)
    for x in (0.3, 0.31, 0.3, 0.31):
        tracks = tracker.update(people([(x, 0.6)]), 1.0)
    assert len(tracks) == 1
    (after,) = tracker.update(people([(0.31, 0.6)]), 1.2)
    assert after.foot == pytest.approx((0.31, 0.6), abs=0.05)

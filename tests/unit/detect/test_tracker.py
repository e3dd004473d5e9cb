"""The tracker on made-up walks."""

from __future__ import annotations

import numpy as np
import pytest

from detect.detections import Detections
from detect.tracking.tracker import KEEP_S, KEEP_STILL_S, SEARCH_S, Tracker
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
    for step in range(6):
        tracker.update(people([(0.3 + 0.02 * step, 0.6)]), step * 0.2)
    (lost,) = tracker.update(Detections.none(), 2.0)
    assert (lost.id, lost.unseen_s) == (1, pytest.approx(1.0))
    assert len(tracker.update(Detections.none(), 0.9 + KEEP_S)) == 1
    assert tracker.update(Detections.none(), 1.1 + KEEP_S) == []
    tracker.update(people([(0.3, 0.6)]), 4.4)
    (fresh,) = tracker.update(people([(0.3, 0.6)]), 4.6)
    assert fresh.id == 2
    tracker.reset()
    tracker.update(people([(0.3, 0.6)]), 4.8)
    assert [one.id for one in tracker.update(people([(0.3, 0.6)]), 5.0)] == [3]


def test_who_stands_still_is_kept_longer_than_who_walked() -> None:
    tracker = Tracker(CLASSES)
    for step in range(21):
        tracker.update(people([(0.3, 0.6)]), step * 0.2)
    for step in range(21, 21 + int(4.5 / 0.2)):
        hidden = tracker.update(Detections.none(), step * 0.2)
        assert [track.id for track in hidden] == [1]
    (again,) = tracker.update(people([(0.3, 0.6)]), 8.7)
    assert (again.id, again.unseen_s) == (1, 0.0)
    assert tracker.update(Detections.none(), 8.6 + KEEP_STILL_S) != []
    assert tracker.update(Detections.none(), 8.8 + KEEP_STILL_S) == []


def test_a_parked_car_behind_a_lorry_keeps_its_id_and_the_lorry_gets_its_own() -> None:
    tracker = Tracker(CLASSES)
    car = (0.45, 0.5, 0.55, 0.6)
    ids: dict[int, set[float]] = {}
    for step in range(100):
        t_s = step * 0.2
        left = -0.4 + 0.06 * (step - 20)
        lorry = (max(left, 0.0), 0.38, min(left + 0.35, 1.0), 0.68)
        boxes = [lorry] if 0.0 <= left + 0.3 and left < 0.95 else []
        if not (left < 0.5 < left + 0.35):
            boxes.append(car)
        seen = Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.full(len(boxes), 0.7, np.float32),
            np.ones(len(boxes), np.int32),
        )
        for track in tracker.update(seen, t_s):
            if track.unseen_s == 0 and track.xyxy[2] - track.xyxy[0] < 0.15:
                ids.setdefault(track.id, set()).add(t_s)
    assert {1} == {one for one, times in ids.items() if max(times) > 15 or min(times) < 2}


def test_a_part_of_somebody_begins_no_second_track() -> None:
    tracker = Tracker(CLASSES)
    for step in range(8):
        whole, torso = people([(0.3, 0.6)]), people([(0.3, 0.55)], height=0.1, score=0.5)
        both = (np.concatenate([a, b]) for a, b in zip(_arrays(whole), _arrays(torso), strict=True))
        tracks = tracker.update(Detections(*both), step * 0.2)
    assert [track.id for track in tracks] == [1]


def test_what_is_barely_believed_is_no_track_at_once() -> None:
    tracker = Tracker(CLASSES)
    found = [len(tracker.update(people([(0.3, 0.6)], score=0.5), n * 0.2)) for n in range(6)]
    assert found == [0, 0, 1, 1, 1, 1]


def test_the_velocity_is_that_of_the_walk() -> None:
    tracker = Tracker(CLASSES)
    for step in range(30):
        tracks = tracker.update(people([(0.1 + 0.1 * step * 0.2, 0.6)]), step * 0.2)
    assert tracks[0].velocity == pytest.approx((0.1, 0.0), abs=0.01)
    assert tracks[0].speed == pytest.approx(0.1, abs=0.01)


def test_what_is_long_out_of_sight_is_kept_but_not_looked_for() -> None:
    tracker = Tracker(CLASSES)
    for step in range(21):
        tracker.update(people([(0.3, 0.6)]), step * 0.2)
    assert len(tracker.live(4.1)) == 1
    assert len(tracker.update(Detections.none(), 4.1 + SEARCH_S)) == 1
    assert tracker.live(4.2 + SEARCH_S) == []


def _arrays(seen: Detections) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return seen.xyxy, seen.score, seen.label


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


@pytest.mark.parametrize("fps", [2, 3, 5, 10])
def test_who_is_hidden_by_whom_they_meet_keeps_the_id(fps: float) -> None:
    tracker = Tracker(CLASSES)
    at: dict[int, list[float]] = {}
    for step in range(int(8 * fps)):
        t_s = step / fps
        one, other = 0.1 + 0.1 * t_s, 0.9 - 0.1 * t_s
        feet = [(other, 0.6)] if abs(one - other) < 0.04 else [(one, 0.6), (other, 0.6)]
        for track in tracker.update(people(feet), t_s):
            at.setdefault(track.id, []).append(track.foot[0])
    assert sorted(at) == [1, 2]
    assert at[1][0] < 0.2 < 0.8 < at[1][-1]
    assert at[2][-1] < 0.2 < 0.8 < at[2][0]


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

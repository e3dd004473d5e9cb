"""What holds for the tracker whatever it is shown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.detections import Detections
from detect.tracking.tracker import SEARCH_S, Tracker
from tests.support.tracker_in_arrays import TrackerInArrays, corners
from tests.support.walks import WIDTH, people

CLASSES = ("person", "car", "dog")
side = st.floats(0, 1, width=32)
detection = st.tuples(side, side, side, side, side, st.integers(0, 2))
frame = st.tuples(st.floats(0, 12), st.lists(detection, max_size=12))


def as_detections(rows: list[tuple[float, float, float, float, float, int]]) -> Detections:
    boxes = np.array([row[:4] for row in rows], np.float32).reshape(-1, 4)
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    score = np.array([row[4] for row in rows], np.float32)
    return Detections(np.hstack([low, high]), score, np.array([row[5] for row in rows], np.int32))


@settings(max_examples=150, deadline=None)
@given(st.lists(frame, max_size=25))
def test_tracks_are_sound_whatever_is_seen(frames: list[tuple[float, list[object]]]) -> None:
    tracker, again = Tracker(CLASSES), Tracker(CLASSES)
    t_s, highest, ended = 0.0, 0, set[int]()
    alive: set[int] = set()
    for gap_s, rows in frames:
        t_s += gap_s
        seen = as_detections(rows)  # type: ignore[arg-type]
        tracks = tracker.update(seen, t_s)
        assert tracks == again.update(seen, t_s), "the same in, the same out"
        ids = [track.id for track in tracks]
        assert len(set(ids)) == len(ids)
        assert not ended & set(ids), "an id that is gone never comes back"
        ended |= alive - set(ids)
        alive = set(ids)
        highest = max([highest, *ids])
        assert sum(track.unseen_s == 0 for track in tracks) <= max(len(seen), len(tracks))
        for track in tracks:
            assert all(math.isfinite(value) and 0 <= value <= 1 for value in track.xyxy)
            assert track.xyxy[0] <= track.xyxy[2]
            assert track.xyxy[1] <= track.xyxy[3]
            assert track.label in CLASSES
            assert 0 <= track.unseen_s <= track.age_s
            assert 0 <= track.score <= 1


@settings(max_examples=60, deadline=None)
@given(
    fps=st.floats(2, 10),
    pace=st.floats(-1, 1),
    seed=st.integers(0, 2**16),
    lane_count=st.integers(1, 4),
)
def test_a_track_a_person(fps: float, pace: float, seed: int, lane_count: int) -> None:
    """People in lanes, jitter of a few per cent of their size, uneven frame times, and one frame
    in eight, never two in a row, without somebody: never a second id for the same person.

    They go at most half their width between two frames: a missed frame is then a width.
    """
    rng = np.random.default_rng(seed)
    speed = pace * min(0.12, WIDTH / 2 * fps)
    tracker = Tracker(CLASSES)
    start = 0.5 - speed * 2.5
    ids: set[int] = set()
    missed = np.zeros(lane_count, bool)
    t_s = 0.0
    for _ in range(int(5 * fps)):
        missed = ~missed & (rng.random(lane_count) < 0.125)
        feet = [
            (start + speed * t_s + rng.normal(0, 0.002), 0.23 + lane * 0.25 + rng.normal(0, 0.003))
            for lane in np.flatnonzero(~missed)
        ]
        ids |= {track.id for track in tracker.update(people(feet), t_s)}
        t_s += rng.uniform(0.85, 1.15) / fps
    assert len(ids) <= lane_count


@settings(max_examples=60, deadline=None)
@given(things=st.integers(0, 25), noise=st.floats(0, 0.02), seed=st.integers(0, 2**16))
def test_it_agrees_with_the_tracker_in_arrays(things: int, noise: float, seed: int) -> None:
    """Random walks, some frames without some of them, wavering classes, uneven frame times."""
    rng = np.random.default_rng(seed)
    tracker, other = Tracker(CLASSES), TrackerInArrays(CLASSES)
    at, speed = rng.uniform(0, 1, (things, 2)), rng.normal(0, 0.05, (things, 2))
    size, label = rng.uniform(0.02, 0.15, (things, 2)), rng.integers(0, 3, things)
    t_s = 0.0
    for _ in range(25):
        gap_s = rng.choice([0.0, 0.1, 0.2, 0.5, 2.0], p=[0.05, 0.3, 0.4, 0.2, 0.05])
        t_s, at = t_s + gap_s, (at + speed * gap_s) % 1
        centre = at + rng.normal(0, noise, at.shape)
        boxes = np.hstack([centre - size / 2, centre + size / 2]).clip(0, 1)
        seen = rng.random(things) < 0.9
        named = np.where(rng.random(things) < 0.1, rng.integers(0, 3, things), label)
        score = rng.uniform(0.2, 1, things)
        frame = Detections(
            boxes[seen].astype(np.float32),
            score[seen].astype(np.float32),
            named[seen].astype(np.int32),
        )
        tracks, wanted = tracker.update(frame, t_s), other.update(frame, t_s)
        assert [(t.id, CLASSES.index(t.label)) for t in tracks] == [row[:2] for row in wanted]
        for track, row in zip(tracks, wanted, strict=True):
            values = (*track.xyxy, track.score, track.age_s, track.unseen_s)
            assert values == pytest.approx(row[2:], abs=1e-9)
        live = tracker.live(t_s + 0.3)
        near = np.flatnonzero(t_s - other.seen_s <= SEARCH_S)
        expected = np.clip(corners(other.moved(t_s, 0.3)), 0, 1)[near]
        np.testing.assert_allclose(
            [one.xyxy for one in live], expected.tolist() or np.empty(0), atol=1e-9
        )
        assert [one.is_confirmed for one in live] == other.is_confirmed[near].tolist()
        speeds = np.hypot(*other.velocity[near].T)
        assert [one.speed for one in live] == pytest.approx(speeds.tolist(), abs=1e-9)

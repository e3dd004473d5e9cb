"""What holds for the tracker whatever it is shown."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.detections import Detections
from detect.tracker import Tracker
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

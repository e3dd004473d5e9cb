"""What may waver to what."""

from __future__ import annotations

import numpy as np

from detect.detections import Detections
from detect.tracking.kinship import kin_of
from detect.tracking.tracker import Tracker

CLASSES = ("person", "chair", "car", "truck", "dog", "handbag", "suitcase", "cup")


def test_kindred_classes_share_a_number_and_others_are_alone() -> None:
    kin = dict(zip(CLASSES, kin_of(CLASSES), strict=True))
    assert kin["car"] == kin["truck"]
    assert kin["person"] == kin["dog"]
    assert kin["handbag"] == kin["suitcase"]
    assert len(set(kin.values())) == 5


def seen(label: str, score: float = 0.7) -> Detections:
    return Detections(
        np.array([[0.4, 0.2, 0.6, 0.9]], np.float32),
        np.array([score], np.float32),
        np.array([CLASSES.index(label)], np.int32),
    )


def test_who_steps_before_a_chair_is_followed_at_once() -> None:
    tracker = Tracker(CLASSES)
    for step in range(300):
        tracker.update(seen("chair"), step / 5)
    for step in range(300, 304):
        tracks = tracker.update(seen("person"), step / 5)
    assert "person" in [track.label for track in tracks if track.unseen_s == 0]


def test_a_car_that_is_seen_as_a_truck_now_and_then_is_one_thing() -> None:
    tracker = Tracker(CLASSES)
    for step in range(50):
        tracks = tracker.update(seen("truck" if step % 5 == 3 else "car"), step / 5)
    assert [(track.id, track.label) for track in tracks] == [(1, "car")]

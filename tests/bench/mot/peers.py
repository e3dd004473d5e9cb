"""Trackers to compare: ours, and those of libraries where they are installed.

Each is a function of one frame's detections and its media time that gives ids and boxes. Library
trackers get boxes in pixels and the frame rate. `tuned` ones have the thresholds of detectors as
small as ours (sure from 0.45) instead of their own, which lose most of what these see.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from detect.detections import Detections
from detect.tracking.tracker import SURE, Tracker
from tests.bench.mot.score import Tracked
from tests.bench.mot.sequence import PERSON, Footage

Follow = Callable[[Detections, float], Tracked]
"""Takes the detections of media time t_s."""
Begin = Callable[[Footage], Follow]
KEEP_S = 1.5
"""How long a tuned library tracker keeps what is out of sight."""


def ours(footage: Footage) -> Follow:
    tracker = Tracker((PERSON,))

    def follow(seen: Detections, t_s: float) -> Tracked:
        tracks = [one for one in tracker.update(seen, t_s) if one.unseen_s == 0.0]
        boxes = np.array([one.xyxy for one in tracks], np.float64).reshape(-1, 4)
        return Tracked(np.array([one.id for one in tracks], np.int64), boxes)

    return follow


def roboflow(name: str, **options: float) -> Begin:
    """A tracker of the package `trackers`."""

    def begin(footage: Footage) -> Follow:
        import supervision
        import trackers

        kept_s = {"lost_track_buffer": round(30 * KEEP_S)} if options else {}
        tracker = getattr(trackers, name)(frame_rate=footage.fps, **kept_s, **options)
        scale = np.array([footage.width_px, footage.height_px] * 2, np.float64)

        def follow(seen: Detections, t_s: float) -> Tracked:
            if not len(seen):
                given = supervision.Detections.empty()
            else:
                given = supervision.Detections(
                    xyxy=np.asarray(seen.xyxy * scale, np.float64),
                    confidence=np.asarray(seen.score, np.float64),
                    class_id=np.asarray(seen.label, np.int64),
                )
            tracks = tracker.update(given)
            if tracks.tracker_id is None or not len(tracks):
                return Tracked(np.empty(0, np.int64), np.empty((0, 4)))
            is_known = tracks.tracker_id >= 0
            boxes = np.asarray(tracks.xyxy[is_known] / scale, np.float64)
            return Tracked(np.asarray(tracks.tracker_id[is_known], np.int64), boxes)

        return follow

    return begin


def norfair(footage: Footage) -> Follow:
    """Norfair with its own overlap distance; what it needs more of is its usual."""
    import norfair as library

    tracker = library.Tracker(
        distance_function="iou",
        distance_threshold=0.7,
        hit_counter_max=max(2, round(KEEP_S * footage.fps)),
        initialization_delay=1,
    )
    scale = np.array([footage.width_px, footage.height_px], np.float64)

    def follow(seen: Detections, t_s: float) -> Tracked:
        given: list[Any] = [
            library.Detection(box.reshape(2, 2) * scale, np.array([score, score]))
            for box, score in zip(seen.xyxy, seen.score, strict=True)
            if score >= SURE
        ]
        tracks = [one for one in tracker.update(given) if one.last_detection in given]
        boxes = np.array([one.estimate / scale for one in tracks], np.float64).reshape(-1, 4)
        return Tracked(np.array([one.id for one in tracks], np.int64), boxes.clip(0, 1))

    return follow


TUNED_BYTE = {"track_activation_threshold": SURE, "high_conf_det_threshold": SURE}


def known() -> dict[str, Begin]:
    """Every tracker that can run here, by name."""
    found: dict[str, Begin] = {"ours": ours}
    if find_spec("trackers") and find_spec("supervision"):
        found |= {
            "ByteTrack": roboflow("ByteTrackTracker"),
            "ByteTrack, tuned": roboflow("ByteTrackTracker", **TUNED_BYTE),
            "SORT": roboflow("SORTTracker"),
            "SORT, tuned": roboflow("SORTTracker", track_activation_threshold=SURE),
            "OC-SORT": roboflow("OCSORTTracker"),
            "OC-SORT, tuned": roboflow("OCSORTTracker", high_conf_det_threshold=SURE),
            "C-BIoU": roboflow("CBIoUTracker"),
            "C-BIoU, tuned": roboflow("CBIoUTracker", **TUNED_BYTE),
        }
    if find_spec("norfair"):
        found["norfair"] = norfair
    return found

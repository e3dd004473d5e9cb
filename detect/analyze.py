"""`qalqan analyze`: the production stages over files or streams, without a server.

One source at a time, every scheduled frame, in order: two runs over the same file give the same
incidents, apart from ids and wall-clock times. Frames are detected side by side on several threads,
each frame by itself, so that neither the order nor the numbers depend on timing.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TextIO

from detect.detections import Detections
from detect.detector import Detector
from detect.incident import Incident, IncidentId
from detect.track import Track
from detect.watch import CameraWatch
from ingest.frame import Frame


class DetectionsFile:
    """Writes what the detector saw, a JSON line a frame."""

    def __init__(self, file: TextIO, classes: Sequence[str]) -> None:
        self._file = file
        self._classes = classes

    def write(self, frame: Frame, seen: Detections) -> None:
        boxes = [
            {
                "label": self._classes[int(label)],
                "score": round(float(score), 4),
                "xyxy": [round(float(value), 5) for value in xyxy],
            }
            for xyxy, score, label in zip(seen.xyxy, seen.score, seen.label, strict=True)
        ]
        line = {"camera": frame.camera, "seq": frame.seq, "t_s": round(frame.t_s, 3)}
        self._file.write(json.dumps({**line, "boxes": boxes}, ensure_ascii=False) + "\n")


class MotFile:
    """Writes tracks in MOTChallenge form: frame, id, left, top, width, height, score, -1, -1, -1.

    Frames count the analysed frames from 1; sizes are pixels of the source picture. Only tracks
    seen in the frame are written.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, frame: Frame, tracks: Iterable[Track]) -> None:
        width, height = frame.picture.width_px, frame.picture.height_px
        for track in tracks:
            if track.unseen_s > 0:
                continue
            x1, y1, x2, y2 = track.xyxy
            self._file.write(
                f"{frame.seq + 1},{track.id},{x1 * width:.2f},{y1 * height:.2f},"
                f"{(x2 - x1) * width:.2f},{(y2 - y1) * height:.2f},{track.score:.4f},-1,-1,-1\n"
            )


def analyze(
    frames: Iterable[Frame],
    detector: Detector,
    watch: CameraWatch,
    detections: DetectionsFile | None = None,
    mot: MotFile | None = None,
    *,
    threads: int = 1,
) -> Iterator[Incident]:
    """Yield each incident once, when it ends, or as it stands at the end of the source.

    `threads` frames are detected at a time.
    """
    still_open: dict[IncidentId, Incident] = {}
    for frame, seen in detected(frames, detector, threads):
        changes = watch.see(frame.t_s, frame.captured_at, seen)
        if detections is not None:
            detections.write(frame, seen)
        if mot is not None:
            mot.write(frame, watch.tracks)
        yield from _ended(changes, still_open)
    yield from _ended(watch.finish(), still_open)
    yield from still_open.values()


def detected(
    frames: Iterable[Frame], detector: Detector, threads: int
) -> Iterator[tuple[Frame, Detections]]:
    """Each frame with its detections, in order; one batch more than `threads` is under way."""
    source = iter(frames)
    under_way: deque[tuple[list[Frame], Future[list[Detections]]]] = deque()
    with ThreadPoolExecutor(threads, "detect") as pool:
        while batch := list(islice(source, detector.batch_frames)):
            under_way.append((batch, pool.submit(detector.detect, [f.image for f in batch])))
            while len(under_way) > threads or (under_way and under_way[0][1].done()):
                oldest, found = under_way.popleft()
                yield from zip(oldest, found.result(), strict=True)
        for oldest, found in under_way:
            yield from zip(oldest, found.result(), strict=True)


def _ended(
    changes: Iterable[Incident], still_open: dict[IncidentId, Incident]
) -> Iterator[Incident]:
    for incident in changes:
        if incident.is_open:
            still_open[incident.id] = incident
        else:
            still_open.pop(incident.id, None)
            yield incident

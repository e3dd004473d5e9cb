"""`qalqan analyze`: the production stages over files or streams, without a server.

One source at a time, in order: two runs over the same file give the same incidents, apart from ids
and wall-clock times. In exact mode frames are detected side by side on several threads, each frame
by itself, so that neither the order nor the numbers depend on timing; otherwise what is looked at
follows from what was seen, so frame comes after frame.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TextIO

from detect.detections import Detections
from detect.detector import Detector
from detect.errors import RuleFailed
from detect.incident import Incident, IncidentId
from detect.looking.attention import Attention
from detect.looking.look import WHOLE, WHOLE_FRAME, Eye, Look, Seen
from detect.track import Track
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


class Analysis:
    """Takes one source through the stages; gives each incident once.

    What was looked at is counted in `looks` (frames by kind) and `canvases`.
    """

    def __init__(
        self,
        attention: Attention,
        detections: DetectionsFile | None = None,
        mot: MotFile | None = None,
    ) -> None:
        self.looks: Counter[str] = Counter()
        self.canvases = 0.0
        self.tracks: Callable[[Frame, Sequence[Track]], None] = lambda frame, tracks: None
        """Called with the tracks at each frame."""
        self.changes: Callable[[Frame, Sequence[Incident]], None] = lambda frame, changes: None
        """Called at each frame, before `tracks`, with the incidents that changed."""
        self._attention = attention
        self._detections = detections
        self._mot = mot

    def exact(
        self, frames: Iterable[Frame], detector: Detector, threads: int
    ) -> Iterator[Incident]:
        """Every frame whole; `threads` frames are detected at a time."""
        most = detector.size.width_px * detector.size.height_px
        whole = (
            (frame, WHOLE, Seen(seen, WHOLE_FRAME, detector.slot_px(frame.image) / most))
            for frame, seen in detected(frames, detector, threads)
        )
        return self._judged(whole)

    def attentive(self, frames: Iterable[Frame], eye: Eye) -> Iterator[Incident]:
        """As a node looks: what has been seen decides what is looked at next."""
        return self._judged(self._looked(frames, eye))

    def _looked(self, frames: Iterable[Frame], eye: Eye) -> Iterator[tuple[Frame, Look, Seen]]:
        for frame in frames:
            look = self._attention.plan(frame)
            yield frame, look, eye.see([frame], [look])[0]

    def _judged(self, looked: Iterable[tuple[Frame, Look, Seen]]) -> Iterator[Incident]:
        """Each incident when it ends, or as it stands at the end of the source.

        Raises `RuleFailed` after the last one when a rule failed: nobody knows what it missed.
        """
        watch = self._attention.watch
        still_open: dict[IncidentId, Incident] = {}
        for frame, look, seen in looked:
            changes = watch.see(frame.t_s, frame.captured_at, seen.detections, frame, seen.looked)
            self._attention.learn(frame, look, seen)
            self.changes(frame, changes)
            self._write(frame, look, seen)
            yield from _ended(changes, still_open)
        yield from _ended(watch.finish(), still_open)
        yield from still_open.values()
        if watch.failures:
            said = ", ".join(f"{kind} ({count}x)" for kind, count in sorted(watch.failures.items()))
            raise RuleFailed(f"{watch.camera}: not watched all the time, rules failed: {said}")

    def _write(self, frame: Frame, look: Look, seen: Seen) -> None:
        self.looks["full" if seen.looked == WHOLE_FRAME else look.kind] += 1
        self.canvases += seen.canvases
        tracks = self._attention.watch.tracks
        self.tracks(frame, tracks)
        if self._detections is not None:
            self._detections.write(frame, seen.detections)
        if self._mot is not None:
            self._mot.write(frame, tracks)


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

"""The way of the data inside a node, as a plain list of stages.

    mailboxes -> batch -> detections -> tracks -> findings -> incidents -> (keep)

`Pipeline.step` is the whole of it. Several threads run it side by side: the batcher never hands out
a camera whose previous frame is still being worked on, so the order within a camera is kept.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from detect.batching import Batch, Batcher
from detect.detections import Detections
from detect.errors import DetectError
from detect.incident import Incident
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame, Image

log = logging.getLogger(__name__)

LATENCIES_KEPT = 20_000


class Detects(Protocol):
    """What the pipeline needs of a detector; thread-safe."""

    def detect(self, images: Sequence[Image]) -> list[Detections]: ...


@dataclass(frozen=True, slots=True)
class Raised:
    """A change of an incident, with the frame it was seen in and the times of its way so far."""

    incident: Incident
    frame: Frame
    inferred_at: datetime
    raised_at: datetime


Keep = Callable[[Raised], None]
"""Takes each change of an incident; must not lose it."""


@dataclass(slots=True)
class Tally:
    """What the pipeline has done, per camera. Written under the pipeline's lock."""

    analysed: Counter[CameraId] = field(default_factory=Counter)
    last_frame_at: dict[CameraId, datetime] = field(default_factory=dict)
    latency_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    """From the packet's arrival to the end of its frame's last stage."""
    batches: int = 0


class Pipeline:
    """Runs batches through the stages on `threads` threads until stopped."""

    def __init__(
        self,
        batcher: Batcher,
        detector: Detects,
        watches: Mapping[CameraId, CameraWatch],
        keep: Keep,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        threads: int = 1,
    ) -> None:
        self._batcher = batcher
        self._detector = detector
        self._watches = watches
        self._keep = keep
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._busy_since: dict[int, float] = {}
        self.tally = Tally()
        self.latest: dict[CameraId, Frame] = {}
        """The last analysed frame of each camera, for snapshots."""
        self.failure: BaseException | None = None
        self._threads = [
            threading.Thread(
                target=self._run, args=(index,), name=f"inference-{index}", daemon=True
            )
            for index in range(threads)
        ]

    def step(self, batch: Batch) -> None:
        """Take one batch through every stage."""
        found = self._detector.detect([frame.image for frame in batch.frames])
        inferred_at = self._now()
        for frame, detections in zip(batch.frames, found, strict=True):
            watch = self._watches.get(frame.camera)
            if watch is None:  # removed while its frame was under way
                continue
            for incident in watch.see(frame.t_s, frame.captured_at, detections):
                self._keep(Raised(incident, frame, inferred_at, self._now()))
            self._count(frame)

    def end_unseen(self, after_s: float) -> None:
        """End what was happening at cameras that have given no frame for `after_s` seconds.

        It ends as of the last frame: nobody knows what goes on there now. What still lasts when
        the camera is back is a new incident, and joins the same alert.
        """
        with self._lock:
            latest = dict(self.latest)
        for camera, frame in latest.items():
            watch = self._watches.get(camera)
            idle_s = self._monotonic() - frame.received_s
            if watch is None or idle_s <= after_s or not watch.has_open:
                continue
            with self._batcher.alone(camera) as is_alone:
                now = self._now()
                for incident in watch.finish() if is_alone else ():
                    self._keep(Raised(incident, frame, now, now))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after the batches under way; frames still waiting are left."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def stuck_s(self) -> float:
        """How long the longest-running batch has been under way; 0 when idle."""
        with self._lock:
            oldest = min(self._busy_since.values(), default=None)
        return 0.0 if oldest is None else self._monotonic() - oldest

    def forget(self, camera: CameraId) -> None:
        with self._lock:
            self.latest.pop(camera, None)
            self.tally.last_frame_at.pop(camera, None)

    def _count(self, frame: Frame) -> None:
        with self._lock:
            self.latest[frame.camera] = frame
            self.tally.analysed[frame.camera] += 1
            self.tally.last_frame_at[frame.camera] = self._now()
            self.tally.latency_s.append(self._monotonic() - frame.received_s)

    def _run(self, index: int) -> None:
        while not self._stop.is_set():
            batch = self._batcher.take(timeout=0.2)
            if batch is None:
                continue
            with self._lock:
                self._busy_since[index] = self._monotonic()
                self.tally.batches += 1
            try:
                self.step(batch)
            except BaseException as error:
                # A fault in the detector must not pass for an empty scene: the node ends and is
                # restarted by its supervisor.
                unexpected = not isinstance(error, DetectError)
                log.critical("inference stopped: %s", error, exc_info=unexpected)
                self.failure = error
                self._stop.set()
            finally:
                self._batcher.done(batch)
                with self._lock:
                    self._busy_since.pop(index, None)

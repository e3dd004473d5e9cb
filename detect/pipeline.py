"""The way of the data inside a node, as a plain list of stages.

    mailboxes -> batch -> looks -> detections -> tracks -> findings -> incidents -> (keep)

`Pipeline.step` is the whole of it. Several threads run it side by side: the batcher never hands out
a camera whose previous frame is still being worked on, so the order within a camera is kept. Where
inference runs on the processors that decode as well, a thread waits for its turn first, and takes
its batch then: what has come meanwhile is looked at together.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from detect.batching import Batch, Batcher
from detect.errors import DetectError
from detect.incident import Incident
from detect.looking.attention import Attention
from detect.looking.look import WHOLE_FRAME, Eye, Look, Seen
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame

log = logging.getLogger(__name__)

LATENCIES_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Raised:
    """A change of an incident, with the frame it was seen in and the times of its way so far."""

    incident: Incident
    frame: Frame
    inferred_at: datetime
    raised_at: datetime


Keep = Callable[[Raised], None]
"""Takes each change of an incident; must not lose it."""
Turn = Callable[[float], AbstractContextManager[object]]
"""A turn on the processors, the earlier the sooner the deadline (monotonic seconds)."""


def _at_once(deadline_s: float) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(slots=True)
class Tally:
    """What the pipeline has done, per camera. Written under the pipeline's lock."""

    analysed: Counter[CameraId] = field(default_factory=Counter)
    last_frame_at: dict[CameraId, datetime] = field(default_factory=dict)
    latency_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    """From the packet's arrival to the end of its frame's last stage."""
    batches: int = 0
    looks: Counter[tuple[CameraId, str]] = field(default_factory=Counter)
    """Frames by camera and by how they were looked at: `full`, `regions` or `nothing`."""
    whys: Counter[str] = field(default_factory=Counter)
    """Frames by the reason for how they were looked at."""
    last_look: dict[CameraId, str] = field(default_factory=dict)
    last_whole_at: dict[CameraId, datetime] = field(default_factory=dict)
    canvases: float = 0.0
    """Areas of one square model input that were looked at."""
    asked_again: int = 0
    looking_s: float = 0.0
    """Thread-seconds of whole batches, from the plan to the last rule."""


def _judged(watch: CameraWatch, frame: Frame, seen: Seen) -> list[Incident]:
    return watch.see(frame.t_s, frame.captured_at, seen.detections, frame, seen.looked)


class Pipeline:
    """Runs batches through the stages on `threads` threads until stopped."""

    def __init__(
        self,
        batcher: Batcher,
        eye: Eye,
        cameras: Mapping[CameraId, Attention],
        keep: Keep,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        threads: int = 1,
        turn: Turn = _at_once,
        may_go_on: Callable[[float], bool] = lambda start_by_s: False,
    ) -> None:
        self._batcher = batcher
        self._eye = eye
        self._cameras = cameras
        self._turn = turn
        self._may_go_on = may_go_on
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
        # A camera may have been removed while its frame was under way.
        known = [(frame, self._cameras.get(frame.camera)) for frame in batch.frames]
        cameras = [(frame, camera) for frame, camera in known if camera is not None]
        looks = [camera.plan(frame) for frame, camera in cameras]
        seen = self._eye.see([frame for frame, _ in cameras], looks)
        inferred_at = self._now()
        for (frame, camera), look, found in zip(cameras, looks, seen, strict=True):
            for incident in _judged(camera.watch, frame, found):
                self._keep(Raised(incident, frame, inferred_at, self._now()))
            camera.learn(frame, look, found)
            self._batcher.prioritise(frame.camera, camera.priority)
            self._count(frame, look, found)

    def end_unseen(self, after_s: float) -> None:
        """End what was happening at cameras that have given no frame for `after_s` seconds, and say
        that they are lost where a rule does.

        It ends as of the last frame: nobody knows what goes on there now. What still lasts when
        the camera is back is a new incident, and joins the same alert.
        """
        with self._lock:
            latest = dict(self.latest)
        for camera, frame in latest.items():
            followed = self._cameras.get(camera)
            idle_s = self._monotonic() - frame.received_s
            if followed is None or idle_s <= after_s or followed.watch.is_lost:
                continue
            with self._batcher.alone(camera) as is_alone:
                now = self._now()
                for incident in followed.watch.lose(idle_s, now) if is_alone else ():
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
            self.tally.last_whole_at.pop(camera, None)
            self.tally.last_look.pop(camera, None)

    def _count(self, frame: Frame, look: Look, seen: Seen) -> None:
        now, tally = self._now(), self.tally
        kind = "full" if seen.looked == WHOLE_FRAME else look.kind
        with self._lock:
            self.latest[frame.camera] = frame
            tally.analysed[frame.camera] += 1
            tally.last_frame_at[frame.camera] = now
            tally.latency_s.append(self._monotonic() - frame.received_s)
            tally.looks[frame.camera, kind] += 1
            tally.last_look[frame.camera] = kind
            tally.whys[look.why] += 1
            tally.canvases += seen.canvases
            tally.asked_again += seen.asked_again
            if kind == "full":
                tally.last_whole_at[frame.camera] = now

    def _run(self, index: int) -> None:
        while not self._stop.is_set():
            start_by_s = self._batcher.start_by(timeout=0.2)
            if start_by_s is None:
                continue
            with self._lock:
                self._busy_since[index] = self._monotonic()
            with self._turn(start_by_s):
                # None: another thread was faster.
                while (batch := self._batcher.take(timeout=0)) is not None:
                    self._guarded(batch)
                    start_by_s = self._batcher.start_by(timeout=0)
                    if self._stop.is_set() or start_by_s is None:
                        break
                    if not self._may_go_on(start_by_s):
                        break
            with self._lock:
                self._busy_since.pop(index, None)

    def _guarded(self, batch: Batch) -> None:
        """A step whose failure ends the pipeline."""
        began_s = self._monotonic()
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
                self.tally.batches += 1
                self.tally.looking_s += self._monotonic() - began_s

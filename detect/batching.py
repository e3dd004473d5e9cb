"""One batch across all cameras, by deadlines.

The contract. `take` hands out a batch when it is full, *or* when the device is idle, *or* when
waiting longer would miss the earliest deadline of those that wait; it is never empty, and it never
waits for a named camera. The most urgent frames come first; as many are taken as the earliest of
them leaves time for, at least one. A camera has at most one frame in a batch, and one whose frame
is in a batch that is not yet `done` is left alone, so several threads may take batches and the
order within a camera is kept. Frames wait in their camera's mailbox, which is bounded and keeps the
newest; the batcher itself holds none. A frame that is past its deadline is left out when a newer
one of its camera waits: the newest is always looked at, so that no camera goes unwatched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import Mailbox

MAX_FRAMES = 32
"""Frames that parts of pictures are packed from at most, whatever their number costs."""
SLACK_S = 0.25
"""A batch is to start this long before its run would have to: what delays it then is forgiven."""
LONGEST_RUN_S = 0.1
"""A batch is not made longer than this: a frame that arrives meanwhile would wait for all of it."""
URGENT_S = 0.1
"""By how much a frame comes earlier for each step of its camera's priority."""

RunSeconds = Callable[[int], float]
"""Expected seconds of a run with so many frames."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of different cameras, at least one, at most one a camera."""

    frames: tuple[Frame, ...]


@dataclass(slots=True)
class _Source:
    """One camera's frames."""

    mailbox: Mailbox[Frame]
    served: int
    """Grows with each take: who was served longest ago wins between equals."""
    priority: int = 0


class Batcher:
    """Forms batches from mailboxes. Thread-safe.

    `max_batch` frames at most; `devices` is how many batches run side by side at full speed: with
    fewer under way it is idle. `run_s` gives what a batch costs, `now` a monotonic clock in
    seconds.
    """

    def __init__(
        self,
        max_batch: int,
        devices: int = 1,
        run_s: RunSeconds = lambda frames: 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if max_batch < 1 or devices < 1:
            raise ValueError(f"max_batch {max_batch} and devices {devices} must be at least 1")
        self._max_batch = max_batch
        self._devices = devices
        self._run_s = run_s
        self._now = now
        lock = threading.RLock()
        self._condition = threading.Condition(lock)  # takers alone: who is rung must take
        self._is_free = threading.Condition(lock)
        self._sources: dict[CameraId, _Source] = {}
        self._waiting: set[CameraId] = set()
        self._leased: set[CameraId] = set()
        self._under_way = 0
        self._served = 0
        self._closed = False

    def add(self, camera: CameraId, mailbox: Mailbox[Frame]) -> None:
        """Take this camera's frames from now on; replaces an earlier mailbox."""

        def arrived() -> None:
            with self._condition:
                source = self._sources.get(camera)
                if source is not None and source.mailbox is mailbox:
                    self._waiting.add(camera)
                    if camera not in self._leased:
                        self._condition.notify()

        with self._condition:
            self._sources[camera] = _Source(mailbox, 0)
            self._waiting.discard(camera)
        mailbox.on_item = arrived
        if len(mailbox):
            arrived()

    def remove(self, camera: CameraId) -> None:
        """Take no more of this camera's frames."""
        with self._condition:
            source = self._sources.pop(camera, None)
            self._waiting.discard(camera)
            if source is not None:
                source.mailbox.on_item = None

    def prioritise(self, camera: CameraId, priority: int) -> None:
        """Serve this camera earlier, `URGENT_S` for each step above 0."""
        with self._condition:
            if (source := self._sources.get(camera)) is not None:
                source.priority = priority

    def start_by(self, timeout: float | None = None) -> float | None:
        """Wait until frames may be taken; gives by when their batch must start at the latest.

        None after `timeout` seconds without any, or once closed. Nothing is taken: whoever must
        still wait for a processor takes its batch then, with what has come meanwhile.
        """
        with self._condition:
            self._wait_until_due(timeout)
            ready = self._ready()
            return None if self._closed or not ready else self._latest_start(ready)

    def take(self, timeout: float | None = None) -> Batch | None:
        """The next batch; None after `timeout` seconds without one, or once closed."""
        with self._condition:
            frames: list[Frame] = []
            while not frames:  # what waited may have gone when its mailbox was closed
                if not self._wait_until_due(timeout):
                    return None
                frames = self._collect()
            self._under_way += 1
            if self._ready():
                self._condition.notify()
        return Batch(tuple(frames))

    def done(self, batch: Batch) -> None:
        """The batch's frames have been through every stage: their cameras may be taken again."""
        with self._condition:
            self._under_way -= 1
            self._give_back(frame.camera for frame in batch.frames)

    @contextmanager
    def alone(self, camera: CameraId) -> Iterator[bool]:
        """Keep this camera's frames out of batches for the block; False when one is in a batch."""
        with self._condition:
            free = camera not in self._leased
            if free:
                self._leased.add(camera)
        try:
            yield free
        finally:
            if free:
                with self._condition:
                    self._give_back([camera])

    def settle(self, camera: CameraId, timeout_s: float) -> bool:
        """Wait until no batch with a frame of this camera is under way; False if it stays so."""
        with self._is_free:
            return self._is_free.wait_for(lambda: camera not in self._leased, timeout_s)

    def close(self) -> None:
        """Wake every taker; no more batches."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _give_back(self, cameras: Iterable[CameraId]) -> None:
        for camera in cameras:
            self._leased.discard(camera)
            source = self._sources.get(camera)
            if source is not None and len(source.mailbox):
                self._waiting.add(camera)
        self._condition.notify_all()
        self._is_free.notify_all()

    def _wait_until_due(self, timeout: float | None) -> bool:
        """Wait under the lock; False after `timeout` or once closed."""
        give_up = inf if timeout is None else self._now() + timeout
        while not self._closed:
            due_in_s = self._due_in_s()
            if due_in_s <= 0:
                return True
            left_s = min(give_up - self._now(), due_in_s)
            if give_up <= self._now():
                return False
            self._condition.wait(None if left_s == inf else left_s)
        return False

    def _ready(self) -> list[tuple[float, int, CameraId]]:
        """Cameras whose frames may be taken, the most urgent first, with their urgency."""
        ready = []
        for camera in list(self._waiting):
            source = self._sources[camera]
            if camera in self._leased:
                continue
            head = source.mailbox.peek()
            if head is None:  # a closed mailbox was emptied
                self._waiting.discard(camera)
                continue
            urgency = head.deadline_s - URGENT_S * source.priority
            ready.append((urgency, source.served, camera))
        return sorted(ready)

    def _due_in_s(self) -> float:
        """Seconds until a batch is due; 0 or less when it is; `inf` when nothing waits."""
        ready = self._ready()
        if not ready:
            return inf
        if len(ready) >= self._max_batch or self._under_way < self._devices:
            return 0.0
        return self._latest_start(ready) - self._now()

    def _latest_start(self, ready: list[tuple[float, int, CameraId]]) -> float:
        return ready[0][0] - SLACK_S - self._run_s(min(len(ready), self._max_batch))

    def _collect(self) -> list[Frame]:
        """The most urgent frames, as many as the first of them leaves time for."""
        frames: list[Frame] = []
        now, time_s = self._now(), LONGEST_RUN_S
        for _, _, camera in self._ready():
            if frames and self._run_s(len(frames) + 1) > time_s:
                break
            source = self._sources[camera]
            frame = source.mailbox.take(now)
            self._waiting.discard(camera)
            if frame is None:
                continue
            if not frames and frame.deadline_s > now:  # what is late already is not made later
                time_s = min(LONGEST_RUN_S, frame.deadline_s - now)
            self._served += 1
            source.served = self._served
            self._leased.add(camera)
            frames.append(frame)
            if len(frames) == self._max_batch:
                break
        return frames

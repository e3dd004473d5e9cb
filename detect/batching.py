"""One batch across all cameras.

The contract: `take` hands out a batch when it is full, *or* when the oldest waiting frame has
waited `max_wait_s`; it is never empty, and it never waits for a named camera. Cameras are served
in turn. A camera whose frame is in a batch that is not yet `done` is left alone, so several threads
may take batches and the order within a camera is kept. Frames wait in their camera's mailbox, which
is bounded and keeps the newest; the batcher itself holds none.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import Mailbox

MAX_WAIT_S = 0.02
"""A frame waits this long for neighbours at most: batching is worth no more."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of different cameras, at least one, at most one a camera."""

    frames: tuple[Frame, ...]


class Batcher:
    """Forms batches from mailboxes. Thread-safe.

    `max_batch` frames at most; `max_wait_s` seconds that a frame may wait for neighbours;
    `now` is a monotonic clock in seconds.
    """

    def __init__(
        self, max_batch: int, max_wait_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        if max_batch < 1 or max_wait_s < 0:
            raise ValueError(f"max_batch {max_batch} and max_wait_s {max_wait_s} must be positive")
        self._max_batch = max_batch
        self._max_wait_s = max_wait_s
        self._now = now
        self._condition = threading.Condition()
        self._mailboxes: OrderedDict[CameraId, Mailbox[Frame]] = OrderedDict()
        self._waiting_since: dict[CameraId, float] = {}
        self._leased: set[CameraId] = set()
        self._closed = False

    def add(self, camera: CameraId, mailbox: Mailbox[Frame]) -> None:
        """Take this camera's frames from now on; replaces an earlier mailbox."""

        def arrived() -> None:
            with self._condition:
                if self._mailboxes.get(camera) is mailbox:
                    self._waiting_since.setdefault(camera, self._now())
                    self._condition.notify_all()

        with self._condition:
            self._mailboxes[camera] = mailbox
            self._waiting_since.pop(camera, None)
        mailbox.on_item = arrived
        if len(mailbox):
            arrived()

    def remove(self, camera: CameraId) -> None:
        """Take no more of this camera's frames."""
        with self._condition:
            mailbox = self._mailboxes.pop(camera, None)
            self._waiting_since.pop(camera, None)
            if mailbox is not None:
                mailbox.on_item = None

    def take(self, timeout: float | None = None) -> Batch | None:
        """The next batch; None after `timeout` seconds without one, or once closed."""
        give_up = None if timeout is None else self._now() + timeout
        with self._condition:
            while not self._closed:
                wait_s = self._wait_s()
                if wait_s is not None and wait_s <= 0:
                    frames = self._collect()
                    if frames:
                        return Batch(tuple(frames))
                    continue
                left = None if give_up is None else give_up - self._now()
                if left is not None and left <= 0:
                    return None
                waits = [s for s in (wait_s, left) if s is not None]
                self._condition.wait(min(waits) if waits else None)
        return None

    def done(self, batch: Batch) -> None:
        """The batch's frames have been through every stage: their cameras may be taken again."""
        with self._condition:
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
        with self._condition:
            return self._condition.wait_for(lambda: camera not in self._leased, timeout_s)

    def close(self) -> None:
        """Wake every taker; no more batches."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _give_back(self, cameras: Iterable[CameraId]) -> None:
        now = self._now()
        for camera in cameras:
            self._leased.discard(camera)
            mailbox = self._mailboxes.get(camera)
            if mailbox is not None and len(mailbox):
                self._waiting_since.setdefault(camera, now)
        self._condition.notify_all()

    def _wait_s(self) -> float | None:
        """Seconds until a batch is due; 0 or less when it is; None when nothing waits."""
        ready = [s for camera, s in self._waiting_since.items() if camera not in self._leased]
        if not ready:
            return None
        if len(ready) >= self._max_batch:
            return 0.0
        return min(ready) + self._max_wait_s - self._now()

    def _collect(self) -> list[Frame]:
        frames: list[Frame] = []
        for camera in list(self._mailboxes):
            if len(frames) == self._max_batch:
                break
            if camera in self._leased or camera not in self._waiting_since:
                continue
            mailbox = self._mailboxes[camera]
            frame = mailbox.take()
            if frame is not None:
                frames.append(frame)
                self._leased.add(camera)
                self._mailboxes.move_to_end(camera)  # next time the others come first
            del self._waiting_since[camera]
        return frames

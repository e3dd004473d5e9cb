"""Keeps one camera's frames coming: `run` tries for ever, `run_once` is a straight line."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.backoff import Backoff
from ingest.camera import Camera
from ingest.errors import IngestError, StreamLost, StreamRefused, StreamUrlError
from ingest.frame import Frame, FrameSize
from ingest.health import CameraHealth
from ingest.mailbox import Mailbox
from ingest.schedule import Sampler
from ingest.sources.base import SourceInfo
from ingest.sources.decode import AvPicture, Container, Decoder, LibraryError
from ingest.sources.rtsp import loss, open_container
from ingest.timeline import Timeline

log = logging.getLogger(__name__)

RETURN_S = 1.0
"""A camera that is merely away is tried at least this often: back within 3 s of its return."""
STOP_S = 6.0
"""Longer than the longest read; after it the thread is left to end by itself."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CameraWorker:
    """One camera: connects, decodes in a thread, puts scheduled frames into the mailbox."""

    def __init__(
        self,
        camera: Camera,
        size: FrameSize,
        mailbox: Mailbox[Frame],
        open_source: Callable[[Camera], Container] | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._camera = camera
        self._size = size
        self._mailbox = mailbox
        self._open = open_source or (lambda cam: open_container(cam.url))
        self._now = now
        self._timeline = Timeline()
        self._sampler = Sampler(camera.fps)
        self._backoff = Backoff(random.Random())  # noqa: S311 - jitter, not a secret
        self._halt = threading.Event()
        self._state, self._reason, self._since = "connecting", None, now()
        self._info: SourceInfo | None = None
        self._decoded = 0
        self._seq = 0
        self._reconnects = 0

    _reason: str | None

    def health(self) -> CameraHealth:
        """How it stands now. Thread-safe."""
        info = self._info
        return CameraHealth(
            state=self._state,
            reason=self._reason,
            since=self._since,
            decoded=self._decoded,
            scheduled=self._seq,
            reconnects=self._reconnects,
            codec=info.codec if info else None,
            width_px=info.width_px if info else None,
            height_px=info.height_px if info else None,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Play the camera until `stop`; never raises for anything a camera does."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                playing = asyncio.create_task(asyncio.to_thread(self.run_once))
                await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    self._halt.set()
                    await asyncio.wait({playing}, timeout=STOP_S)
                    return
                wait_s = self._after(playing.exception())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(stopping), wait_s)
                self._reconnects += 1
        finally:
            self._halt.set()
            stopping.cancel()

    def run_once(self) -> None:
        """Connect and play until the stream ends. Always raises `IngestError`, unless halted."""
        self._become("connecting", self._reason)
        container = self._open(self._camera)
        with container:
            decoder = Decoder(container, self._size)
            self._info = decoder.info
            try:
                for picture, arrived_s in decoder.pictures():
                    if self._halt.is_set():
                        return
                    self._decoded += 1
                    stamp = self._timeline.place(
                        picture.pts, picture.time_base, arrived_s, self._now()
                    )
                    if self._state != "live":
                        self._become("live", None)
                        self._backoff.reset()
                    if not self._sampler.due(stamp.t_s):
                        continue
                    image = decoder.image(picture)
                    self._mailbox.put(
                        Frame(
                            self._camera.id,
                            self._seq,
                            stamp.t_s,
                            stamp.captured_at,
                            arrived_s,
                            image,
                            AvPicture(picture),
                        )
                    )
                    self._seq += 1
            except (LibraryError, OSError) as error:
                raise loss(error, self._camera.url) from None
        if not self._halt.is_set():
            raise StreamLost(f"{self._camera.url}: the stream ended")

    def _after(self, error: BaseException | None) -> float:
        """Note what ended the play; gives the seconds to wait before the next try."""
        reason = error.reason if isinstance(error, IngestError) else "failed"
        if error is not None and not isinstance(error, IngestError):
            log.error("camera %s: %s: %s", self._camera.id, type(error).__name__, error)
        elif reason != self._reason:
            log.warning("camera %s: %s", self._camera.id, error)
        self._become("waiting", reason)
        wait_s = self._backoff.next_s()
        # A refusal will not mend itself soon and hammering locks accounts; an absence may.
        stubborn = isinstance(error, StreamRefused | StreamUrlError)
        return wait_s if stubborn else min(wait_s, RETURN_S)

    def _become(self, state: str, reason: str | None) -> None:
        if (state, reason) != (self._state, self._reason):
            self._state, self._reason, self._since = state, reason, self._now()

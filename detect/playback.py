"""Plays a video file as if it were a camera: in real time, over and over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ingest.errors import StreamUnreadable
from ingest.frame import Frame
from ingest.health import CameraHealth
from ingest.mailbox import Mailbox
from ingest.threads import in_own_thread


class FilePlayer:
    """Stands where a `CameraWorker` stands: puts a file's frames into a mailbox when they are due.

    `open_frames` opens the file anew for each round and gives its frames at the file's own speed;
    media time and numbering go on from round to round.
    """

    def __init__(
        self, open_frames: Callable[[], Iterator[Frame]], fps: float, mailbox: Mailbox[Frame]
    ) -> None:
        self._open = open_frames
        self._step_s = 1 / fps
        self._mailbox = mailbox
        self._halt = threading.Event()
        self._since = datetime.now(UTC)
        self._scheduled = 0

    def health(self) -> CameraHealth:
        """How it stands now. Thread-safe."""
        return CameraHealth(
            state="live" if self._scheduled else "connecting",
            reason=None,
            since=self._since,
            decoded=self._scheduled,
            scheduled=self._scheduled,
            reconnects=0,
            codec=None,
            width_px=None,
            height_px=None,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Play until `stop`. Raises `IngestError` when the file cannot be read."""
        playing = in_own_thread(self._play, "file-player")
        stopping = asyncio.create_task(stop.wait())
        try:
            ends: set[asyncio.Future[Any]] = {playing, stopping}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._halt.set()
            stopping.cancel()
        error = await playing
        if error is not None:
            raise error

    def _play(self) -> None:
        began_s = 0.0
        while not self._halt.is_set():
            t_s = began_s
            for frame in self._open():
                if self._halt.is_set():
                    return
                t_s = began_s + frame.t_s
                self._mailbox.put(replace(frame, seq=self._scheduled, t_s=t_s))
                self._scheduled += 1
            if not self._scheduled:
                raise StreamUnreadable("the file to play holds no frame")
            began_s = t_s + self._step_s
            # Else a clip of one picture would be played as fast as it can be opened.
            self._halt.wait(self._step_s)

"""The node's end of the link: incidents and health out, orders in; linked again whenever it breaks.

Nothing here can hold up inference: incidents come out of the spool, orders are handed on, and a
control side that does not read only makes this end wait.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol

from detect.errors import SpoolError
from detect.link import (
    MAX_LINE_BYTES,
    WINDOW,
    LinkBroken,
    Message,
    MessageTooLong,
    first_ended,
    receive,
    send,
)
from detect.spool import Spool, Spooled
from ingest.camera import CameraId

log = logging.getLogger(__name__)

RELINK_S = 0.2
HEALTH_EVERY_S = 1.0
UNFIT_S = 1.0
SPOOL_RETRY_S = 1.0


class Watching(Protocol):
    """What the link needs of the node."""

    def order(self, cameras: list[dict[str, Any]]) -> None:
        """These cameras, no others, are to be watched from now on."""
        ...

    def health(self) -> Message:
        """What to report: `cameras` by id, `spooled`, `unsaved`, `lost`."""
        ...

    def snapshot(self, camera: CameraId) -> Coroutine[Any, Any, bytes | None]:
        """JPEG of the camera's latest analysed frame; None when there is none."""
        ...


class Uplink:
    """Keeps the link up."""

    def __init__(self, socket: Path, hello: Message, spool: Spool, watching: Watching) -> None:
        self._socket = socket
        self._hello = hello
        self._spool = spool
        self._watching = watching
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._told = asyncio.Event()
        """Something was acknowledged."""
        self._under_way: set[int] = set()
        """Sequence numbers sent on the present link and not acknowledged yet."""
        self._settled: set[int] = set()
        """Acknowledged, but the spool could not forget them yet."""

    def ring(self) -> None:
        """There is something new in the spool. Thread-safe."""
        with contextlib.suppress(RuntimeError):  # the loop has ended: the spool keeps it
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """Link, talk, link again; never returns."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(
                    str(self._socket), limit=MAX_LINE_BYTES
                )
            except OSError:
                await asyncio.sleep(RELINK_S)
                continue
            try:
                await self._talk(reader, writer)
            except (LinkBroken, MessageTooLong) as error:
                log.warning("%s; linking again", error)
            except (KeyError, TypeError, ValueError) as error:
                log.error("the control side sent what cannot be understood (%r)", error)
            finally:
                writer.close()
            await asyncio.sleep(RELINK_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, self._hello)
        self._under_way.clear()
        await first_ended(
            asyncio.create_task(self._obey(reader, writer)),
            asyncio.create_task(self._settle()),
            asyncio.create_task(self._deliver(writer)),
            asyncio.create_task(self._report(writer)),
        )

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering: set[asyncio.Task[None]] = set()
        try:
            while True:
                message = await receive(reader)
                match message["type"]:
                    case "ack":
                        self._settled.add(int(message["seq"]))
                        self._told.set()
                    case "cameras":
                        self._watching.order(list(message["cameras"]))
                    case "snapshot":
                        camera = CameraId(str(message["camera"]))
                        answer = asyncio.create_task(self._answer(camera, writer))
                        answering.add(answer)
                        answer.add_done_callback(answering.discard)
        finally:
            for answer in answering:
                answer.cancel()

    async def _settle(self) -> None:
        """Have the spool forget what was acknowledged; what comes meanwhile, in the next commit."""
        while True:
            await self._told.wait()
            self._told.clear()
            seqs = frozenset(self._settled)
            try:
                await asyncio.to_thread(self._spool.acknowledge, *sorted(seqs))
                self._settled -= seqs
            except SpoolError as error:  # the disk is full: with the next, or delivered once more
                log.error("%s", error)
            self._under_way -= seqs
            self._bell.set()

    async def _answer(self, camera: CameraId, writer: asyncio.StreamWriter) -> None:
        jpeg = await self._watching.snapshot(camera)
        text = None if jpeg is None else base64.b64encode(jpeg).decode()
        with contextlib.suppress(LinkBroken, MessageTooLong):
            await send(writer, {"type": "snapshot", "camera": camera, "jpeg": text})

    async def _deliver(self, writer: asyncio.StreamWriter) -> None:
        """Send what is in the spool, oldest first; on a new link all that is unacknowledged."""
        sent = 0
        while True:
            self._bell.clear()
            for item in await self._waiting(sent, WINDOW - len(self._under_way)):
                sent = item.seq
                self._under_way.add(sent)
                message = {"incident": item.incident, "trace": item.trace}
                await send(writer, {"type": "incident", "seq": sent, **message})
            await self._bell.wait()

    async def _waiting(self, sent: int, room: int) -> list[Spooled]:
        if room <= 0:
            return []
        try:
            return await asyncio.to_thread(self._spool.pending, sent, room)
        except SpoolError as error:
            log.error("%s", error)
            self._loop.call_later(SPOOL_RETRY_S, self._bell.set)
            return []

    async def _report(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await send(writer, {"type": "health", **self._watching.health()})
            await asyncio.sleep(HEALTH_EVERY_S)


async def say_unfit(socket: Path, why: str) -> None:
    """Tell the control side why this node cannot start, if it is there to be told."""
    with contextlib.suppress(OSError, LinkBroken, TimeoutError):
        async with asyncio.timeout(UNFIT_S):
            _, writer = await asyncio.open_unix_connection(str(socket))
            try:
                await send(writer, {"type": "unfit", "why": why})
            finally:
                writer.close()
                await writer.wait_closed()

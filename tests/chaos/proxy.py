"""The radio link of patrols: TCP that can be cut, be slow, or be reset in the middle of a word."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field

CHUNK = 4096
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST, and what was under way is lost."""


@dataclass
class Link:
    """One patrol's way to the service: a port of its own that passes bytes on."""

    target: tuple[str, int]
    port: int = 0
    delay_s: float = 0.0
    """Each piece of up to `CHUNK` bytes waits this long, in both directions."""
    is_cut: bool = False
    """Connections end and none is made; the phone has no network."""
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _jobs: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self.is_cut = True
        self.reset()

    def heal(self) -> None:
        self.is_cut, self.delay_s = False, 0.0

    def reset(self) -> int:
        """Every connection ends at once, with RST; gives how many ends there were."""
        ended = len(self._writers)
        for writer in tuple(self._writers):
            plug = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        return ended

    async def stop(self) -> None:
        self.reset()
        for job in tuple(self._jobs):
            job.cancel()
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        job = asyncio.current_task()
        assert job is not None
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        ends = {writer}
        self._writers.add(writer)
        try:
            if self.is_cut:
                return
            far_reader, far_writer = await asyncio.open_connection(*self.target)
            ends.add(far_writer)
            self._writers.add(far_writer)
            await asyncio.wait(
                {
                    asyncio.ensure_future(self._pass(reader, far_writer)),
                    asyncio.ensure_future(self._pass(far_reader, writer)),
                },
                return_when=asyncio.FIRST_COMPLETED,
            )
        except (OSError, asyncio.CancelledError):
            return  # the service is away, or the run ends: the patrol sees its connection end
        finally:
            for end in ends:
                self._writers.discard(end)
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(piece)
                await writer.drain()

"""A node's end of the link, as a test wants it to speak."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from detect.incident import Incident, rfc3339
from ingest.camera import CameraId
from tests.support.incidents import NOON

GATE = CameraId("north-gate")


def camera_said(**more: Any) -> dict[str, Any]:
    """What a node says of a camera that it watches; `more` overrides and adds."""
    return {
        "state": "live",
        "reason": None,
        "since": rfc3339(NOON),
        "last_frame_at": rfc3339(NOON),
        "idle_s": 0.1,
        "analysed": 10,
        "analysed_fps": 5.0,
        "dropped": {"overrun": 1},
        "reconnects": 0,
        **more,
    }


class FakeNode:
    """The node's end: says what a test wants, notes what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.told: list[dict[str, Any]] = []

    def say(self, **message: Any) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    def raw(self, line: bytes) -> None:
        self._writer.write(line)

    def incident(self, seq: int, one: Incident) -> None:
        self.say(type="incident", seq=seq, incident=one.to_dict(), trace={"captured": "x"})

    def health(
        self,
        state: str = "live",
        idle_s: float | None = 0.1,
        looking: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """`looking`: what is said beyond the state of how its camera is looked at."""
        said = camera_said(state=state, idle_s=idle_s, **(looking or {}))
        counts = {"spooled": 0, "unsaved": 0, "lost": 0}
        self.say(**{"type": "health", "cameras": {GATE: said}} | counts | more)

    async def hear(self, kind: str) -> dict[str, Any]:
        while True:
            line = await self._reader.readline()
            assert line, "the link ended"
            message = json.loads(line)
            self.told.append(message)
            if message["type"] == kind:
                return message

    async def ended(self) -> bool:
        return not await self._reader.read()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

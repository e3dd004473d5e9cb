"""A node without cameras: the product's own spool and link, with happenings that are made up.

    python -m tests.bench.load.node SOCKET SPOOL CAMERAS CHANGES

A line of JSON on its input asks for a stretch of happenings, or to wait until all are delivered;
each is answered by a line of JSON. It ends with its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from detect.ids import uuid7
from detect.incident import Incident, IncidentId, rfc3339
from detect.spool import Spool
from detect.uplink import Uplink
from ingest.camera import CameraId
from tests.support.incidents import incident
from tests.support.waiting import until

UPDATED, ENDED = 0.2, 0.5
"""So many of the happenings get worse, and so many end, within seconds."""
URGENT = 0.2
"""So many are urgent: a patrol is sent at once."""
UPDATE_S, END_S = 2.0, 4.0


class Watching:
    """Implements `detect.uplink.Watching`."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def order(self, cameras: list[dict[str, Any]]) -> None:
        """Nothing to watch."""

    def health(self) -> dict[str, Any]:
        return {"cameras": {}, "spooled": len(self._spool), "unsaved": 0, "lost": 0}

    async def snapshot(self, camera: CameraId) -> bytes | None:
        return None


class Source:
    """Happenings, one after the other round the cameras."""

    def __init__(self, cameras: int, spool: Spool, uplink: Uplink, changes: IO[str]) -> None:
        self._changes = changes
        self._cameras = cameras
        self._spool = spool
        self._uplink = uplink
        self._lots = random.Random(7)
        self._number = 0
        self._later: list[tuple[float, Incident]] = []
        self.changes = 0

    async def run(self, rate: float, seconds: float) -> dict[str, Any]:
        """So many new happenings a second, with the changes of those before."""
        loop = asyncio.get_running_loop()
        began, made, late_s, before = loop.time(), 0, 0.0, self.changes
        while (now := loop.time()) < began + seconds or made < round(rate * seconds):
            due = min(round((now - began) * rate) + 1, round(rate * seconds))
            for _ in range(made, due):
                made += 1
                await self._keep(self._new(now))
            self._later.sort(key=lambda one: one[0])
            while self._later and self._later[0][0] <= now:
                await self._keep(self._later.pop(0)[1])
            late_s = max(late_s, loop.time() - began - made / rate)
            await asyncio.sleep(max(0.0, began + made / rate - loop.time()))
        took_s = loop.time() - began
        return {"incidents": made, "changes": self.changes - before, "s": round(took_s, 3)}

    async def drained(self) -> None:
        """All is acknowledged."""
        await until(lambda: not len(self._spool), every_s=0.05)

    def _new(self, now_s: float) -> Incident:
        self._number += 1
        at, lots = datetime.now(UTC), self._lots
        one = incident(
            self._number,
            id=IncidentId(uuid7(at)),
            camera=CameraId(f"camera-{self._number % self._cameras:05}"),
            severity="high" if lots.random() < URGENT else "medium",
            started_at=at - timedelta(seconds=1),
            detected_at=at,
            why=f"A person inside lawn for 1.0 s, happening {self._number}.",
        )
        if lots.random() < UPDATED:
            worse = replace(
                one, severity="critical", score=0.9, updated_s=one.detected_s + UPDATE_S
            )
            self._later.append((now_s + UPDATE_S, worse))
            one_ended = worse
        else:
            one_ended = one
        if lots.random() < ENDED:
            ended = replace(one_ended, ended_at=at + timedelta(seconds=END_S), end_s=6.0)
            self._later.append((now_s + END_S, ended))
        return one

    async def _keep(self, one: Incident) -> None:
        now = rfc3339(datetime.now(UTC))
        trace = {"captured": now, "inferred": now, "raised": now}
        await asyncio.to_thread(self._commit, one, trace)
        self._uplink.ring()
        self.changes += 1

    def _commit(self, one: Incident, trace: dict[str, str]) -> None:
        # As `detect.keeper` does it: the time at which it is given to the disk.
        at = time.time()
        spooled = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
        self._spool.commit(one, {**trace, "spooled": spooled})
        self._changes.write(json.dumps([one.id, at, one.severity]) + "\n")


async def main(socket: Path, path: Path, cameras: int, changes: IO[str]) -> None:
    spool = Spool(path)
    uplink = Uplink(socket, {"type": "hello", "pid": 0, "model": "none"}, spool, Watching(spool))
    linked = asyncio.create_task(uplink.run())
    source = Source(cameras, spool, uplink, changes)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        if "drain" in order:
            await source.drained()
            changes.flush()
            told: dict[str, Any] = {"drained": True}
        else:
            told = await source.run(order["rate"], order["seconds"])
        print(json.dumps(told), flush=True)
    linked.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await linked
    spool.close()


if __name__ == "__main__":
    with open(sys.argv[4], "w", encoding="utf-8") as file:
        asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), file))

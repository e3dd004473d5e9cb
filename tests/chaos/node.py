"""A node without cameras: the real spool, keeper and uplink, and a seeded source of incidents.

`tests.chaos.control` puts it where `detect.node` stands; its supervisor starts it, keeps a spare
and takes it along. It journals what it means to spool, what the spool has committed, and what the
control side has acknowledged, each at its moment: a kill between two of them leaves the first.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import itertools
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from detect.errors import SpoolError
from detect.evidence import EvidenceFolder
from detect.incident import Incident, rfc3339
from detect.keeper import Keeper
from detect.link import Message
from detect.moment import utc_now
from detect.pipeline import Raised
from detect.spool import Spool, Spooled
from detect.uplink import Uplink
from ingest.camera import CameraId
from ingest.frame import Frame
from tests.chaos import history
from tests.chaos.city import CAMERAS, camera_of, happening
from tests.chaos.history import History

ORDERS = "CHAOS_NODE"
"""Environment variable: JSON of `NodeOrders`."""


@dataclass(frozen=True)
class NodeOrders:
    """What the run wants of its node."""

    seed: int
    incidents: int
    """Go on until so many have been spooled, over all lives of the node."""
    per_s: float
    journal: str

    def to_json(self) -> str:
        return json.dumps(self.__dict__)


class JournaledSpool(Spool):
    """The spool, with a journal of what it has promised and what it was freed of."""

    def __init__(self, path: Path, journal: History) -> None:
        super().__init__(path)
        self._journal = journal
        self._names: dict[int, str] = {}
        self.spooled: set[str] = set()

    def commit(self, incident: Incident, trace: Mapping[str, str]) -> int:
        self._journal.note("node", "intend", id=incident.id, ended=not incident.is_open)
        seq = super().commit(incident, trace)
        self._names[seq] = incident.id
        self._journal.note("node", "spooled", id=incident.id, seq=seq, ended=not incident.is_open)
        self.spooled.add(incident.id)
        return seq

    def pending(self, after: int = 0, limit: int = 100) -> list[Spooled]:
        found = super().pending(after, limit)
        self._names.update({one.seq: one.incident["id"] for one in found})
        return found

    def acknowledge(self, *seqs: int) -> None:
        for seq in seqs:
            self._journal.note("node", "acked", id=self._names[seq], seq=seq)
        super().acknowledge(*seqs)


class Source:
    """Lets the city's incidents happen, one after the other, each to its end."""

    def __init__(self, orders: NodeOrders, spool: JournaledSpool, keep: Keeper) -> None:
        self._orders, self._spool, self._keep = orders, spool, keep
        known = [one for one in history.read(Path(orders.journal)) if "id" in one]
        spool.spooled |= {one["id"] for one in known if one["what"] == "spooled"}
        numbers = [int(one["id"].rsplit("-", 1)[1]) for one in known]
        self._numbers = itertools.count(max(numbers, default=-1) + 1)
        self._open: list[tuple[float, int, Incident]] = []

    async def run(self) -> None:
        """Until all have happened; then what is open is ended."""
        clock = asyncio.get_running_loop().time
        next_s = clock()
        while len(self._spool.spooled) < self._orders.incidents or self._open:
            now_s = clock()
            while self._open and self._open[0][0] <= now_s:
                self._end(heapq.heappop(self._open)[2])
            if len(self._spool.spooled) < self._orders.incidents and next_s <= now_s:
                self._begin(now_s)
                next_s = max(next_s + 1 / self._orders.per_s, now_s - 1)
            await asyncio.sleep(0.01)

    def _begin(self, now_s: float) -> None:
        now, number = utc_now(), next(self._numbers)
        one = happening(self._orders.seed, number, now)
        heapq.heappush(self._open, (now_s + one.seconds, number, one.incident))
        self._raise(one.incident, now)

    def _end(self, incident: Incident) -> None:
        now = utc_now()
        gone_s = max(0.0, (now - incident.detected_at).total_seconds())
        ended = replace(incident, ended_at=now, end_s=incident.detected_s + gone_s)
        self._raise(ended, now)

    def _raise(self, incident: Incident, now: datetime) -> None:
        captured_at = now - timedelta(milliseconds=120)
        facts = {"captured_at": captured_at, "received_s": time.monotonic() - 0.12}
        frame = cast(Frame, SimpleNamespace(**facts, picture=None))
        self._keep(Raised(incident, frame, now - timedelta(milliseconds=20), now))


class BlindNode:
    """Implements `detect.uplink.Watching` without looking at anything."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.keeper: Keeper | None = None

    def order(self, cameras: list[dict[str, Any]]) -> None:
        """The cameras of the run stand fast."""

    def health(self) -> Message:
        now = rfc3339(utc_now())
        said = {
            "state": "live",
            "reason": None,
            "since": now,
            "last_frame_at": now,
            "idle_s": 0.1,
            "analysed": 1,
            "analysed_fps": 5.0,
            "dropped": {},
        }
        keeper = self.keeper
        return {
            "cameras": {camera_of(number): said for number in range(CAMERAS)},
            "spooled": len(self._spool),
            "unsaved": keeper.unsaved if keeper else 0,
            "lost": keeper.lost if keeper else 0,
        }

    async def snapshot(self, camera: CameraId) -> bytes | None:
        return None


async def serve(orders: NodeOrders, socket: Path, data: Path, journal: History) -> None:
    spool = JournaledSpool(data / "spool.db", journal)
    watching = BlindNode(spool)
    uplink = Uplink(
        socket, {"type": "hello", "pid": os.getpid(), "model": "chaos"}, spool, watching
    )
    keeper = Keeper(spool, EvidenceFolder(data / "evidence"), uplink.ring, utc_now)
    source = Source(orders, spool, keeper)
    watching.keeper = keeper
    keeper.finish(spool.interrupted())
    keeper.start()
    linked = asyncio.create_task(uplink.run())
    await source.run()
    await linked


def end_with_parent() -> None:
    """Whoever started this process holds the other end of its input."""
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    os._exit(0)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s node: %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    orders = NodeOrders(**json.loads(os.environ[ORDERS]))
    if not os.read(sys.stdin.fileno(), 1):  # a spare that is never called
        return 0
    threading.Thread(target=end_with_parent, daemon=True).start()
    journal = History(Path(orders.journal))
    journal.note("node", "begin", pid=os.getpid())
    try:
        asyncio.run(serve(orders, options.socket, options.data, journal))
    except SpoolError as error:
        logging.critical("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One run of the load bench: bring all up, load it, hold what was seen against the store."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from alerts.stores.sql import Database
from tests.bench.load import account
from tests.bench.load.account import Feed
from tests.bench.load.limit import fsyncs_per_s, raw_commits_per_s
from tests.bench.load.processes import Helper, MemoryWitness, cpu_s
from tests.bench.load.town import Town, build, served_folder
from tests.support.net import free_port
from tests.support.postgresql import emptied_database
from tests.support.waiting import until
from tests.support.whole import ServiceProcess, node_of, nodes_of

BURST_S = 10.0
SETTLE_S = 3.0
REPORTS_EVERY_S = 30.0
REPORTS_AT_ONCE = 500
OWN_FEED, OPERATORS_FEED = "/v1/patrols/me/stream", "/v1/alerts/stream"


@dataclass(frozen=True)
class Plan:
    """What is asked for."""

    seconds: float
    rate: float
    burst: int
    clients: int
    operators: int
    disconnects: int
    cameras: int
    store: str

    @property
    def patrols(self) -> int:
        return self.clients - self.operators


async def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Bring everything up, load it, take everything down; gives the figures."""
    before = os.getloadavg()[0]
    home = served_folder(folder)
    own = emptied_database() if plan.store == "postgresql" else None
    address = own or f"sqlite:///{home / 'qalqan.db'}"
    limit = {
        "commits_per_s": round(await asyncio.to_thread(raw_commits_per_s, address)),
        "fdatasyncs_per_s": round(await asyncio.to_thread(fsyncs_per_s, folder)),
    }
    town = await asyncio.to_thread(build, address, plan.cameras, plan.operators, plan.patrols)
    service = ServiceProcess(home, free_port(), own)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(service.stop)
        await service.start()
        await _silence_the_real_node(home)
        opened = Database.open(address)
        stack.callback(opened.close)
        with opened.store.read() as tx:
            start = tx.last_event_seq()
        run = _Run(plan, folder, town, service, start)
        await stack.enter_async_context(run)
        gateway = asyncio.create_task(_report_positions(service.url, town))
        stack.callback(gateway.cancel)
        figures = await run.go(opened)
    load = (round(before, 2), round(os.getloadavg()[0], 2))
    return {"plan": asdict(plan), "limit": limit, **figures, "load_before_after": load}


async def _silence_the_real_node(home: Path) -> None:
    """It has no cameras, and would take the link back from the bench's: stopped where it stands."""
    await until(lambda: node_of(home) is not None, every_s=0.1)
    await asyncio.sleep(2)  # linked, and its code loaded: what the service starts with
    for pid in nodes_of(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)


async def _report_positions(url: str, town: Town) -> None:
    """All units say where they are, through the city's own gateway: else they grow too old."""
    headers = {"Authorization": f"Bearer {town.admin}"}
    fixes = [
        {"patrol": unit, "latitude": latitude, "longitude": longitude}
        for (unit, _), (latitude, longitude) in zip(town.patrols, town.places, strict=True)
    ]
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        while True:
            for first in range(0, len(fixes), REPORTS_AT_ONCE):
                some = fixes[first : first + REPORTS_AT_ONCE]
                answer = await http.put("/v1/patrols/positions", json={"positions": some})
                answer.raise_for_status()
            await asyncio.sleep(REPORTS_EVERY_S)


class _Run:
    """The processes of one run."""

    def __init__(
        self, plan: Plan, folder: Path, town: Town, service: ServiceProcess, start: int
    ) -> None:
        self._plan = plan
        self._service = service
        self._start = start
        self._town = town
        self._seen = folder / "seen.npz"
        self._changes = folder / "changes.jsonl"
        listeners = [
            {"path": path, "token": token, "start": start, "keeps": path == OWN_FEED}
            for path, token in (
                *((OPERATORS_FEED, token) for token in town.operators),
                *((OWN_FEED, token) for _, token in town.patrols),
            )
        ]
        crowd, staff = folder / "listeners.json", folder / "staff.json"
        crowd.write_text(json.dumps(listeners))
        told = {"admin": town.admin, "patrols": town.patrols, "start": start}
        staff.write_text(json.dumps(told))
        socket, spool = service.home / "node.sock", folder / "spool.db"
        port = service.port
        self.node = Helper("node", socket, spool, plan.cameras, self._changes)
        self.crowd = Helper("crowd", port, crowd, self._seen)
        self.staff = Helper("staff", port, staff)

    async def __aenter__(self) -> _Run:
        for one in (self.crowd, self.node, self.staff):
            await one.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in (self.crowd, self.node, self.staff):
            await one.stop()

    async def go(self, opened: Database) -> dict[str, Any]:
        plan = self._plan
        connected = await self.crowd.hear()
        pids = {"service": self._service.process.pid, "node": self.node.process.pid}
        pids |= {"listeners": self.crowd.process.pid, "staff": self.staff.process.pid}
        memory = MemoryWitness(pids["service"])
        watching = asyncio.create_task(memory.run())
        spent = {name: cpu_s(pid) for name, pid in pids.items()}
        began = time.monotonic()
        self.crowd.say(f"cut {plan.seconds} {plan.disconnects}")
        sustained = await self._stretch(plan.rate, plan.seconds)
        cut = (await self.crowd.hear())["cut"]
        await self.node.ask(json.dumps({"drain": True}))
        divide = time.time()
        burst = await self._stretch(plan.burst / BURST_S, BURST_S)
        await self.node.ask(json.dumps({"drain": True}))
        took_s = time.monotonic() - began
        used = {name: round((cpu_s(pid) - spent[name]) / took_s, 2) for name, pid in pids.items()}
        self.staff.close()
        done = await self.staff.hear()
        await self.crowd.ask("end")
        watching.cancel()
        feed = await asyncio.to_thread(
            account.read_feed, opened, self._start, _changes(self._changes)
        )
        found = await asyncio.to_thread(self._account, feed, divide)
        return {
            **found,
            "alerts": feed.alerts,
            "events": len(feed.operators) + sum(map(len, feed.patrols.values())),
            "without_a_free_unit": feed.unoffered,
            "connected_s": round(connected["s"], 1),
            "disconnects": cut,
            "sent": {"sustained": sustained, "burst": burst},
            "changes_per_s": round(sustained["changes"] / sustained["s"], 1),
            "answers": done,
            "rss_mb": memory.figures(),
            "cores_used": used,
        }

    async def _stretch(self, rate: float, seconds: float) -> dict[str, Any]:
        return await self.node.ask(json.dumps({"rate": rate, "seconds": seconds}))

    def _account(self, feed: Feed, divide: float) -> dict[str, Any]:
        with np.load(self._seen) as file:
            seen = {name: file[name] for name in file.files}
        operators = np.arange(self._plan.operators)
        missed = account.operators_missed(seen, operators, feed.operators)
        strange = 0
        late: dict[str, dict[str, Any]] = {}
        for name, is_in in (
            ("sustained", lambda at: at < divide),
            ("burst", lambda at: at >= divide),
        ):
            raised = {n: at for n, at in feed.raised.items() if is_in(at)}
            offered = {n: at for n, at in feed.offered.items() if is_in(at)}
            own = [
                account.own_lateness(seen, self._plan.operators + place, offered)
                for place in range(self._plan.patrols)
            ]
            late[name] = {
                "operators": account.spread_ms(account.lateness(seen, operators, raised)),
                "patrols": account.spread_ms(np.concatenate(own) if own else np.array([])),
            }
        for place, (unit, _) in enumerate(self._town.patrols):
            events = feed.patrols.get(unit, [])
            short, more = account.patrol_missed(seen, self._plan.operators + place, events)
            missed, strange = missed + short, strange + more
        return {
            **late,
            "missed": missed,
            "repeated": int(seen["repeated"].sum()),
            "strange": strange,
            "breaks": int(seen["breaks"].sum()),
            "refused": int(seen["refused"].sum()),
        }


def _changes(path: Path) -> dict[str, list[tuple[float, str]]]:
    """By incident: when each of its changes was given to the spool, and its severity."""
    found: dict[str, list[tuple[float, str]]] = {}
    for line in path.read_text().splitlines():
        incident, at, severity = json.loads(line)
        found.setdefault(incident, []).append((at, severity))
    return found

"""Positions taken in per second, committed: by the service, and over HTTP.

    python -m tests.bench.positions [--units 10000] [--seconds 5] [--batch 2000]

For SQLite and PostgreSQL: `batches` (`AlertService.set_positions`, so many positions a commit),
`single` (`set_position` by 40 threads: reports that come together commit together, `commits` says
in how many), `http_batches` (`PUT /v1/patrols/positions` by 4 clients over real sockets) and
`http_single` (`PUT /v1/patrols/ID/position` by 40). Beside them `commits_per_s`: how many commits
of one row the same store makes one after the other, the limit of what commits each report alone.
All units are on duty, so that the index of places is kept up to date, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import event

from alerts.access import Role
from alerts.alert import PatrolId
from alerts.dispatch.whereabouts import Fix
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.service import AlertService
from alerts.stores.sql import Database
from api.http_server import listen, make_server
from detect.ids import uuid7
from tests.bench.dispatch import hardware
from tests.bench.nearest import City, fill, stores
from tests.support.service import make_service

THREADS = 40
GATEWAYS = 4
PATROLS = "/v1/patrols"


def now() -> datetime:
    return datetime.now(UTC)


class Rate:
    """How often something was done until the time was over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def of(self, step: Callable[[Random], int], threads: int) -> float:
        until = time.monotonic() + self._seconds
        began = time.monotonic()

        def work(seed: int) -> int:
            dice, done = Random(seed), 0
            while time.monotonic() < until:
                done += step(dice)
            return done

        with ThreadPoolExecutor(threads) as pool:
            done = sum(pool.map(work, range(threads)))
        return round(done / (time.monotonic() - began))


def anywhere(dice: Random) -> Position:
    return Position(43.15 + dice.random() * 0.225, 76.75 + dice.random() * 0.31, now())


def by_service(database: Database, ids: list[PatrolId], rate: Rate, batch: int) -> dict[str, Any]:
    service = AlertService(database.store, lambda _: None, Policy(), now, lambda: None)
    commits = Commits(database)

    def many(dice: Random) -> int:
        taken = service.set_positions([(one, anywhere(dice)) for one in dice.sample(ids, batch)])
        return sum(one is Fix.TAKEN for one in taken)

    def single(dice: Random) -> int:
        service.set_position(dice.choice(ids), anywhere(dice))
        return 1

    def row(dice: Random) -> int:
        with database.store.begin() as tx:
            tx.put_positions({dice.choice(ids): anywhere(dice)})
        return 1

    found: dict[str, Any] = {"commits_per_s": rate.of(row, 1), "batches_per_s": rate.of(many, 1)}
    commits.count = 0
    found["single_per_s"] = rate.of(single, THREADS)
    found["single_commits"] = commits.count
    return found


class Commits:
    """Counts them."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database.connections.engine, "commit", self._add)

    def _add(self, _: object) -> None:
        self.count += 1


@contextmanager
def served(database: Database, folder: Path) -> Iterator[tuple[str, str]]:
    """The application over a real socket; gives the address and an administrator's token."""
    alerts = AlertService(database.store, lambda _: None, Policy(), now, lambda: None)
    made = make_service(folder, alerts=alerts, grants=database.grants, now=now)
    token = made.token(Role.ADMIN)
    listening = listen("127.0.0.1", 0)
    server = make_server(made.app)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", token
    finally:
        server.should_exit = True
        thread.join()


def by_http(database: Database, ids: list[PatrolId], rate: Rate, batch: int) -> dict[str, Any]:
    def report(dice: Random) -> dict[str, Any]:
        at = anywhere(dice)
        return {"latitude": at.latitude, "longitude": at.longitude}

    with tempfile.TemporaryDirectory() as folder, served(database, Path(folder)) as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=THREADS)
        with httpx.Client(base_url=url, headers=headers, limits=limits, timeout=60) as http:

            def many(dice: Random) -> int:
                some = [{"patrol": one, **report(dice)} for one in dice.sample(ids, batch)]
                answer = http.put(f"{PATROLS}/positions", json={"positions": some})
                return int(answer.raise_for_status().json()["taken"])

            def single(dice: Random) -> int:
                answer = http.put(f"{PATROLS}/{dice.choice(ids)}/position", json=report(dice))
                answer.raise_for_status()
                return 1

            return {
                "http_batches_per_s": rate.of(many, GATEWAYS),
                "http_single_per_s": rate.of(single, THREADS),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--batch", type=int, default=2_000)
    options = parser.parse_args()
    city = City.of(0, 1)
    city.units = {PatrolId(uuid7(now())): city.anywhere() for _ in range(options.units)}
    ids, rate = list(city.units), Rate(options.seconds)
    found: dict[str, Any] = {"hardware": hardware(), "units": options.units, "batch": options.batch}
    with stores() as bases:
        for name, one in bases.items():
            fill(one, city)
            found[name] = {
                **by_service(one, ids, rate, options.batch),
                **by_http(one, ids, rate, options.batch),
            }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

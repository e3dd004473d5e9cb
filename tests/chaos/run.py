"""One run: a city is set up, everything happens and breaks, all falls quiet, evidence is taken."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import psycopg
import yaml

from alerts.access import Role
from alerts.stores.sql import Database
from api.auth.tokens import issue_token
from tests.chaos import city, plan
from tests.chaos.clock import Clock
from tests.chaos.control import MUTANT
from tests.chaos.disk import SmallDisk
from tests.chaos.evidence import Evidence, deliveries_due, is_loud, load, open_alerts
from tests.chaos.faults import Injector
from tests.chaos.history import History
from tests.chaos.node import ORDERS, NodeOrders
from tests.chaos.people import OperatorDesk, PatrolPhone
from tests.chaos.processes import Control, Nursery, Postgres, environment
from tests.chaos.progress import Progress
from tests.chaos.proxy import Link
from tests.chaos.sink import Sink
from tests.chaos.stages import write_stages
from tests.chaos.stream import client
from tests.support.net import free_port
from tests.support.postgresql import OwnServer
from tests.support.waiting import until

COME_S = 600.0
"""How long what is still to come, or waits at the node, may take after the last fault."""
QUIET_S = 180.0
"""And then, everything to come to its end."""


@dataclass(frozen=True)
class Options:
    """What a run is to be like."""

    store: str
    incidents: int
    kills: int
    seed: int
    out: Path
    patrols: int = 24
    operators: int = 3
    away_s: float = 60.0
    clock_steps: int = 3
    """Pairs: there and back."""
    full: int = 2
    """How often the disk is full."""
    per_s: float = 25.0
    """Incidents a second that happen while the node lives."""
    mutant: str | None = None


@dataclass
class Done:
    """A run that has been."""

    evidence: Evidence
    kills: dict[str, int]
    others: dict[str, int]
    starts: int
    seconds: float
    exit_status: int | None


@dataclass
class Run:
    """What a run is made of, while it is."""

    options: Options
    say: Callable[[str], None]
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        out = self.options.out
        out.mkdir(parents=True, exist_ok=True)
        for name in ("history.jsonl", "node.jsonl", "stages.jsonl"):
            (out / name).unlink(missing_ok=True)
        self.history = History(out / "history.jsonl")
        self.journal = out / "node.jsonl"
        self.progress = Progress(self.journal, self.options.incidents)
        self.tasks: list[asyncio.Task[Any]] = []
        self.links: list[Link] = []
        self.phones: list[PatrolPhone] = []
        self.desks: list[OperatorDesk] = []
        self.postgres: Postgres | None = None

    async def whole(self) -> Done:
        begun_s = time.monotonic()
        async with self.stack:
            try:
                await self._build()
                injector = await self._break()
                await self._quiet()
                await write_stages(self.admin, self.address, self.options.out / "stages.jsonl")
                self._none_has_failed()
            finally:
                await self._let_go()
            status = await self.control.stop()
            self.history.close()
            evidence = await asyncio.to_thread(load, self.address, self.home, self.options.out)
            self._keep_database()
            kills, others = dict(injector.kills), dict(injector.others)
            took_s = time.monotonic() - begun_s
            return Done(evidence, kills, others, self.control.starts, took_s, status)

    # --- setting up ---

    async def _build(self) -> None:
        options = self.options
        folder = Path(mkdtemp(prefix="qalqan-chaos-", dir="/tmp"))
        self.stack.callback(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o711)  # noqa: S103 - PostgreSQL runs as another user
        self.disk = SmallDisk(folder) if options.full else None
        place = self.disk.path if self.disk else folder
        if self.disk:
            self.stack.callback(self.disk.remove)
        self.clock = Clock(options.out) if options.clock_steps else None
        self.home = place / "home"
        self.address = await self._database(place)
        await asyncio.to_thread(self._prepare)
        self.control = await self._control(options)
        self.stack.push_async_callback(self.control.stop)
        try:
            await self.control.start()
        except TimeoutError:
            raise RuntimeError(f"it does not serve: see {options.out / 'control.log'}") from None
        await self._people()

    async def _database(self, place: Path) -> str:
        if self.options.store == "sqlite":
            return f"sqlite:///{self.home.resolve() / 'qalqan.db'}"
        server = await asyncio.to_thread(OwnServer, str(place))
        self.stack.callback(server.remove)
        await asyncio.to_thread(server.start)
        self.postgres = Postgres(server, self.history)
        self._beside(self.postgres.keep())
        return f"{server.address}/postgres"

    def _prepare(self) -> None:
        """Tokens, straight into the database, before anything serves from it."""
        self.home.mkdir(parents=True)
        here = ["127.0.0.0/8"]
        settings = {"policy": city.POLICY, "camera_networks": here, "outward_networks": here}
        (self.home / "settings.yaml").write_text(yaml.safe_dump(settings))
        database = Database.open(self.address)
        now = datetime.now(UTC)
        try:
            grants = database.grants
            self.token = issue_token(grants, Role.ADMIN, "chaos", now)
            self.desk_tokens = [
                issue_token(grants, Role.OPERATOR, f"operator {number}", now)
                for number in range(self.options.operators)
            ]
        finally:
            database.close()

    async def _control(self, options: Options) -> Control:
        self.port = free_port()
        orders = NodeOrders(options.seed, options.incidents, options.per_s, str(self.journal))
        more = {ORDERS: orders.to_json()}
        if options.mutant:
            more[MUTANT] = options.mutant
        surroundings = environment(more, self.clock.environment if self.clock else {})
        log = self.stack.enter_context((options.out / "control.log").open("wb"))
        self.nursery = await Nursery.start(surroundings, log)
        self.stack.push_async_callback(self.nursery.stop)
        url = f"http://127.0.0.1:{self.port}"
        return Control(self.nursery, self._arguments(self.port), url, self.home, self.history)

    def _arguments(self, port: int) -> list[str]:
        """Of `qalqan`."""
        told = ["serve", "--port", str(port), "--data", str(self.home)]
        told += ["--config", str(self.home / "settings.yaml")]
        if self.postgres is not None:
            told += ["--database", self.address]
        return told

    async def _rival(self) -> bool:
        """A second service on the same database, from another port; whether it was let in."""
        port = free_port()
        second = await self.nursery.bear(self._arguments(port))
        async with client(f"http://127.0.0.1:{port}", "nobody") as http:
            while self.nursery.lives(second):
                with contextlib.suppress(httpx.TransportError):
                    await http.get("/healthz")
                    os.kill(second, signal.SIGKILL)
                    return True
                await asyncio.sleep(0.05)
        return False

    async def _people(self) -> None:
        """Cameras, patrols with a link each, operators."""
        self.admin = await self.stack.enter_async_context(client(self.control.url, self.token))
        for number in range(city.CAMERAS):
            await self._register(number)
        for number in range(self.options.patrols):
            self.phones.append(await self._patrol(number))
        await self._sinks()
        for number, token in enumerate(self.desk_tokens):
            http = await self.stack.enter_async_context(client(self.control.url, token))
            desk = OperatorDesk(f"operator {number}", http, "/v1/alerts/stream", self.history)
            desk.number, desk.operators = number, self.options.operators
            desk.seed = str(self.options.seed)
            self.desks.append(desk)
            self._beside(desk.run())

    async def _register(self, number: int) -> None:
        north, east = city.place_of(number)
        camera = {
            "id": city.camera_of(number),
            "name": f"Camera {number}",
            "url": f"rtsp://127.0.0.1:9/{number}",
            "latitude": north,
            "longitude": east,
            "scene": {"version": 1, "rules": [{"kind": "intrusion", "seconds": 1}]},
            "probe": False,
        }
        answer = await self.admin.post("/v1/cameras", json=camera)
        assert answer.status_code == 201, answer.text

    async def _sinks(self) -> None:
        """Who is told over a webhook: the city of what is loud or grave, and some patrols."""
        sink = Sink(self.history, random.Random(f"{self.options.seed}:sink"))
        await sink.start()
        self.stack.push_async_callback(sink.stop)
        told: list[dict[str, Any]] = [
            {"name": "alarms", "events": ["alarm"]},
            {"name": "grave", "severities": ["critical"]},
        ]
        told += [{"name": f"unit{n}", "patrol": one.patrol} for n, one in enumerate(self.phones)]
        for one in told:
            endpoint = {"channel": "webhook", "url": sink.url(one["name"]), **one}
            answer = await self.admin.post("/v1/endpoints", json=endpoint)
            assert answer.status_code == 201, answer.text

    async def _patrol(self, number: int) -> PatrolPhone:
        made = (await self.admin.post("/v1/patrols", json={"name": f"Unit {number}"})).json()
        token = (await self.admin.post(f"/v1/patrols/{made['id']}/token")).json()["token"]
        link = Link(("127.0.0.1", self.port))
        await link.start()
        self.stack.push_async_callback(link.stop)
        self.links.append(link)
        http = await self.stack.enter_async_context(client(link.url, token))
        phone = PatrolPhone(f"patrol {made['id']}", http, "/v1/patrols/me/stream", self.history)
        phone.patrol, phone.link = made["id"], link
        phone.seed = f"{self.options.seed}:{number}"
        phone.place = city.place_of(number * 2 % city.CAMERAS)
        here = {"latitude": phone.place[0], "longitude": phone.place[1]}
        assert (await http.put("/v1/patrols/me/position", json=here)).status_code == 200
        assert (await http.patch("/v1/patrols/me", json={"on_duty": True})).status_code == 200
        self._beside(phone.run())
        self._beside(phone.report_position())
        return phone

    # --- running ---

    async def _break(self) -> Injector:
        options = self.options
        injector = Injector(
            self.history,
            self.control,
            self.links,
            self.clock,
            self.disk,
            self.postgres,
            self.progress,
            self._rival,
            has_workers=bool(self.control.workers()),
        )
        faults = plan.draw(
            options.seed,
            options.store,
            options.kills,
            options.away_s,
            options.clock_steps,
            options.full,
        )
        telling = asyncio.create_task(self._tell(injector))
        try:
            await injector.run(faults)
        finally:
            telling.cancel()
        return injector

    async def _tell(self, injector: Injector) -> None:
        while True:
            await asyncio.sleep(15)
            self.say(
                f"{sum(injector.kills.values())} kills {dict(injector.kills)}, "
                f"{self.progress.acknowledged()} incidents acknowledged"
            )

    async def _quiet(self) -> None:
        """Until all incidents have come and every alert is closed or loud; then it is judged."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(COME_S):
                await until(lambda: self.progress.share() >= 1, every_s=0.5)
        deadline_s = time.monotonic() + QUIET_S
        calm = 0
        while time.monotonic() < deadline_s and calm < 3:
            calm = calm + 1 if await asyncio.to_thread(self._is_quiet) else 0
            await asyncio.sleep(0.5)
        self.history.note("chaos", "quiet" if calm else "not quiet")
        if not calm:
            self.say(f"not quiet after {QUIET_S:.0f} s")

    def _is_quiet(self) -> bool:
        if self.progress.acknowledged() < self.options.incidents:
            return False
        try:
            with contextlib.closing(sqlite3.connect(self.home / "spool.db")) as spool:
                (waiting,) = spool.execute("SELECT count(*) FROM changes").fetchone()
            left = [one for one in open_alerts(self.address) if not is_loud(one)]
            waiting += deliveries_due(self.address)
        except (sqlite3.Error, psycopg.Error):
            return False
        return not waiting and all(one["review"] for one in left)

    # --- ending ---

    def _beside(self, work: Any) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    def _none_has_failed(self) -> None:
        """A reader that broke saw less than it should have."""
        for task in self.tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def _let_go(self) -> None:
        """Nobody of the run goes on."""
        jobs = [job for phone in (*self.phones, *self.desks) for job in phone.jobs]
        for task in (*self.tasks, *jobs):
            task.cancel()
        await asyncio.gather(*self.tasks, *jobs, return_exceptions=True)

    def _keep_database(self) -> None:
        """The file goes with the small disk: the evidence stays in the run's folder."""
        if self.options.store == "sqlite":
            kept = self.options.out / "qalqan.db"
            kept.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(self.home / "qalqan.db")) as source:
                source.execute("VACUUM INTO ?", (str(kept),))

"""The HTTP application over stores in memory and nodes that say what a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from alerts.access import Role
from alerts.alert import Actor, PatrolId
from alerts.believing.trust import TrustPolicy
from alerts.believing.trust_desk import TrustDesk
from alerts.calm.flood import FloodPolicy
from alerts.calm.raised import AlarmLog, FloodWatch
from alerts.calm.silence_desk import SilenceDesk, SilenceOrder
from alerts.endpoint_desk import EndpointDesk
from alerts.notify.feed import Feed
from alerts.notify.vapid import VapidKey
from alerts.policy import Policy
from alerts.push_desk import PushDesk
from alerts.service import AlertService
from alerts.stores.memory import MemoryCameras, MemoryGrants, MemoryStore
from api.app import create_app
from api.auth.tokens import issue_token
from api.auth.vault import Vault
from api.cameras.outline import outlines_of
from api.channels import admissions_of
from api.learned import KnownFixture
from api.nodes import Counts, NotWatched, WatchState
from api.settings import Settings
from api.wiring import Services
from ingest.address import CameraNetworks
from ingest.camera import CameraId, StreamUrl
from ingest.sources.base import SourceInfo
from tests.support.incidents import NOON, incident

BASE = "http://localhost"
CAMERA: dict[str, Any] = {
    "id": "north-gate",
    "name": "North gate",
    "url": "rtsp://viewer:op3n-sesame@10.20.0.7:554/stream1?key=op3n-sesame",
    "latitude": 60.17,
    "longitude": 24.94,
}
PASSWORD = "op3n-sesame"
PUSH_KEY = VapidKey(bytes(31) + b"\1").public


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = NOON + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeNodes:
    """Implements `api.nodes.Nodes`."""

    states: dict[str, WatchState] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    learned: dict[str, tuple[KnownFixture, ...]] = field(default_factory=dict)
    changes: int = 0
    done: Counts = field(default_factory=Counts)

    def watch(self, camera: CameraId) -> WatchState:
        return self.states.get(camera, WatchState("connecting", None, None, 0.0, None))

    async def snapshot(self, camera: CameraId) -> bytes:
        if camera not in self.pictures:
            raise NotWatched("no frame of this camera has been analysed yet")
        return self.pictures[camera]

    def fixtures(self, camera: CameraId) -> tuple[KnownFixture, ...]:
        if camera not in self.learned:
            raise NotWatched("no node says what it has learnt of this camera")
        return self.learned[camera]

    def changed(self) -> None:
        self.changes += 1

    def counts(self) -> Counts:
        return self.done


class FakeProbe:
    """Looks at streams; raises what a test puts into `error`."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.seen: list[StreamUrl] = []

    async def __call__(self, url: StreamUrl) -> SourceInfo:
        self.seen.append(url)
        if self.error is not None:
            raise self.error
        return SourceInfo("h264", 1280, 720, 25.0)


@dataclass
class Service:
    """An application and everything a test turns."""

    app: FastAPI
    services: Services
    clock: Clock
    nodes: FakeNodes
    probe: FakeProbe
    feed: Feed

    def client(self, token: str | None = None, **options: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, **options)

    def token(self, role: Role, patrol: PatrolId | None = None) -> str:
        name = f"a {role.value}"
        return issue_token(self.services.grants, role, name, self.clock(), patrol)

    def unit(self, name: str = "Unit 1") -> PatrolId:
        from alerts.alert import SYSTEM

        return self.services.alerts.register_patrol(name, SYSTEM).id

    def as_role(self, role: Role) -> httpx.AsyncClient:
        """A client with a new token of that role; a patrol's speaks for a new unit."""
        unit = self.unit() if role is Role.PATROL else None
        return self.client(self.token(role, unit))

    def raise_alert(self, number: int = 1, **changes: object) -> str:
        return self.services.alerts.receive(incident(number, **changes), {})

    def silence(self, minutes: float = 5, **what: Any) -> str:
        """A silence by an operator."""
        order = SilenceOrder("works", timedelta(minutes=minutes), **what)
        return self.services.silences.make(order, Actor("operator", "aigul")).id


def make_service(folder: Path, **changes: Any) -> Service:
    """An application over empty stores in memory."""
    clock, nodes, look, feed = Clock(), FakeNodes(), FakeProbe(), Feed()
    cameras = MemoryCameras()

    def place_of(camera: CameraId) -> Any:
        found = cameras.get(camera)
        return found.place if found else None

    settings = Settings(home=folder, camera_networks=("10.0.0.0/8",))
    store, policy, trust = MemoryStore(), Policy(), TrustPolicy(**settings.trust.model_dump())
    options: dict[str, Any] = {
        "settings": settings,
        "alerts": AlertService(
            store, place_of, policy, clock, feed.ring, trust, outlines_of(cameras)
        ),
        "trust": TrustDesk(store, place_of, policy, trust, clock, feed.ring),
        "silences": SilenceDesk(store, policy, clock, feed.ring),
        "endpoints": EndpointDesk(store, clock, feed.ring),
        "admissions": admissions_of(settings),
        "alarms": AlarmLog(store, FloodPolicy(), clock),
        "flood": FloodWatch(store, FloodPolicy(), clock),
        "push": PushDesk(store, clock, feed.ring),
        "push_key": PUSH_KEY,
        "cameras": cameras,
        "grants": MemoryGrants(),
        "nodes": nodes,
        "feed": feed,
        "vault": Vault(b"k" * 32),
        "resolve": CameraNetworks(settings.camera_networks).resolve,
        "probe": look,
        "now": clock,
    }
    services = Services(**{**options, **changes})
    return Service(create_app(services), services, clock, nodes, look, feed)


@asynccontextmanager
async def sse(
    service: Service, path: str, token: str, headers: dict[str, str] | None = None
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The events of a stream, read straight from the application as they are sent.

    httpx's ASGI transport gives a response only when it has ended, which a stream does not.
    """
    import asyncio

    chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
    gone = asyncio.Event()
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    given = {"host": "localhost", "authorization": f"Bearer {token}", **(headers or {})}
    scope = _scope(path, given)
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.set_result(message["status"])
        elif message.get("body"):
            chunks.put_nowait(message["body"])
        elif not message.get("more_body"):
            chunks.put_nowait(None)

    task = asyncio.create_task(service.app(scope, receive, send))  # type: ignore[arg-type]
    status = await started
    assert status == 200, f"{path} answered {status}"

    async def events() -> AsyncIterator[dict[str, Any]]:
        while (chunk := await chunks.get()) is not None:
            for event in _parsed(chunk.decode()):
                yield event

    try:
        yield events()
    finally:
        gone.set()
        await asyncio.wait_for(task, 5)


def _scope(path: str, headers: dict[str, str]) -> dict[str, Any]:
    bare, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": bare,
        "raw_path": bare.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 80),
    }


def _parsed(text: str) -> Iterator[dict[str, Any]]:
    import json

    for block in text.split("\n\n"):
        found: dict[str, Any] = {}
        for line in block.splitlines():
            name, _, value = line.partition(": ")
            if name == "data":
                found["data"] = json.loads(value)
            elif name in ("event", "id"):
                found[name] = value
        if found:
            yield found

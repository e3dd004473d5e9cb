"""A whole Qalqan for tests: real RTSP server, real node process, real HTTP."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx

from alerts.access import Role
from alerts.stores.sql import Database
from api.auth.tokens import issue_token
from api.cli.serve import Running, running
from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from api.settings import Settings
from ingest.sources.encode import encode_clip
from tests.support.assets import clip
from tests.support.waiting import until

LAWN = [[0, 0.42], [0.15, 0.44], [0.4, 0.56], [0.6, 0.68], [0.8, 0.86], [0.9, 1], [0, 1]]
SCENE = {
    "version": 1,
    "zones": [{"name": "lawn", "polygon": LAWN}],
    "rules": [{"kind": "intrusion", "zone": "lawn", "seconds": 1}],
}
PASSWORD = "opens it"
NETWORKS = ("127.0.0.0/8",)
DEGREES_APART = 0.01
"""About a kilometre: what happens at one camera never joins the alert of another."""


@dataclass(frozen=True)
class Unit:
    """A patrol and its way to the service."""

    id: str
    http: httpx.AsyncClient


@dataclass(frozen=True)
class City:
    """Cameras, patrols and the service between them."""

    home: Path
    url: str
    cameras: VirtualCameras
    names: tuple[str, ...]
    admin: httpx.AsyncClient
    units: tuple[Unit, ...]
    running: Running | None = None
    """The service, where it runs in this process."""

    @property
    def patrol(self) -> httpx.AsyncClient:
        return self.units[0].http

    @property
    def patrol_id(self) -> str:
        return self.units[0].id


@cache
def video(start_s: float, seconds: float) -> Path:
    """Part of the clip as a camera sends it; made once a test run."""
    folder = Path(mkdtemp(prefix="qalqan-videos-"))
    path = folder / "lawn.h264"
    encode_clip(clip(), path, width=768, height=576, fps=10, start_s=start_s, seconds=seconds)
    return path


async def streams(
    count: int, start_s: float, seconds: float
) -> tuple[tuple[str, ...], VirtualCameras]:
    """`count` cameras that play the same part of the clip for ever, each on its own."""
    file = await asyncio.to_thread(video, start_s, seconds)
    names = ("lawn", *(f"lawn-{number}" for number in range(2, count + 1)))
    made = [
        VirtualCamera(name, file, 10, user=name.replace("lawn", "viewer"), password=PASSWORD)
        for name in names
    ]
    return names, VirtualCameras(made)


@asynccontextmanager
async def city(
    folder: Path,
    *,
    start_s: float = 48.0,
    seconds: float = 28.0,
    cameras: int = 1,
    patrols: int = 1,
    **settings_too: Any,
) -> AsyncIterator[City]:
    """The service in this process, its node in another."""
    settings = Settings(home=folder / "data", port=0, camera_networks=NETWORKS, **settings_too)
    names, served = await streams(cameras, start_s, seconds)
    with served:
        async with running(settings) as service:
            token = issue_token(service.services.grants, Role.ADMIN, "test", datetime.now(UTC))
            async with people(service.url, token, patrols) as (admin, units):
                yield City(settings.home, service.url, served, names, admin, units, service)


@asynccontextmanager
async def people(
    url: str, token: str, patrols: int
) -> AsyncIterator[tuple[httpx.AsyncClient, tuple[Unit, ...]]]:
    """An administrator and patrols on duty near the first camera."""
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(client(url, token))
        units = []
        for number in range(1, patrols + 1):
            made = (await admin.post("/v1/patrols", json={"name": f"Unit {number}"})).json()
            answer = await admin.post(f"/v1/patrols/{made['id']}/token")
            http = await stack.enter_async_context(client(url, answer.json()["token"]))
            here = {"latitude": 60.17 + DEGREES_APART * number, "longitude": 24.94}
            assert (await http.put("/v1/patrols/me/position", json=here)).status_code == 200
            assert (await http.patch("/v1/patrols/me", json={"on_duty": True})).status_code == 200
            units.append(Unit(made["id"], http))
        yield admin, tuple(units)


def client(url: str, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=30)


async def register(whole: City) -> None:
    """Register every camera of the city."""
    for number, name in enumerate(whole.names):
        body = {
            "id": name,
            "name": name.capitalize(),
            "url": whole.cameras.url(name).reveal(),
            "latitude": 60.171 + DEGREES_APART * number,
            "longitude": 24.941,
            "fps": 5,
            "scene": SCENE,
        }
        answer = await whole.admin.post("/v1/cameras", json=body)
        assert answer.status_code == 201, answer.text
        assert "opens" not in answer.text


async def states(whole: City) -> dict[str, str]:
    """The watch state of every camera."""
    items = (await whole.admin.get("/v1/cameras")).json()["items"]
    return {camera["id"]: camera["watch"]["state"] for camera in items}


async def all_live(whole: City) -> bool:
    return set((await states(whole)).values()) == {"live"}


async def none_live(whole: City) -> bool:
    return "live" not in (await states(whole)).values()


async def incidents(whole: City) -> dict[str, dict[str, Any]]:
    """Every incident that the service has stored, by its id, as the API gives it."""
    found: dict[str, dict[str, Any]] = {}
    cursor: dict[str, str] = {}
    while True:
        page = (await whole.admin.get("/v1/alerts", params={"limit": "200", **cursor})).json()
        for alert in page["items"]:
            detail = (await whole.admin.get(f"/v1/alerts/{alert['id']}")).json()
            for one in detail["incidents"]:
                found[one["incident"]] = one
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


class ServiceProcess:
    """`qalqan serve` as a process of its own, on the same port after each start."""

    def __init__(self, home: Path, port: int, database: str | None = None) -> None:
        self.home = home
        self.port = port
        self._database = database
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    def token(self) -> str:
        """A new administrator's token, put into the database beside the running service."""
        settings = Settings(home=self.home, database_url=self._database)
        database = Database.open(settings.database)
        try:
            return issue_token(database.grants, Role.ADMIN, "test", datetime.now(UTC))
        finally:
            database.store.close()

    async def start(self) -> None:
        """Start and return once it serves."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from api.cli.main import run; run()",
            *("serve", "--data", str(self.home), "--port", str(self.port)),
            *(("--database", self._database) if self._database else ()),
            env={**os.environ, "QALQAN_CAMERA_NETWORKS": ",".join(NETWORKS)},
            stdin=asyncio.subprocess.DEVNULL,
        )
        async with httpx.AsyncClient(base_url=self.url) as http:

            async def answers() -> bool:
                assert self.process.returncode is None, "the service ended"
                try:
                    return (await http.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(answers, every_s=0.05)

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        await self.process.wait()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """End it in good order; gives its exit status."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def nodes_of(home: Path) -> list[int]:
    """Every node process of this folder, of whichever parent: the one that works and its spare."""
    where = f"--data\0{home}\0".encode()
    pids = [int(path.name) for path in Path("/proc").iterdir() if re.fullmatch(r"\d+", path.name)]
    return [pid for pid in pids if b"detect.node" in (line := _command(pid)) and where in line]


def node_of(home: Path) -> int | None:
    """The one among them that works: who holds the spool."""
    try:
        holder = int((home / "spool.db.lock").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return holder if holder in nodes_of(home) else None

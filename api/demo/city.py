"""The demo city put together: cameras, service, patrols; each ends with its block."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from alerts.access import Role
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli.serve import Running, running
from api.demo.fleet import YOURS, crews, on_patrol
from api.demo.phone import TIMEOUT
from api.demo.streets import Streets
from api.demo.views import ANALYSED_FPS, FPS, VIEWS, View
from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from api.settings import PolicySettings, Settings

LOCK = "demo.lock"
STATE = "state"
EVERY_SEVERITY = ("critical", "high", "medium", "low")


class DemoFailed(RuntimeError):
    """The demo cannot go on; the text is one line that says why."""


class DemoFolderTaken(DemoFailed):
    """The folder cannot be used."""


@dataclass(frozen=True, slots=True)
class City:
    """The running demo."""

    service: Running
    admin: httpx.AsyncClient
    """Speaks to the service with an administrator's token."""

    def sign_in(self) -> tuple[str, str]:
        """New one-time addresses: of the control room, and of the person's patrol page."""
        services = self.service.services
        now = services.now()
        mine = next(unit for unit in services.alerts.patrols() if unit.name == YOURS)
        operator = issue_sign_in_path(services.grants, Role.OPERATOR, "demo operator", now)
        patrol = issue_sign_in_path(services.grants, Role.PATROL, YOURS, now, mine.id)
        return self.service.url + operator, self.service.url + patrol


@contextlib.contextmanager
def clean_state(data: Path, streets: Path) -> Iterator[Path]:
    """A fresh state folder with the city's map in it; locked while it is used.

    Raises `DemoFolderTaken` when another demo uses the folder, or when it holds something else.
    """
    if data.is_dir() and any(data.iterdir()) and not (data / LOCK).is_file():
        raise DemoFolderTaken(f"{data} holds files that are not a demo's: name another with --data")
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFolderTaken(
                f"a demo is running in {data} already: stop it, or name another folder with --data"
            ) from None
        state = data / STATE
        shutil.rmtree(state, ignore_errors=True)
        (state / "map").mkdir(parents=True)
        shutil.copyfile(streets, state / "map" / "streets.geojson")
        yield state


@contextlib.asynccontextmanager
async def city(
    state: Path, footage: Sequence[Path], streets: Streets, port: int, speed: float
) -> AsyncIterator[City]:
    """Start everything; end everything when the block ends."""
    streams = [
        VirtualCamera(view.id, file, FPS, view.user, view.password())
        for view, file in zip(VIEWS, footage, strict=True)
    ]
    cameras = VirtualCameras(streams)
    settings = Settings(
        home=state,
        port=port,
        camera_networks=("127.0.0.0/8",),
        policy=PolicySettings(auto_dispatch_severities=EVERY_SEVERITY),
    )
    try:
        await asyncio.to_thread(cameras.start)
        async with running(settings) as service:
            token = issue_token(service.services.grants, Role.ADMIN, "demo", datetime.now(UTC))
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(
                base_url=service.url, headers=headers, timeout=TIMEOUT
            ) as admin:
                places = [(view.longitude, view.latitude) for view in VIEWS]
                members = crews(streets, places)
                async with on_patrol(admin, streets, members, speed):
                    for view in VIEWS:
                        await _register(admin, view, cameras)
                    yield City(service, admin)
    finally:
        await asyncio.to_thread(cameras.stop)


async def _register(admin: httpx.AsyncClient, view: View, cameras: VirtualCameras) -> None:
    body = {
        "id": view.id,
        "name": view.name,
        "url": cameras.url(view.id).reveal(),
        "latitude": view.latitude,
        "longitude": view.longitude,
        "fps": ANALYSED_FPS,
        "scene": view.scene,
        "probe": False,
    }
    answer = await admin.post("/v1/cameras", json=body)
    if not answer.is_success:
        raise DemoFailed(f"camera {view.id} was refused: {' '.join(answer.text.split())}")

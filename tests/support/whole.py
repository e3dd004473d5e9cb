"""A whole Qalqan for tests: real RTSP server, real node process, real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from alerts.access import Role
from api.auth.tokens import issue_token
from api.cli.serve import Running, running
from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from api.settings import Settings
from ingest.sources.encode import encode_clip
from tests.support.assets import clip

LAWN = [[0, 0.42], [0.15, 0.44], [0.4, 0.56], [0.6, 0.68], [0.8, 0.86], [0.9, 1], [0, 1]]
SCENE = {
    "version": 1,
    "zones": [{"name": "lawn", "polygon": LAWN}],
    "rules": [{"kind": "intrusion", "zone": "lawn", "seconds": 1}],
}


@dataclass
class City:
    """One camera, one patrol."""

    running: Running
    cameras: VirtualCameras
    admin: httpx.AsyncClient
    patrol: httpx.AsyncClient
    patrol_id: str


@asynccontextmanager
async def city(folder: Path, *, start_s: float = 48.0) -> AsyncIterator[City]:
    video = folder / "lawn.h264"
    await asyncio.to_thread(
        encode_clip, clip(), video, width=768, height=576, fps=10, start_s=start_s, seconds=28
    )
    stream = VirtualCamera("lawn", video, 10, user="viewer", password="opens it")
    settings = Settings(home=folder / "data", port=0, camera_networks=("127.0.0.0/8",))
    with VirtualCameras([stream]) as cameras:
        async with running(settings) as service:
            grants = service.services.grants
            token = issue_token(grants, Role.ADMIN, "test", datetime.now(UTC))
            async with client(service, token) as admin:
                made = (await admin.post("/v1/patrols", json={"name": "Unit 1"})).json()
                answer = await admin.post(f"/v1/patrols/{made['id']}/token")
                async with client(service, answer.json()["token"]) as patrol:
                    await patrol.put(
                        "/v1/patrols/me/position", json={"latitude": 60.17, "longitude": 24.94}
                    )
                    await patrol.patch("/v1/patrols/me", json={"on_duty": True})
                    yield City(service, cameras, admin, patrol, made["id"])


def client(service: Running, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=service.url, headers=headers, timeout=30)


async def register(whole: City) -> None:
    body = {
        "id": "lawn",
        "name": "Lawn",
        "url": whole.cameras.url("lawn").reveal(),
        "latitude": 60.171,
        "longitude": 24.941,
        "fps": 5,
        "scene": SCENE,
    }
    answer = await whole.admin.post("/v1/cameras", json=body)
    assert answer.status_code == 201, answer.text
    assert "opens" not in answer.text


async def events(http: httpx.AsyncClient, path: str) -> AsyncIterator[tuple[str, Any]]:
    """The events of a stream as (type, data)."""
    async with http.stream("GET", path) as answer:
        assert answer.status_code == 200
        kind = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                yield kind, json.loads(line[6:])

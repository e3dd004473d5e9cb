"""How closely cameras are looked at, from a real node's report to what a person sees of it.

For the browser the node is one that says what the test wants: a machine that is overloaded on
purpose would take the other tests' time from them.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from alerts.access import Role
from api import assembly
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli import serve
from api.settings import DetectionSettings, Settings
from tests.support.browser import chromium
from tests.support.fake_node import FakeNode, camera_said
from tests.support.waiting import until
from tests.support.whole import city, register

expect.set_options(timeout=30_000)

NAMES = ("bridge", "market", "north-gate", "park", "station", "underpass")
IDLE = {
    "coverage": "full",
    "decoding": "keys",
    "looking": "nothing",
    "target_fps": 1.0,
    "analysed_fps": 1.0,
}
BUSY = {"coverage": "full", "decoding": "all", "looking": "regions", "target_fps": 5.0}
SHED = {**BUSY, "coverage": "degraded", "coverage_reason": "overload", "analysed_fps": 1.2}


class NoSupervisor:
    """Starts no node: the test is the node."""

    restarts = 0

    def __init__(self, *given: object, **named: object) -> None:
        """Takes what the real one takes."""

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


@dataclass
class Room:
    """A control room, and the node whose words it shows."""

    link: str
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    picture: bytes = b""
    """What every camera shows, JPEG."""

    async def report(self, node: FakeNode) -> None:
        """Say it again and again, as a node does."""
        whole = 0
        while True:
            whole += 1
            cameras = {
                name: camera_said(**said, looks={"full": whole}) for name, said in self.said.items()
            }
            node.say(type="health", cameras=cameras, spooled=0, unsaved=0, lost=0)
            await asyncio.sleep(0.5)

    async def show(self, node: FakeNode) -> None:
        """Answer those who ask for a camera's picture."""
        while True:
            camera = (await node.hear("snapshot"))["camera"]
            node.say(type="snapshot", camera=camera, jpeg=base64.b64encode(self.picture).decode())


@asynccontextmanager
async def control_room(folder: Path) -> AsyncIterator[Room]:
    settings = Settings(home=folder, port=0, camera_networks=("127.0.0.0/8",))
    async with serve.running(settings) as service:
        grants, now = service.services.grants, datetime.now(UTC)
        token = issue_token(grants, Role.ADMIN, "test", now)
        path = issue_sign_in_path(grants, Role.OPERATOR, "Aigerim", now)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=service.url, headers=headers) as admin:
            for number, name in enumerate(NAMES):
                camera = {
                    "id": name,
                    "name": name.replace("-", " ").capitalize(),
                    "url": f"rtsp://127.0.0.1:1/{name}",
                    "latitude": 60.17 + 0.002 * (number % 2),
                    "longitude": 24.93 + 0.004 * (number // 2),
                    "probe": False,
                }
                assert (await admin.post("/v1/cameras", json=camera)).status_code == 201
        node = FakeNode(*await asyncio.open_unix_connection(str(service.link.socket)))
        node.say(type="hello", pid=1, model="m")
        await node.hear("cameras")
        room = Room(service.url + path, dict.fromkeys(NAMES, BUSY))
        jobs = [asyncio.create_task(job) for job in (room.report(node), room.show(node))]
        try:
            yield room
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await node.close()


@pytest.mark.rtsp
@pytest.mark.model
async def test_all_that_a_real_node_says_is_understood(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(90), city(tmp_path) as whole:
        await register(whole)

        async def watch() -> dict[str, Any]:
            return dict((await whole.admin.get("/v1/cameras/lawn")).json()["watch"])

        async def is_looked_at_whole() -> bool:
            return (await watch())["whole_look_at"] is not None

        await until(is_looked_at_whole)
        said = await watch()
        assert said["state"] == "live"
        assert said["coverage"] in ("full", "degraded")
        assert (said["coverage_reason"] is None) is (said["coverage"] == "full")
        assert said["looking"] in ("full", "regions", "nothing")
        assert said["decoding"] in ("all", "keys")
        assert 0 < said["target_fps"] <= 10
        metrics = (await whole.admin.get("/metrics")).text
        for name in (
            'looks_total{camera="lawn",kind="full"}',
            'camera_target_fps{camera="lawn"}',
            "node_load_demand",
            "node_shedding_level",
            "canvases_total",
            "node_engine_info{",
        ):
            assert f"\nqalqan_{name}" in metrics
    assert "left out" not in caplog.text


@pytest.mark.rtsp
@pytest.mark.model
async def test_the_settings_of_detection_reach_the_node(tmp_path: Path) -> None:
    wanted = DetectionSettings(exact=True, economy="never", engine="onnxruntime", precision="fp32")
    async with asyncio.timeout(90), city(tmp_path, detection=wanted) as whole:
        await register(whole)

        async def counts() -> dict[str, float]:
            metrics = (await whole.admin.get("/metrics")).text
            looks = re.findall(r'^qalqan_looks_total{.*kind="(\w+)"} (.+)$', metrics, re.MULTILINE)
            return {kind: float(count) for kind, count in looks}

        async def has_looked() -> bool:
            return (await counts()).get("full", 0) > 20

        await until(has_looked)
        assert set(await counts()) == {"full"}, "exact: every frame whole"
        metrics = (await whole.admin.get("/metrics")).text
        (engine,) = re.findall(r'^qalqan_node_engine_info{engine="([^"]+)"', metrics, re.MULTILINE)
        assert "onnxruntime" in engine
        assert "fp32" in engine


@pytest.mark.browser
async def test_degraded_coverage_is_seen_at_a_glance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "Supervisor", NoSupervisor)
    size = {"width": 1440, "height": 900}
    async with (
        asyncio.timeout(120),
        control_room(tmp_path) as room,
        chromium(viewport=size, locale="en-GB", color_scheme="dark") as page,
    ):
        room.picture = await page.screenshot(type="jpeg")
        await page.goto(room.link)
        line = page.locator(".coverage")
        listed = page.locator("[data-list=cameras] [data-camera]")
        await expect(listed).to_have_count(len(NAMES))
        room.said |= {"bridge": IDLE, "park": IDLE}
        await seen(page, "bridge", "live")
        await expect(line).to_be_empty()  # idle watching at ease is no loss

        room.said |= {"north-gate": SHED, "station": SHED}
        await expect(line).to_contain_text(
            "Coverage degraded: 2 cameras are looked at less often (the machine is overloaded)"
        )
        await seen(page, "north-gate", "degraded")
        await seen(page, "bridge", "live")
        await expect(listed.first).to_have_attribute("data-camera", "north-gate")

        await line.get_by_role("button").click()
        card = page.locator("aside.card")
        await expect(card).to_contain_text("Looked at less often: machine overloaded")
        await expect(card.locator("[data-fact=rate]")).to_have_text(
            "1.2 times a second (wanted: 5)"
        )
        await expect(card.locator("[data-fact=how]")).to_have_text("Moving and followed parts")
        await expect(card.locator("[data-fact=whole]")).to_have_text(
            re.compile("^(now|[2-5] s ago)$")
        )
        await line.get_by_role("button").click()
        await expect(card).to_contain_text("Station")

        await page.locator("[data-camera=park]").click()
        await expect(card.locator("[data-fact=how]")).to_have_text(
            "Nothing moves · key frames only"
        )
        await expect(card).not_to_contain_text("overloaded")
        room.said |= dict.fromkeys(NAMES, BUSY)
        await expect(line).to_be_empty()


async def seen(page: Page, camera: str, look: str) -> None:
    entry = page.locator(f"[data-list=cameras] [data-camera={camera}]")
    await expect(entry).to_have_attribute("data-look", look)

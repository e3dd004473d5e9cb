"""From a camera's picture to the patrol's screen and back, over real RTSP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.whole import city, events, register

pytestmark = [pytest.mark.rtsp, pytest.mark.model]


async def test_camera_to_closed_alert(tmp_path: Path) -> None:
    async with asyncio.timeout(90), city(tmp_path) as whole:
        await register(whole)
        offered = None
        async for kind, data in events(whole.patrol, "/v1/patrols/me/stream?after=0"):
            if kind == "offer":
                offered, at = data, datetime.now(UTC)
                break
        assert offered is not None
        assert offered["kind"] == "intrusion"
        assert offered["patrol"] == whole.patrol_id
        path = f"/v1/alerts/{offered['id']}"
        for answer in ("accept", "accept", "en_route", "on_scene"):
            reply = await whole.patrol.post(f"{path}/answer", json={"answer": answer})
            assert reply.status_code == 200, reply.text
        picture = await whole.patrol.get(f"{path}/snapshot")
        assert picture.content[:2] == b"\xff\xd8"
        live = await whole.admin.get("/v1/cameras/lawn/snapshot")
        assert live.content[:2] == b"\xff\xd8"
        closed = await whole.patrol.post(f"{path}/close", json={"outcome": "real"})
        assert closed.json()["state"] == "closed"
        detail = (await whole.admin.get(path)).json()
        actions = [step["action"] for step in detail["steps"]]
        assert [a for a in actions if a not in ("update", "end", "join")] == [
            "raise",
            "dispatch",
            "accept",
            "depart",
            "arrive",
            "close",
        ]
        trace = detail["incidents"][0]["trace"]
        stages = ("captured", "inferred", "raised", "spooled", "received", "stored")
        times = [datetime.fromisoformat(trace[stage]) for stage in stages]
        assert times == sorted(times)
        delay_s = (at - datetime.fromisoformat(trace["captured"])).total_seconds()
        print(json.dumps({"condition_to_patrol_s": round(delay_s, 3)}))
        camera = (await whole.admin.get("/v1/cameras/lawn")).json()
        assert camera["watch"]["state"] == "live"
        assert camera["url"].startswith("rtsp://viewer:***@127.0.0.1")


async def test_a_killed_node_and_a_killed_camera_lose_nothing(tmp_path: Path) -> None:
    async with asyncio.timeout(150), city(tmp_path, start_s=51.0) as whole:
        await register(whole)
        seen: list[str] = []
        stream = events(whole.patrol, "/v1/patrols/me/stream?after=0")
        async for kind, data in stream:
            if kind == "offer":
                seen.append(data["id"])
                break
        first = whole.running.supervisor.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        started = asyncio.get_running_loop().time()
        while whole.running.supervisor.pid in (None, first) or not await is_live(whole):
            await asyncio.sleep(0.1)
        assert asyncio.get_running_loop().time() - started < 30
        await asyncio.to_thread(whole.cameras.kill)
        while await is_live(whole):
            await asyncio.sleep(0.1)
        await asyncio.to_thread(whole.cameras.start)
        while not await is_live(whole):
            await asyncio.sleep(0.1)
        health = await whole.admin.get("/healthz")
        assert health.status_code == 200
        stored = (await whole.admin.get("/v1/alerts")).json()["items"]
        assert seen[0] in [alert["id"] for alert in stored]
        offers = whole.running.services.alerts.events_after(0, 1000, whole.patrol_id)  # type: ignore[arg-type]
        ids = [event.alert for event in offers if event.type == "offer"]
        assert len(ids) == len(set(ids)), "an alert was offered twice to the same patrol"


async def is_live(whole: object) -> bool:
    camera = await whole.admin.get("/v1/cameras/lawn")  # type: ignore[attr-defined]
    return bool(camera.json()["watch"]["state"] == "live")

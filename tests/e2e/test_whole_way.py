"""From a camera's picture to the patrol's screen and back, over real RTSP."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from alerts.trace import STAGES as WAY
from tests.support.whole import city, register
from tests.support.witness import Event, events

pytestmark = [pytest.mark.rtsp, pytest.mark.model]

STAGES = ("captured", "inferred", "raised", "spooled", "received", "stored")


async def test_camera_to_closed_alert(tmp_path: Path) -> None:
    async with asyncio.timeout(90), city(tmp_path) as whole:
        await register(whole)
        offer = await first_offer(whole.patrol)
        assert offer.data["kind"] == "intrusion"
        assert offer.data["patrol"] == whole.patrol_id
        path = f"/v1/alerts/{offer.data['id']}"
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
        times = [datetime.fromisoformat(trace[stage]) for stage in STAGES]
        assert times == sorted(times)
        way = detail["trace"]
        assert [one["stage"] for one in way] == [*WAY]
        assert not any(one["uncertain"] for one in way), "node and service count on one clock"
        assert sum(one["took_s"] for one in way[1:6]) < 2
        assert (offer.at - times[0]).total_seconds() < 2, "the issue's deadline"
        camera = (await whole.admin.get("/v1/cameras/lawn")).json()
        assert camera["watch"]["state"] == "live"
        assert camera["url"].startswith("rtsp://viewer:***@127.0.0.1")


async def first_offer(patrol) -> Event:
    async for event in events(patrol, "/v1/patrols/me/stream", after=0):
        if event.type == "offer":
            return event
    raise AssertionError("the stream ended without an offer")

"""One stream for everything a console shows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from alerts.access import Role
from api.looking import Looking
from api.nodes import WatchState
from tests.support.service import CAMERA, Service, make_service, sse

PATH = "/v1/console/stream"


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def take(stream: Any, count: int, *, floods: bool = False) -> list[dict[str, Any]]:
    """The next events; of whether there is a flood only when asked: each alert changes it."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            event = await anext(stream)
            if floods or event["event"] != "flood":
                found.append(event)
    return found


async def test_units_and_cameras_come_first_and_then_on_change(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    async with sse(service, PATH, token) as stream:
        first = await take(stream, 3, floods=True)
        assert [event["event"] for event in first] == ["patrols", "cameras", "flood"]
        assert first[2]["data"]["on"] is False
        assert first[0]["data"] == []
        assert first[1]["data"][0]["id"] == "north-gate"
        assert first[1]["data"][0]["watch"]["state"] == "connecting"
        service.nodes.states["north-gate"] = WatchState("live", None, service.clock(), 5.0, None)
        (changed,) = await take(stream, 1)
        assert changed["event"] == "cameras"
        assert changed["data"][0]["watch"]["state"] == "live"
        assert changed["data"][0]["watch"]["coverage"] is None
        service.nodes.states["north-gate"] = WatchState(
            "live",
            None,
            service.clock(),
            1.0,
            None,
            Looking(kind="regions", target_fps=1.0, is_degraded=True, reason="overload"),
        )
        (changed,) = await take(stream, 1)
        watch = changed["data"][0]["watch"]
        assert (watch["coverage"], watch["coverage_reason"]) == ("degraded", "overload")
        assert (watch["looking"], watch["target_fps"], watch["decoding"]) == ("regions", 1.0, None)
        unit = service.unit("Unit 9")
        (changed,) = await take(stream, 1)
        assert [one["id"] for one in changed["data"]] == [unit]


async def test_alerts_come_at_once_and_are_resumed_by_id(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    async with sse(service, PATH, token) as stream:
        await take(stream, 2)
        first = service.raise_alert(1)
        (event,) = await take(stream, 1)
        assert event["event"] == "alert"
        assert event["data"]["id"] == first
    second = service.raise_alert(2, kind="abandoned_object")
    third = service.raise_alert(3, kind="line_crossing")
    async with sse(service, PATH, token, {"Last-Event-ID": event["id"]}) as stream:
        missed = await take(stream, 2)
        assert [one["data"]["id"] for one in missed] == [second, third]
        assert int(missed[0]["id"]) < int(missed[1]["id"])
    async with sse(service, f"{PATH}?after=0", token) as stream:
        assert [one["data"]["id"] for one in await take(stream, 3)] == [first, second, third]


async def test_an_id_of_another_database_counts_as_the_end(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    async with sse(service, PATH, token, {"Last-Event-ID": "99999"}) as stream:
        await take(stream, 2)
        alert = service.raise_alert(1)
        assert (await take(stream, 1))[0]["data"]["id"] == alert

"""The operator's console in a real browser, over the real service."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.async_api import Page, expect

from alerts.access import Role
from alerts.alert import Alert, AlertId
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli.serve import Running, running
from api.settings import Settings
from tests.support.browser import DESK, chromium
from tests.support.incidents import incident
from tests.support.waiting import until
from tests.support.whole import people

expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.browser, pytest.mark.model]

SHOTS = os.environ.get("QALQAN_SHOTS")
"""A folder for pictures of the pages, to be looked at."""
CAMERA = {
    "id": "north-gate",
    "name": "North gate",
    "url": "rtsp://127.0.0.1:1/nobody",
    "latitude": 60.17,
    "longitude": 24.94,
    "probe": False,
}
LAKE = [[24.93, 60.165], [24.95, 60.165], [24.95, 60.169], [24.93, 60.169], [24.93, 60.165]]
STREET = [[24.93, 60.172], [24.95, 60.172]]
WATER_RGB = (0x0C, 0x24, 0x36)


def feature(layer: str, kind: str, coordinates: Any, **facts: Any) -> dict[str, Any]:
    properties = {"layer": layer, **facts}
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def draw_map(home: Path) -> None:
    streets = {
        "type": "FeatureCollection",
        "bbox": [24.93, 60.165, 24.95, 60.175],
        "attribution": "Drawn by hand",
        "features": [
            feature("water", "Polygon", [LAKE]),
            feature("street", "LineString", STREET, rank=1, name="Long street"),
        ],
    }
    (home / "map").mkdir(parents=True)
    (home / "map" / "streets.geojson").write_text(json.dumps(streets), "utf-8")


@asynccontextmanager
async def control_room(folder: Path, patrols: int) -> AsyncIterator[tuple[Running, str]]:
    """The service with one camera that nobody can watch; and a one-time sign-in link."""
    home = folder / "data"
    draw_map(home)
    settings = Settings(home=home, port=0, camera_networks=("127.0.0.0/8",))
    async with running(settings) as service:
        grants, now = service.services.grants, datetime.now(UTC)
        token = issue_token(grants, Role.ADMIN, "test", now)
        link = service.url + issue_sign_in_path(grants, Role.OPERATOR, "Aigerim", now)
        async with people(service.url, token, patrols) as (admin, _):
            assert (await admin.post("/v1/cameras", json=CAMERA)).status_code == 201
            yield service, link


async def happens(service: Running, number: int, severity: str) -> AlertId:
    at = datetime.now(UTC)
    found = incident(
        number, severity=severity, started_at=at - timedelta(seconds=1), detected_at=at
    )
    return await asyncio.to_thread(service.services.alerts.receive, found, {})


async def becomes(service: Running, alert: AlertId, **expected: object) -> Alert:
    """The alert once its fields are as expected."""

    def now() -> Alert:
        return service.services.alerts.alert(alert).alert

    def is_so() -> bool:
        return all(getattr(now(), key) == value for key, value in expected.items())

    await until(is_so)
    return now()


def share_of(png: bytes, colour: tuple[int, int, int]) -> float:
    """Share of the pixels that have this colour, within a small tolerance."""
    with av.open(io.BytesIO(png)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    near = np.abs(picture.astype(int) - colour).max(axis=2) <= 3
    return float(near.mean())


async def has_water(page: Page) -> bool:
    return share_of(await page.locator(".city").screenshot(), WATER_RGB) > 0.1


async def test_from_the_link_to_a_false_alarm_by_keyboard(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(150),
        control_room(tmp_path, patrols=1) as (service, link),
        chromium(**DESK) as page,
    ):
        await page.goto(link)
        await expect(page.get_by_text("No open alerts")).to_be_visible()
        assert "code" not in page.url
        camera = page.locator("[data-camera=north-gate]")
        await expect(camera).to_have_attribute("data-look", "dark")
        await expect(camera).to_contain_text("Not watched")
        await until(lambda: has_water(page), every_s=0.2)

        alert = await happens(service, 1, "medium")
        card = page.locator(f"[data-alert='{alert}']")
        await expect(card).to_contain_text("North gate")
        await page.keyboard.press("j")
        await expect(page.locator("#detail")).to_contain_text("A person inside lawn")
        await page.keyboard.press("a")
        await becomes(service, alert, acknowledged_by="operator:Aigerim")
        await expect(card).to_contain_text("Acknowledged")
        await page.keyboard.press("d")
        sent = await becomes(service, alert, state="dispatched")
        assert sent.patrol is not None
        await expect(card).to_contain_text("Unit 1")
        await expect(page.locator("#detail table")).to_contain_text("soonest there")
        await page.keyboard.press("/")
        await page.keyboard.type("fad")
        await expect(card).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(card).to_be_visible()
        await page.keyboard.press("f")
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert service.services.alerts.alert(alert).alert.outcome is None, "it asks first"
        await page.keyboard.press("Enter")
        await becomes(service, alert, state="closed", outcome="false")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Қазақша").click()
        await expect(page.get_by_text("Ашық дабыл жоқ")).to_be_visible()
        await page.get_by_role("button", name="Русский").click()
        await expect(page.get_by_text("Открытых тревог нет")).to_be_visible()


async def test_an_alert_for_which_nobody_is_left_calls_until_it_is_taken(tmp_path: Path) -> None:
    async with asyncio.timeout(150), chromium(locale="en", reduced_motion="reduce") as page:
        async with control_room(tmp_path, patrols=0) as (service, link):
            await page.goto(link)
            await expect(page.get_by_text("No open alerts")).to_be_visible()
            alert = await happens(service, 1, "high")
            banner = page.get_by_role("button", name="1 alert needs an operator")
            await expect(banner).to_be_visible()
            await expect(page).to_have_title(re.compile("needs an operator"))
            await page.keyboard.press("m")
            await expect(page.get_by_role("button", name="Turn sound on")).to_contain_text("0:")
            await page.keyboard.press("m")
            await expect(page.get_by_role("button", name="Silence for 60 s")).to_be_visible()
            await banner.click()
            await expect(page.locator("#detail")).to_contain_text("nobody could be sent")
            await page.keyboard.press("a")
            await becomes(service, alert, state="acknowledged")
            await expect(banner).to_have_count(0)
            await expect(page).to_have_title(re.compile(r"^\(1\) Qalqan$"))
        await expect(page.get_by_text("Not connected since")).to_be_visible()
        await page.keyboard.press("Escape")
        camera = page.locator("[data-camera=north-gate]")
        await expect(camera).to_have_attribute("data-look", "unknown")


async def test_another_than_the_first_choice_is_asked_for_its_reason(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(150),
        control_room(tmp_path, patrols=2) as (service, link),
        chromium(**DESK) as page,
    ):
        await page.goto(link)
        await expect(page.get_by_text("No open alerts")).to_be_visible()
        alert = await happens(service, 1, "medium")
        await expect(page.locator(f"[data-alert='{alert}']")).to_be_visible()
        await page.keyboard.press("j")
        await page.keyboard.press("Shift+D")
        dialog = page.get_by_role("dialog")
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / "dispatch-pick.png")
        await expect(dialog.get_by_role("option")).to_have_count(2)
        await page.keyboard.type("Unit 2")
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("Unit 2 is not the first choice. Why is it to go?")
        assert service.services.alerts.alert(alert).alert.patrol is None
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / "dispatch-reason.png")
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_visible()
        await page.keyboard.type("has the keys of the gate")
        await page.keyboard.press("Enter")
        await becomes(service, alert, state="dispatched")
        await expect(dialog).to_have_count(0)
        step = service.services.alerts.alert(alert).steps[-1]
        assert step.note == "has the keys of the gate"
        await expect(page.locator("#detail table")).to_contain_text("chosen by a person")
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / "dispatch-named.png")

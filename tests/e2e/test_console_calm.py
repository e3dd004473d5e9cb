"""Silences, shelving and a flood in a real browser: seen, made and taken back by people."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from alerts.access import Role
from alerts.alert import AlertId, State
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli.serve import Running, running
from api.settings import Settings
from ingest.camera import CameraId
from tests.support.browser import DESK, chromium
from tests.support.incidents import incident
from tests.support.waiting import until

expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.browser, pytest.mark.model]

SHOTS = os.environ.get("QALQAN_SHOTS")
"""A folder for pictures of the pages, to be looked at."""
CAMERAS = ("north-gate", "market", "bridge")


def camera(number: int) -> dict[str, object]:
    return {
        "id": CAMERAS[number],
        "name": CAMERAS[number].replace("-", " ").capitalize(),
        "url": f"rtsp://127.0.0.1:1/nobody-{number}",
        "latitude": 60.17 + number / 50,
        "longitude": 24.94,
        "probe": False,
    }


@asynccontextmanager
async def control_room(folder: Path) -> AsyncIterator[tuple[Running, str]]:
    settings = Settings(home=folder / "data", port=0, camera_networks=("127.0.0.0/8",))
    async with running(settings) as service:
        grants, now = service.services.grants, datetime.now(UTC)
        token = issue_token(grants, Role.ADMIN, "test", now)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=service.url, headers=headers) as admin:
            for number in range(len(CAMERAS)):
                made = await admin.post("/v1/cameras", json=camera(number))
                assert made.status_code == 201, made.text
        yield service, service.url + issue_sign_in_path(grants, Role.OPERATOR, "Aigerim", now)


async def happens(
    service: Running,
    number: int,
    kind: str = "crowd",
    severity: str = "medium",
    where: str = "north-gate",
    ago_s: float = 0,
) -> AlertId:
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    found = incident(
        number,
        kind=kind,
        severity=severity,
        camera=CameraId(where),
        zone=None,
        started_at=at - timedelta(seconds=2),
        detected_at=at,
        ended_at=at if ago_s else None,
        end_s=3.0 if ago_s else None,
        why=f"{kind} number {number}",
    )
    return await asyncio.to_thread(service.services.alerts.receive, found, {})


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def shelved_and_back(service: Running, page: Page, alert: AlertId) -> None:
    alerts, card = service.services.alerts, page.locator(f"[data-alert='{alert}']")
    await card.click()
    await page.keyboard.press("s")
    await shoot(page, "shelve")
    await page.get_by_label("Reason").fill("the fair closes in ten minutes")
    await page.get_by_text("30 min").click()
    await page.get_by_role("dialog").get_by_role("button", name="Not now").click()
    await until(lambda: alerts.alert(alert).alert.shelved_by == "operator:Aigerim")
    detail = page.locator("#detail")
    await expect(detail).to_contain_text("Nobody is sent and nothing sounds until")
    await expect(detail).to_contain_text("Aigerim: the fair closes in ten minutes")
    await page.get_by_role("button", name="Quiet 1").click()
    await expect(card).to_contain_text("Shelved")
    await shoot(page, "shelved")
    await detail.get_by_role("button", name="Bring it back").click()
    await until(lambda: alerts.alert(alert).alert.shelved_by is None)
    await page.get_by_role("button", name="Open 1").click()
    await expect(card).not_to_contain_text("Shelved")


async def test_one_is_shelved_a_camera_is_silenced_both_are_taken_back(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(240),
        control_room(tmp_path) as (service, link),
        chromium(**DESK) as page,
    ):
        alerts, silences = service.services.alerts, service.services.silences
        await page.goto(link)
        alert = await happens(service, 1)
        await shelved_and_back(service, page, alert)
        await page.keyboard.press("Shift+S")
        await page.get_by_label("Reason").fill("the square is paved")
        await shoot(page, "silence")
        await page.get_by_role("dialog").get_by_role("button", name="Silence", exact=False).click()
        await until(lambda: len(silences.in_force()) == 1)
        made = silences.in_force()[0]
        assert (made.camera, made.kind, made.by) == ("north-gate", "crowd", "operator:Aigerim")
        await expect(page.get_by_text("Aigerim has silenced North gate")).to_be_visible()
        assert alerts.alert(alert).alert.silenced_by == made.id
        fire = await happens(service, 2, "fire", "critical")
        await expect(page.locator(f"[data-alert='{fire}']")).to_be_visible()
        assert alerts.alert(fire).alert.silenced_by is None
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Calm").click()
        row = page.locator(f"[data-silence='{made.id}']")
        await expect(row).to_contain_text("Aigerim: the square is paved")
        await expect(row).to_contain_text("1 alert under it")
        await expect(page.locator("[data-report]")).to_contain_text("Alerts")
        await shoot(page, "calm")
        for language, name in (("Қазақша", "kk"), ("Русский", "ru"), ("English", "en")):
            await page.get_by_role("button", name=language).click()
            await shoot(page, f"calm-{name}")
        await row.get_by_role("button", name="End the silence").click()
        await expect(row).to_have_count(0)
        await until(lambda: alerts.alert(alert).alert.silenced_by is None)
        assert alerts.alert(alert).alert.state in (State.NEW, State.ESCALATED)


async def test_a_flood_bundles_what_may_wait_and_hides_nothing_grave(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(240),
        control_room(tmp_path) as (service, link),
        chromium(**DESK) as page,
    ):
        await page.goto(link)
        await expect(page.get_by_text("No open alerts")).to_be_visible()
        await expect(page.locator("[data-flood]")).to_have_attribute("data-flood", "false")
        for number in range(14):
            where = CAMERAS[number % 2]
            await happens(service, number, "speeding", "medium", where, 800 - 100 * (number // 2))
        fire = await happens(service, 50, "fire", "critical", "bridge")
        lying = await happens(service, 51, "person_down", "critical", "market")
        banner = page.locator("[data-flood]")
        await expect(banner).to_have_attribute("data-flood", "true")
        await expect(banner).to_contain_text("operators: 1")
        bundles = page.locator("[data-bundle]")
        await expect(bundles).to_have_count(2)
        await expect(bundles.first).to_contain_text("×7")
        for alert in (fire, lying):
            await expect(page.locator(f"[data-alert='{alert}']")).to_be_visible()
        await expect(page.locator("[data-alert]")).to_have_count(2)
        await shoot(page, "flood")
        await bundles.first.get_by_role("button").first.click()
        await expect(page.locator("[data-alert]")).to_have_count(9)
        await page.get_by_role("button", name="Русский").click()
        await shoot(page, "flood-open-ru")
        await page.get_by_role("button", name="Қазақша").click()
        await shoot(page, "flood-open-kk")

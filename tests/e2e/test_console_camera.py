"""A camera's card in a real browser: what it does not speak of, and what of it is not watched."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from api.failing import FailingRule
from api.learned import KnownFixture
from api.looking import Looking
from api.nodes import WatchState
from detect.incident import Evidence, Incident, IncidentBox, TrackPath
from ingest.camera import CameraId
from tests.e2e.test_console_trust import WHY, control_room, draw, shoot
from tests.support.browser import DESK, chromium
from tests.support.incidents import incident
from tests.support.waiting import until

expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.browser, pytest.mark.model]

GATE = CameraId("north-gate")
SIGN = KnownFixture("5f0c1d2e3a4b", "person", (0.2, 0.3, 0.28, 0.7), None, 12, 2741.5)
CAR = KnownFixture("77aa01bc93de", "car", (0.6, 0.5, 0.8, 0.7), datetime.now(UTC), 1, 4.0)
FAILING = FailingRule("crowd", "lawn", datetime.now(UTC), 3, "ZeroDivisionError (crowd.py:120)")


def live(*, failing: tuple[FailingRule, ...] = ()) -> WatchState:
    looking = Looking(is_degraded=bool(failing), reason="rule" if failing else None)
    now = datetime.now(UTC)
    return WatchState("live", None, now, 5.0, now, looking, failing=failing)


async def opened(page: Page) -> None:
    await page.locator("[data-list=cameras] [data-camera=north-gate]").click()
    await expect(page.locator("figure img")).to_be_visible()


async def test_a_fixture_is_seen_on_the_picture_and_watched_again_by_a_press(
    tmp_path: Path,
) -> None:
    draw(tmp_path / "now.jpg")

    async def snapshot(camera: CameraId) -> bytes:
        return (tmp_path / "now.jpg").read_bytes()

    async with (
        asyncio.timeout(180),
        control_room(tmp_path) as (service, link),
        chromium(**DESK) as page,
    ):
        nodes, cameras = service.services.nodes, service.services.cameras
        failing = [FAILING]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nodes, "snapshot", snapshot)
            patch.setattr(nodes, "fixtures", lambda camera: (SIGN, CAR))
            patch.setattr(nodes, "watch", lambda camera: live(failing=tuple(failing)))
            await page.goto(link)
            await opened(page)
            await expect(page.locator("[data-drawn]")).to_have_count(2)
            told = page.locator("[data-failing=crowd]")
            await expect(told).to_contain_text("Not watched: rule “Crowd” in “lawn” of North gate")
            await expect(page.locator(".coverage")).to_contain_text("rules that fail")
            await shoot(page, "camera-card")
            row = page.locator(f"[data-fixture='{SIGN.id}']")
            await expect(row).to_contain_text("hidden: 12")
            await row.get_by_role("button", name="watch it again").click()
            await expect(page.locator("[data-drawn]")).to_have_count(1)
            watched = page.locator(f"[data-watched='{SIGN.id}']")
            await expect(watched).to_contain_text("Aigerim")
            known = cameras.get(GATE)
            assert known is not None
            assert [(one.id, one.by) for one in known.watched] == [(SIGN.id, "operator:Aigerim")]
            failing.clear()
            await expect(told).to_have_count(0)
            await page.get_by_role("button", name="Русский").click()
            await shoot(page, "camera-card-ru")
            await page.get_by_role("button", name="Қазақша").click()
            await shoot(page, "camera-card-kk")
            await watched.get_by_role("button").click()
            await expect(page.locator("[data-drawn]")).to_have_count(2)


def goes_on(for_s: float) -> Incident:
    """Somebody who came from the left before the rule was met at 2 s, and stays."""
    at = datetime.now(UTC)
    steps = tuple((n / 2, 0.05 + n * 0.05, 0.62 + n * 0.02) for n in range(8))
    return incident(
        1,
        started_at=at - timedelta(seconds=4),
        detected_at=at,
        start_s=2.0,
        detected_s=3.5,
        why=f"A person for {for_s:.0f} s.",
        why_in={**WHY, "en": f"A person for {for_s:.0f} s."},
        boxes=(IncidentBox(3.5, "person", (0.36, 0.46, 0.44, 0.76), 7, 0.83),),
        paths=(TrackPath(7, steps),),
        updated_s=3.5 + for_s,
    )


async def test_who_looks_sees_how_they_came_and_the_sentence_move_on_and_hears_nothing(
    tmp_path: Path,
) -> None:
    async with (
        asyncio.timeout(180),
        control_room(tmp_path) as (service, link),
        chromium(viewport={"width": 1440, "height": 900}, locale="en") as page,
    ):
        alerts = service.services.alerts
        draw(service.services.settings.evidence / "one.jpg")
        first = goes_on(4)
        alert = await asyncio.to_thread(alerts.receive, with_picture(first), {})
        await page.goto(link)
        await page.locator(f"[data-alert='{alert}']").click()
        detail = page.locator("#detail")
        await expect(detail).to_contain_text("A person for 4 s.")
        await expect(detail.locator("[data-came='7']")).to_have_count(1)
        await expect(detail).to_contain_text("How it came")
        await shoot(page, "how-it-came")
        seq = alerts.last_event_seq()
        version = alerts.alert(alert).alert.version
        later = replace(with_picture(first), why="A person for 9 s.", updated_s=12.5)
        said = {**WHY, "en": "A person for 9 s."}
        await asyncio.to_thread(alerts.receive, replace(later, why_in=said), {})
        await until(lambda: alerts.alert(alert).alert.why == "A person for 9 s.")
        await expect(detail).to_contain_text("A person for 9 s.")
        assert alerts.last_event_seq() == seq
        assert alerts.alert(alert).alert.version == version


def with_picture(one: Incident) -> Incident:
    return replace(one, evidence=Evidence(snapshot="one.jpg"))

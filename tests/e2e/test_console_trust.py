"""A rule that was often wrong, in a real browser: demoted, reviewed, restored by one press."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from playwright.async_api import Page, expect

from alerts.access import Role
from alerts.alert import Actor, AlertId, Outcome
from alerts.believing.trust import RuleKey
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli.serve import Running, running
from api.settings import Settings
from detect.incident import Evidence, IncidentBox, TrackPath
from ingest.camera import CameraId
from tests.support.browser import DESK, chromium
from tests.support.incidents import incident
from tests.support.waiting import until

expect.set_options(timeout=30_000)
pytestmark = [pytest.mark.browser, pytest.mark.model]

OPERATOR = Actor("operator", "bolat")
SHOTS = os.environ.get("QALQAN_SHOTS")
"""A folder for pictures of the pages, to be looked at."""
WHY = {
    "en": 'A person in "lawn" for 4 s.',
    "kk": "«lawn» аймағында адам: 4 с.",
    "ru": "Человек в зоне «lawn»: 4 с.",
}
CAMERA = {
    "id": "north-gate",
    "name": "North gate",
    "url": "rtsp://127.0.0.1:1/nobody",
    "latitude": 60.17,
    "longitude": 24.94,
    "probe": False,
    "scene": {
        "version": 1,
        "zones": [{"name": "lawn", "polygon": [[0, 0.42], [0.4, 0.56], [0.9, 1], [0, 1]]}],
        "rules": [{"kind": "intrusion", "zone": "lawn"}],
    },
}


def draw(path: Path) -> None:
    """A grey picture as evidence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="image2") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        rows = np.linspace(60, 150, 480, dtype=np.uint8)[:, None, None]
        frame = av.VideoFrame.from_ndarray(
            np.broadcast_to(rows, (480, 640, 3)).copy(), format="rgb24"
        )
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)


@asynccontextmanager
async def control_room(folder: Path) -> AsyncIterator[tuple[Running, str]]:
    home = folder / "data"
    settings = Settings(home=home, port=0, camera_networks=("127.0.0.0/8",))
    draw(settings.evidence / "one.jpg")
    async with running(settings) as service:
        grants, now = service.services.grants, datetime.now(UTC)
        token = issue_token(grants, Role.ADMIN, "test", now)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=service.url, headers=headers) as admin:
            assert (await admin.post("/v1/cameras", json=CAMERA)).status_code == 201
        yield service, service.url + issue_sign_in_path(grants, Role.OPERATOR, "Aigerim", now)


async def happens(service: Running, number: int) -> AlertId:
    at = datetime.now(UTC)
    found = incident(
        number,
        started_at=at - timedelta(seconds=4),
        detected_at=at,
        why_in=WHY,
        boxes=(IncidentBox(2.0, "person", (0.28, 0.5, 0.36, 0.8), 7, 0.83),),
        paths=(TrackPath(7, ((0.0, 0.1, 0.62), (1.0, 0.2, 0.7), (2.0, 0.32, 0.8))),),
        scores={"inside_s": 4.2},
        evidence=Evidence(snapshot="one.jpg"),
    )
    return await asyncio.to_thread(service.services.alerts.receive, found, {})


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def reviews(page: Page, service: Running) -> None:
    """What the rule says now is listed apart, with all that led to it; verdicts by one press."""
    alerts = service.services.alerts
    reviewed = await happens(service, 100)
    await expect(page.get_by_text("No open alerts")).to_be_visible()
    await page.get_by_role("button", name="Review 1").click()
    card = page.locator(f"[data-alert='{reviewed}']")
    await expect(card).to_contain_text("In review")
    await card.click()
    detail = page.locator("#detail")
    await expect(detail).to_contain_text(WHY["en"])
    await expect(detail).to_contain_text("No patrol is sent by itself")
    await expect(detail.locator(".measured")).to_have_text("Inside: 4.2 s")
    await expect(detail.locator("polygon.zone")).to_have_attribute(
        "points", "0,0.42 0.4,0.56 0.9,1 0,1"
    )
    await expect(detail.locator("[data-path='7']")).to_have_count(1)
    await expect(detail.locator("img")).to_be_visible()
    await shoot(page, "review")
    await page.get_by_role("button", name="Қазақша").click()
    await expect(detail).to_contain_text(WHY["kk"])
    await shoot(page, "review-kk")
    await page.get_by_role("button", name="Русский").click()
    await expect(detail).to_contain_text(WHY["ru"])
    await shoot(page, "review-ru")
    await page.get_by_role("button", name="English").click()
    await detail.locator("[data-outcome=real]").click()
    await until(lambda: alerts.alert(reviewed).alert.outcome is Outcome.REAL)
    await expect(detail).to_contain_text("Correct the outcome")
    await detail.locator("[data-outcome=unclear]").click()
    await until(lambda: alerts.alert(reviewed).alert.outcome is Outcome.UNCLEAR)


async def test_a_rule_is_demoted_reviewed_and_restored(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(180),
        control_room(tmp_path) as (service, link),
        chromium(**DESK) as page,
    ):
        alerts, trust = service.services.alerts, service.services.trust
        await page.goto(link)
        await expect(page.get_by_text("No open alerts")).to_be_visible()
        for number in range(1, 40):
            alert = await happens(service, number)
            await asyncio.to_thread(alerts.close, alert, OPERATOR, Outcome.FALSE)
            if trust.page(1)[0].trust.is_reviewed:
                break
        banner = page.get_by_role("button", name="1 rule in review")
        await expect(banner).to_be_visible()
        await expect(page.get_by_text("for review only from now on").first).to_be_visible()
        await expect(page.locator("[data-camera=north-gate]")).to_contain_text("Review only")
        await reviews(page, service)
        await banner.click()
        row = page.locator("[data-rule='north-gate/intrusion/lawn']")
        await expect(row).to_have_attribute("data-state", "review")
        await expect(row).to_contain_text("automatic: surely under what is asked for")
        await shoot(page, "trust")
        await row.get_by_role("button", name="Trust again").click()
        await expect(row).to_have_attribute("data-state", "trusted")
        await expect(banner).to_have_count(0)
        report = trust.rule(RuleKey(CameraId("north-gate"), "intrusion", "lawn"))
        assert (report.trust.by, report.found.decided) == ("operator:Aigerim", 0)
        await row.get_by_text("What has been done").click()
        await expect(row.locator("ol li")).to_have_count(2)
        await expect(row.locator("ol")).to_contain_text("Aigerim")
        await shoot(page, "restored")
        await row.get_by_role("button", name="Review only").click()
        await expect(banner).to_be_visible()
        await page.get_by_role("button", name="Русский").click()
        await shoot(page, "trust-ru")
        await page.get_by_role("button", name="Қазақша").click()
        await shoot(page, "trust-kk")

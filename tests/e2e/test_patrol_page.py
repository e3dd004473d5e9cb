"""The patrol's page in a real browser, over the real service: a phone that loses its network."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.async_api import Page, expect

from alerts.access import Role
from alerts.alert import Actor, Alert, AlertId, Outcome, PatrolId, State
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli.serve import Running, running
from api.settings import Settings
from detect.incident import Evidence, IncidentBox
from tests.support.browser import chromium
from tests.support.incidents import incident
from tests.support.waiting import until
from tests.support.whole import people

pytestmark = [pytest.mark.browser, pytest.mark.model]

CAMERA = {
    "id": "north-gate",
    "name": "North gate",
    "url": "rtsp://127.0.0.1:1/nobody",
    "latitude": 60.17,
    "longitude": 24.94,
    "probe": False,
}
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "locale": "en",
    "permissions": ["geolocation"],
    "geolocation": {"latitude": 60.1727, "longitude": 24.94},
}
"""300 m north of the gate, nearer than any other unit."""
SNAPSHOT = "gate.jpg"
CONTROL_ROOM = Actor("operator", "Aigerim")


@dataclass(frozen=True)
class Beat:
    """One unit with the page open, the others without."""

    service: Running
    page: Page
    unit: PatrolId
    others: tuple[str, ...]

    async def happens(self, number: int = 1) -> AlertId:
        at = datetime.now(UTC)
        seen = IncidentBox(2.0, "person", (0.1, 0.2, 0.3, 0.6), 7)
        found = incident(
            number,
            started_at=at - timedelta(seconds=1),
            detected_at=at,
            boxes=(seen, IncidentBox(2.6, "person", (0.5, 0.2, 0.7, 0.6), 7)),
            evidence=Evidence(snapshot=SNAPSHOT),
        )
        return await asyncio.to_thread(self.service.services.alerts.receive, found, {})

    def alert(self, alert: AlertId) -> Alert:
        return self.service.services.alerts.alert(alert).alert

    async def becomes(self, alert: AlertId, state: State) -> Alert:
        await until(lambda: self.alert(alert).state is state)
        return self.alert(alert)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).tap()


@asynccontextmanager
async def on_the_beat(folder: Path, others: int = 0) -> AsyncIterator[Beat]:
    """Signed in by the link and on duty, its position known to the service."""
    settings = Settings(home=folder / "data", port=0, camera_networks=("127.0.0.0/8",))
    settings.evidence.mkdir(parents=True)
    (settings.evidence / SNAPSHOT).write_bytes(grey_jpeg())
    async with running(settings) as service, chromium(**PHONE) as page:
        grants, alerts, now = service.services.grants, service.services.alerts, datetime.now(UTC)
        unit = alerts.register_patrol("Unit 7", CONTROL_ROOM)
        link = service.url + issue_sign_in_path(grants, Role.PATROL, unit.name, now, unit.id)
        admin_token = issue_token(grants, Role.ADMIN, "test", now)
        async with people(service.url, admin_token, others) as (admin, units):
            assert (await admin.post("/v1/cameras", json=CAMERA)).status_code == 201
            await page.goto(link)
            await expect(page.get_by_role("heading", name="Off duty")).to_be_visible()
            assert re.fullmatch(r".*/patrol", page.url), "the code stays in no address bar"
            await page.get_by_role("switch", name="On duty").tap()
            await expect(page.get_by_role("heading", name="Ready")).to_be_visible()
            await expect(page.get_by_text(re.compile("Position shared"))).to_be_visible()
            assert alerts.patrol(unit.id).on_duty
            yield Beat(service, page, unit.id, tuple(one.id for one in units))


def grey_jpeg() -> bytes:
    picture = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 90, np.uint8), format="rgb24")
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = 320, 180, "yuvj420p"
    codec.time_base = Fraction(1, 25)
    return b"".join(bytes(packet) for packet in codec.encode(picture.reformat(format="yuvj420p")))


async def test_from_the_link_to_the_outcome(tmp_path: Path) -> None:
    async with asyncio.timeout(120), on_the_beat(tmp_path) as beat:
        page, alert = beat.page, await beat.happens()
        await expect(page.get_by_role("heading", name="Intrusion")).to_be_visible()
        await expect(page).to_have_title(re.compile("^● Intrusion"))
        for words in ("North gate", "300 m from you", "A person inside lawn", "left to answer"):
            await expect(page.get_by_text(words).first).to_be_visible()
        await expect(page.get_by_role("alert")).to_contain_text("New alert: Intrusion, North gate")
        await expect(page.locator("figure svg rect:not(.under)")).to_have_count(1)
        assert await page.locator("figure img").evaluate("image => image.naturalWidth") == 320
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360

        await beat.press("Accept")
        assert (await beat.becomes(alert, State.ACCEPTED)).patrol == beat.unit
        maps = page.get_by_role("link", name="Open in maps")
        await expect(maps).to_have_attribute("href", re.compile(r"^geo:60\.17,24\.94\?q="))
        await beat.press("En route")
        await beat.becomes(alert, State.EN_ROUTE)
        await expect(page.locator("figure svg rect:not(.under)")).to_have_count(1)
        await beat.press("On scene")
        await beat.becomes(alert, State.ON_SCENE)
        await page.get_by_role("radio", name="Confirmed").check()
        await page.get_by_label("Note").fill("Two teenagers, sent home.")
        await beat.press("Close the alert")
        closed = await beat.becomes(alert, State.CLOSED)
        assert closed.outcome is Outcome.REAL
        await expect(page.get_by_role("alert")).to_contain_text("Alert closed: Confirmed")
        last = beat.service.services.alerts.alert(alert).steps[-1]
        assert (last.action, last.actor) == ("close", f"patrol:{beat.unit}")
        assert last.note == "Two teenagers, sent home."


async def test_an_offer_declined_by_keyboard_goes_to_the_next_unit(tmp_path: Path) -> None:
    async with asyncio.timeout(120), on_the_beat(tmp_path, others=1) as beat:
        alert = await beat.happens()
        await expect(beat.page.get_by_text("New alert", exact=True)).to_be_focused()
        for key in ("Tab", "Enter", "Tab", "Tab", "Tab", "Enter"):  # the fourth reason
            await beat.page.keyboard.press(key)
        await until(lambda: beat.alert(alert).patrol == beat.others[0])
        assert beat.alert(alert).refused_by == (beat.unit,)
        steps = beat.service.services.alerts.alert(alert).steps
        assert [one.note for one in steps if one.action == "decline"] == ["Vehicle trouble"]
        await expect(beat.page.get_by_role("alert")).to_contain_text("Declined")
        await beat.press("Understood")
        await expect(beat.page.get_by_role("alert")).to_have_count(0)
        await expect(beat.page.get_by_role("heading", name="Ready")).to_be_visible()


async def test_an_answer_given_in_a_tunnel_is_kept_and_delivered(tmp_path: Path) -> None:
    async with asyncio.timeout(120), on_the_beat(tmp_path) as beat:
        page, alert = beat.page, await beat.happens()
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await page.context.set_offline(True)
        await expect(page.get_by_text("No connection since")).to_be_visible()
        await beat.press("Accept")
        await beat.press("En route")
        await expect(page.get_by_text("2 answers are not delivered yet")).to_be_visible()
        await expect(page.get_by_role("button", name="On scene")).to_be_visible()
        assert beat.alert(alert).state is State.DISPATCHED

        await page.context.set_offline(False)
        await beat.becomes(alert, State.EN_ROUTE)
        await expect(page.get_by_text("not delivered yet")).to_have_count(0)
        await expect(page.get_by_text("No connection since")).to_have_count(0)
        actions = [step.action for step in beat.service.services.alerts.alert(alert).steps]
        assert actions[-3:] == ["dispatch", "accept", "depart"]


async def test_what_was_withdrawn_in_a_tunnel_is_said_plainly(tmp_path: Path) -> None:
    async with asyncio.timeout(120), on_the_beat(tmp_path, others=1) as beat:
        page, alerts = beat.page, beat.service.services.alerts
        alert = await beat.happens()
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await page.context.set_offline(True)
        await beat.press("Accept")
        other = PatrolId(beat.others[0])
        await asyncio.to_thread(alerts.dispatch, alert, CONTROL_ROOM, other, "no answer")
        await page.context.set_offline(False)
        await expect(page.get_by_role("alert")).to_contain_text("“accepted” came too late")
        await expect(page.get_by_text("not delivered yet")).to_have_count(0)
        assert beat.alert(alert).patrol == other
        await expect(page).to_have_title("Patrol · Qalqan")

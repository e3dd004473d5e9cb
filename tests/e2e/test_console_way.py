"""The console shows how long an alert took, and who was told over which channel, live."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from alerts.access import Role
from alerts.alert import SYSTEM, AlertId, Outcome, PatrolId
from alerts.notification import Delivery, EndpointId, Notification, Stage
from alerts.outbox import publish
from alerts.patrol import Position
from alerts.service import Answer
from api.auth.tokens import issue_sign_in_path
from api.http_server import listen, make_server
from detect.moment import stamp
from tests.support.browser import DESK, chromium
from tests.support.clocks import TwoClocks
from tests.support.incidents import incident
from tests.support.patrols import by
from tests.support.service import CAMERA, Service, make_service
from tests.support.waiting import until

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser

SHOTS = os.environ.get("QALQAN_SHOTS")
"""A folder for pictures of the pages, to be looked at."""


class Room:
    """A service over a store in memory, whose time a test turns."""

    def __init__(self, folder: Path) -> None:
        self.clock = TwoClocks()
        self.service: Service = make_service(folder)
        self.alerts = self.service.services.alerts
        self.go(0)

    def go(self, seconds: float, set_by: float = 0) -> None:
        self.clock.pass_by(seconds)
        self.clock.set_wall(set_by)
        self.service.clock.now = self.clock()

    def unit(self, name: str, north: float) -> PatrolId:
        unit = self.service.unit(name)
        self.alerts.set_duty(unit, True, SYSTEM)
        at = Position(60.17 + north, 24.94, self.service.clock())
        self.alerts.set_position(unit, at)
        return unit

    def raised(self) -> AlertId:
        trace: dict[str, str] = {}
        for stage, took_s in (("captured", 0.18), ("inferred", 0.004), ("raised", 0.021)):
            trace |= stamp(stage, self.clock())
            self.go(took_s)
        trace |= stamp("spooled", self.clock())
        self.go(0.012)
        trace |= stamp("received", self.clock())
        self.go(0.009)
        at = self.service.clock()
        one = incident(1, severity="critical", started_at=at, detected_at=at)
        return self.alerts.receive(one, trace)

    def told(self, alert: AlertId) -> Notification:
        return self.alerts.alert(alert).notifications[-1]

    def push(self, alert: AlertId, **changes: object) -> None:
        """What the push service said of the latest word; as a courier writes it down."""
        with self.alerts._store.begin() as tx:
            told = tx.notifications(alert)[-1]
            now = self.service.clock()
            one = Delivery(
                f"{told.id}/p", told.id, alert, EndpointId("p"), "push", now, told.created_at
            )
            tx.put_delivery(replace(one, **changes))  # type: ignore[arg-type]
            publish(tx, told, now)
        self.service.feed.ring()


@asynccontextmanager
async def served(room: Room) -> AsyncIterator[str]:
    """The address of its application."""
    server, listening = make_server(room.service.app), listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        room.service.app.state.qalqan.streams.close()
        server.should_exit = True
        await task


async def shoot(page: Page, name: str, part: Locator | None = None) -> None:
    if part is not None:
        await part.scroll_into_view_if_needed()
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"way-{name}.png")


def section(page: Page, title: str) -> Locator:
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.locator("#detail section").filter(has=heading)


def goes(room: Room, alert: AlertId, unit: PatrolId) -> None:
    """It sees, accepts and is on the scene; the clock is set back, then another machine serves."""
    room.go(2)
    room.alerts.receipt(room.told(alert).id, unit, Stage.SEEN)
    room.go(3, set_by=-300)
    for answer in (Answer.ACCEPT, Answer.EN_ROUTE):
        room.alerts.answer(alert, unit, answer, by(unit))
    room.go(140)
    room.clock.machine = "another machine"
    room.go(60)
    room.alerts.answer(alert, unit, Answer.ON_SCENE, by(unit))


async def in_other_languages(page: Page) -> None:
    for language, title in (("ru", "Кого известили"), ("kk", "Кімге хабарланды")):
        await page.locator(f"button[lang={language}]").click()
        await section(page, title).scroll_into_view_if_needed()
        await shoot(page, f"closed-{language}")
    await page.locator("button[lang=ru]").click()
    await section(page, "Ход событий").scroll_into_view_if_needed()
    await shoot(page, "closed-end")


async def test_the_way_and_every_word_as_they_come(tmp_path: Path) -> None:
    room = Room(tmp_path)
    await room.service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    first, second = room.unit("Unit 1", 0.002), room.unit("Unit 2", 0.006)
    grants = room.service.services.grants
    path = issue_sign_in_path(grants, Role.OPERATOR, "Aigerim", room.service.clock())
    async with asyncio.timeout(150), served(room) as url, chromium(**DESK) as page:
        await page.goto(url + path)
        alert = room.raised()
        room.service.feed.ring()
        await page.locator(f"[data-alert='{alert}']").click()
        told, way = section(page, "Who was told"), section(page, "How long it took")
        await expect(told).to_contain_text("Unit 1")
        await expect(told).to_contain_text("waits for an answer")
        await expect(way).to_contain_text("226 ms from the picture to the offer")
        room.push(alert, due=None, tries=1, ended_at=room.service.clock(), outcome="gone",
                  error="push failed: 410")  # fmt: skip
        await expect(told).to_contain_text("no longer reachable · push failed: 410 · 1 try")
        await shoot(page, "asked", way)
        room.go(0.4)
        room.alerts.receipt(room.told(alert).id, first, Stage.DELIVERED)
        await expect(told.get_by_label("Delivered:")).to_contain_text("+400 ms")
        room.go(31)
        room.alerts.tick()
        await expect(told).to_contain_text("no answer")
        room.push(alert, due=room.service.clock(), tries=3, error="503: overloaded")
        await expect(told).to_contain_text("under way · 503: overloaded · 3 tries · again at")
        goes(room, alert, second)
        await expect(way).to_contain_text("about")
        await expect(way.get_by_text("not known")).to_have_count(0)
        await expect(told.get_by_label("Answered:").first).to_contain_text("+5 s")
        await shoot(page, "on-scene", told)
        room.go(600)
        room.alerts.close(alert, by(second), Outcome.REAL)
        await expect(way).to_contain_text("10:00 min")
        await in_other_languages(page)

"""A real Firefox is woken by a real encrypted Web Push, over the real service and couriers.

The push service stands on this machine and speaks what Mozilla's speaks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access import Role
from alerts.alert import Actor, Alert, AlertId, Outcome, PatrolId, State
from alerts.notification import Event, Notification
from api.auth.tokens import issue_sign_in_path, issue_token
from api.cli.serve import Running, running
from api.settings import PolicySettings, Settings
from tests.support.firefox import Firefox, firefox
from tests.support.incidents import incident
from tests.support.push_service import PushService, push_service
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.model]

CAMERA = {
    "id": "north-gate",
    "name": "North gate",
    "url": "rtsp://127.0.0.1:1/nobody",
    "latitude": 60.17,
    "longitude": 24.94,
    "probe": False,
}
CONTROL_ROOM = Actor("operator", "Aigerim")
RECEIPT_S, ANSWER_S = 2.0, 5.0
LATE_S = 4.0
"""What a busy machine may take on top of a policy's time."""


def preferences(pushes: PushService) -> dict[str, Any]:
    return {
        "dom.push.serverURL": pushes.url.replace("http", "ws", 1) + "/",
        "dom.push.testing.allowInsecureServerURL": True,
        "dom.push.connection.enabled": True,
        "dom.push.retryBaseInterval": 200,
        # Else a button of the panel that asks is dead for its first moments.
        "security.notification_enable_delay": 0,
        "alerts.useSystemBackend": False,
    }


@dataclass
class Beat:
    """One unit whose phone is a Firefox, another farther away without any device."""

    service: Running
    browser: Firefox
    pushes: PushService
    unit: PatrolId
    other: PatrolId
    http: dict[PatrolId, httpx.AsyncClient]
    page: str

    async def stands(self) -> None:
        """Both say where they are: the unit near the gate, the other a kilometre off."""
        for unit, north in ((self.unit, 0.002), (self.other, 0.01)):
            body = {"latitude": 60.17 + north, "longitude": 24.94}
            reply = await self.http[unit].put("/v1/patrols/me/position", json=body)
            assert reply.status_code == 200, reply.text

    async def happens(self, number: int, *, stands: bool = True) -> AlertId:
        if stands:
            await self.stands()
        at = datetime.now(UTC)
        found = incident(number, started_at=at - timedelta(seconds=1), detected_at=at)
        return await asyncio.to_thread(self.service.services.alerts.receive, found, {})

    def alert(self, alert: AlertId) -> Alert:
        return self.service.services.alerts.alert(alert).alert

    def actions(self, alert: AlertId) -> list[str]:
        return [step.action for step in self.service.services.alerts.alert(alert).steps]

    def told(self, alert: AlertId, event: Event = Event.OFFER) -> Notification:
        """What the unit was told of it last."""
        detail = self.service.services.alerts.alert(alert)
        return [
            one for one in detail.notifications if one.patrol == self.unit and one.event is event
        ][-1]

    async def push_state(self) -> str:
        return str((await self.http[self.unit].get("/v1/patrols/me")).json()["push"])

    async def shown(self, alert: AlertId) -> list[dict[str, Any]]:
        """Notifications of the alert, as the browser says."""
        found: list[dict[str, Any]] = await self.browser.run(
            "const [one] = await navigator.serviceWorker.getRegistrations();"
            "const all = await one.getNotifications({ tag: args[0] });"
            "return all.map(({ title, body, silent, requireInteraction, data }) =>"
            " ({ title, body, silent, requireInteraction, data }));",
            alert,
        )
        return found

    async def is_tested(self) -> None:
        """Another test of the phone, and its answer."""
        asked = await self.http[self.unit].post("/v1/patrols/me/push/test")
        (id_,) = asked.json()["notifications"]

        async def heard() -> bool:
            said = (await self.http[self.unit].get(f"/v1/notifications/{id_}")).json()
            return said["delivered_at"] is not None

        await until(heard, 0.05)

    async def devices(self) -> dict[str, str | None]:
        """Of the unit: when each answered a test."""
        state = (await self.http[self.unit].get("/v1/patrols/me/push")).json()
        return {one["id"]: one["verified_at"] for one in state["devices"]}

    async def leave_page(self) -> None:
        """Another page of the same origin, so that the browser can still be asked; no stream."""
        await self.browser.open(f"{self.service.url}/shield.svg")


@asynccontextmanager
async def on_the_beat(folder: Path) -> AsyncIterator[Beat]:
    """Signed in and on duty in Firefox, woken once for a test: all through the product's page."""
    policy = PolicySettings(receipt_s=RECEIPT_S, answer_s=ANSWER_S, unaccepted_s=300)
    settings = Settings(
        home=folder / "data",
        port=0,
        camera_networks=("127.0.0.0/8",),
        outward_networks=("127.0.0.0/8",),
        policy=policy,
    )
    with push_service() as pushes:
        async with (
            running(settings) as service,
            firefox(folder, preferences(pushes)) as browser,
        ):
            grants, alerts, now = (
                service.services.grants,
                service.services.alerts,
                datetime.now(UTC),
            )
            units = [alerts.register_patrol(name, CONTROL_ROOM).id for name in ("Unit 7", "Unit 8")]
            http = {}
            for unit in units:
                token = issue_token(grants, Role.PATROL, unit, now, unit)
                http[unit] = httpx.AsyncClient(
                    base_url=service.url, headers={"Authorization": f"Bearer {token}"}
                )
            admin = issue_token(grants, Role.ADMIN, "test", now)
            async with httpx.AsyncClient(base_url=service.url) as anybody:
                headers = {"Authorization": f"Bearer {admin}"}
                reply = await anybody.post("/v1/cameras", json=CAMERA, headers=headers)
                assert reply.status_code == 201, reply.text
            await http[units[1]].patch("/v1/patrols/me", json={"on_duty": True})
            link = issue_sign_in_path(grants, Role.PATROL, "Unit 7", now, units[0])
            beat = Beat(service, browser, pushes, units[0], units[1], http, f"{service.url}/patrol")
            await beat.stands()
            await browser.open(service.url + link)
            await browser.shows("Off duty")
            await browser.click("button[role=switch]")
            await browser.shows("Ready")
            await browser.shows("With the page closed this phone stays silent.")
            await browser.click("main [role=status] button.primary")
            await browser.allow()
            try:
                yield beat
            finally:
                for client in http.values():
                    await client.aclose()


async def test_a_phone_is_woken_and_when_it_dies_the_next_is_called(tmp_path: Path) -> None:
    async with asyncio.timeout(180), on_the_beat(tmp_path) as beat:
        # The test that a shift begins with: over push alone, answered by the worker alone.
        await beat.browser.shows("This phone can be woken")
        assert await beat.push_state() == "verified"
        assert len(beat.pushes.taken) == 1

        await is_woken(beat)
        await is_told_to_be_still(beat)
        await is_missed(beat)


async def is_woken(beat: Beat) -> None:
    """The page is closed; an incident wakes the phone, which says so and shows the offer."""
    await beat.leave_page()
    alert = await beat.happens(1)
    assert beat.alert(alert).patrol == beat.unit
    await until(lambda: beat.told(alert).delivered_at)
    told = beat.told(alert)
    assert told.delivered_at is not None
    woken_s = (told.delivered_at - told.created_at).total_seconds()
    print(f"offer committed -> receipt of the woken Firefox committed: {1000 * woken_s:.0f} ms")
    pushed = beat.pushes.taken[-1]
    assert pushed.headers["urgency"] == "high"
    assert 0 < int(pushed.headers["ttl"]) <= ANSWER_S
    assert not any(word in pushed.body for word in (b"gate", b"offer", alert.encode()))

    await until(lambda: beat.shown(alert))
    (shown,) = await beat.shown(alert)
    assert shown["title"] == "New alert: Intrusion"
    assert shown["body"].startswith("North gate\n")
    assert (shown["silent"], shown["requireInteraction"]) == (False, True)
    assert shown["data"] == {"id": told.id}
    assert told.seen_at is None, "nobody has looked at it"


async def is_told_to_be_still(beat: Beat) -> None:
    """The offer goes to another unit: what rings is replaced by a quiet line."""
    alerts = beat.service.services.alerts
    (alert,) = [one.id for one in await asyncio.to_thread(alerts.page, 10)]
    await asyncio.to_thread(alerts.dispatch, alert, CONTROL_ROOM, beat.other, "closer by")
    await until(lambda: beat.told(alert, Event.WITHDRAWN).delivered_at)

    async def quiet() -> bool:
        shown = await beat.shown(alert)
        return [one["silent"] for one in shown] == [True]

    await until(quiet)
    await asyncio.to_thread(alerts.close, alert, CONTROL_ROOM, Outcome.FALSE)


async def is_missed(beat: Beat) -> None:
    """The phone dies: no receipt, and the next unit is asked when the policy says so."""
    beat.browser.kill()
    alert = await beat.happens(2)
    started = time.monotonic()
    assert beat.alert(alert).patrol == beat.unit
    await until(lambda: "notify" in beat.actions(alert))
    chased_s = time.monotonic() - started
    await until(lambda: beat.alert(alert).patrol == beat.other)
    next_s = time.monotonic() - started
    print(f"no receipt: noticed after {chased_s:.1f} s, the next unit asked after {next_s:.1f} s")
    assert RECEIPT_S - 0.1 <= chased_s < RECEIPT_S + LATE_S
    assert ANSWER_S - 0.1 <= next_s < ANSWER_S + LATE_S
    assert beat.told(alert).delivered_at is None
    assert beat.alert(alert).state is State.DISPATCHED


async def test_a_page_in_front_rings_by_itself_and_a_phone_signed_out_is_still_told(
    tmp_path: Path,
) -> None:
    async with asyncio.timeout(180), on_the_beat(tmp_path) as beat:
        await beat.browser.shows("This phone can be woken")
        await beat.browser.click("button.sound")  # there is nothing here to hear it with
        await beat.browser.click("button[lang=ru]")
        alert = await beat.happens(1)
        await beat.browser.shows("Новый вызов")
        await until(lambda: beat.told(alert).seen_at)
        await until(lambda: len(beat.pushes.acknowledged) == 2)
        await beat.is_tested()  # what came before it has been dealt with
        assert await beat.shown(alert) == [], "the page is in front: one ring is enough"
        alerts = beat.service.services.alerts
        await asyncio.to_thread(alerts.close, alert, CONTROL_ROOM, Outcome.FALSE)

        # The push service loses its memory: the worker subscribes anew, and is tested.
        before = await beat.devices()
        await beat.leave_page()
        beat.pushes.lose_everything()

        async def renewed() -> bool:
            now = await beat.devices()
            return any(now[one] is not None for one in now.keys() - before.keys())

        await until(renewed, 0.1)

        # What the push means cannot be asked any more: that an alert waits is said all the same.
        for grant in beat.service.services.grants.list():
            if grant.patrol == beat.unit:
                beat.service.services.grants.revoke(grant.id, datetime.now(UTC))
        second = await beat.happens(2, stands=False)
        assert beat.alert(second).patrol == beat.unit
        await until(lambda: beat.shown(second))
        (shown,) = await beat.shown(second)
        assert (shown["title"], shown["body"]) == ("Ждёт тревога", "Откройте Qalqan.")
        assert beat.told(second).delivered_at is None

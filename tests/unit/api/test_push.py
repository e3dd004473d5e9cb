"""Subscriptions of devices over HTTP, and how it stands with a unit's push."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from alerts.access import Role
from alerts.alert import PatrolId
from alerts.notification import Endpoint
from alerts.notify.vapid import base64url, point
from alerts.stores.memory import MemoryStore
from api.errors import VaultError
from api.push.keys import push_key_at
from tests.support.service import PUSH_KEY, Service, make_service

PATH = "/v1/patrols/me/push"


def subscription(number: int = 1, **changes: Any) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    keys = {"p256dh": base64url(point(key)), "auth": base64url(bytes(16))}
    plain = {"endpoint": f"https://push.example.com/{number}", "expirationTime": None}
    return {**plain, "keys": keys, **changes}


@dataclass
class Unit:
    service: Service
    id: PatrolId
    http: httpx.AsyncClient
    operator: httpx.AsyncClient

    async def put(self, given: dict[str, Any]) -> httpx.Response:
        return await self.http.put(PATH, json=given)

    async def shown(self) -> str:
        """As operators see it."""
        units = (await self.operator.get("/v1/patrols")).json()["items"]
        return str(next(one["push"] for one in units if one["id"] == self.id))

    async def duty(self, on_duty: bool) -> dict[str, Any]:
        reply = await self.http.patch("/v1/patrols/me", json={"on_duty": on_duty})
        return dict(reply.json())

    async def hear(self, notification: str) -> None:
        path = f"/v1/notifications/{notification}/receipt"
        reply = await self.http.post(path, json={"stage": "delivered"})
        assert reply.status_code == 200, reply.text

    def store(self) -> MemoryStore:
        return self.service.services.push._store  # type: ignore[return-value]

    def tests(self) -> list[str]:
        """Of the unit, that are on their way."""
        with self.store().read() as tx:
            told = [one for one in tx.notifications("") if one.patrol == self.id]  # type: ignore[arg-type]
        return [one.id for one in told if not one.is_over and one.delivered_at is None]

    def change(self, change: Callable[[Endpoint], Endpoint]) -> None:
        """What a courier does to the unit's devices."""
        with self.store().begin() as tx:
            for one in tx.endpoints(f"patrol:{self.id}"):
                tx.put_endpoint(change(one))


@pytest.fixture
async def unit(tmp_path: Path) -> AsyncIterator[Unit]:
    service = make_service(tmp_path)
    id_ = service.unit()
    async with (
        service.client(service.token(Role.PATROL, id_)) as http,
        service.client(service.token(Role.OPERATOR)) as operator,
    ):
        yield Unit(service, id_, http, operator)


async def test_from_subscription_to_verified(unit: Unit) -> None:
    assert (await unit.http.get("/v1/push/key")).json() == {"public_key": PUSH_KEY}
    await unit.duty(True)
    assert await unit.shown() == "none"

    made = (await unit.put(subscription())).json()
    assert made["state"] == "unverified"
    assert [one["id"] for one in made["devices"]] == [made["id"]]
    (test,) = unit.tests()
    meaning = (await unit.http.get(f"/v1/notifications/{test}")).json()
    assert (meaning["event"], meaning["alert"], meaning["moot_at"]) == ("test", "", None)

    unit.service.clock.pass_by(1)
    await unit.hear(test)
    state = (await unit.http.get(PATH)).json()
    assert state["state"] == "verified"
    assert state["at"] == state["devices"][0]["verified_at"] is not None
    assert await unit.shown() == "verified"


async def test_a_new_shift_must_be_verified_anew(unit: Unit) -> None:
    await unit.put(subscription())
    await unit.hear(unit.tests()[0])
    unit.service.clock.pass_by(3600)
    assert (await unit.duty(True))["push"] == "unverified"
    (test,) = unit.tests()
    unit.service.clock.pass_by(1)
    await unit.hear(test)
    assert (await unit.http.get("/v1/patrols/me")).json()["push"] == "verified"
    unit.service.clock.pass_by(60)
    await unit.duty(True)
    assert unit.tests() == [], "it is verified: nothing to test"


async def test_another_test_takes_the_place_of_the_one_before(unit: Unit) -> None:
    await unit.put(subscription())
    asked = await unit.http.post(f"{PATH}/test")
    assert asked.status_code == 202
    assert unit.tests() == asked.json()["notifications"]


async def test_the_sealed_address_is_shown_nowhere(unit: Unit) -> None:
    given = subscription(endpoint="https://push.example.com/secret-capability")
    reply = await unit.put(given)
    assert "secret-capability" not in reply.text
    with unit.store().read() as tx:
        (kept,) = tx.endpoints()
    assert "secret-capability" not in repr(kept)
    opened = unit.service.services.vault.open_text(kept.sealed, kept.id)
    assert "secret-capability" in opened


async def test_five_newest_stay_and_the_same_again_is_one(unit: Unit) -> None:
    for number in range(7):
        unit.service.clock.pass_by(1)
        given = subscription(number)
        await unit.put(given)
    again = (await unit.put(given)).json()
    assert len(again["devices"]) == 5
    assert len({one["id"] for one in again["devices"]}) == 5
    with unit.store().read() as tx:
        retired = [one for one in tx.endpoints() if not one.in_use]
    assert {one.retired_why for one in retired} == {"newer devices have taken its place"}


async def test_a_device_speaks_for_the_unit_that_uses_it_now(unit: Unit) -> None:
    given = subscription()
    await unit.put(given)
    other = unit.service.unit("Unit 2")
    async with unit.service.client(unit.service.token(Role.PATROL, other)) as http:
        assert (await http.put(PATH, json=given)).json()["state"] == "unverified"
    assert (await unit.http.get(PATH)).json() == {"state": "none", "at": None, "devices": []}


async def test_taken_back(unit: Unit) -> None:
    first = (await unit.put(subscription(1))).json()["id"]
    await unit.put(subscription(2))
    assert (await unit.http.delete(f"{PATH}?device={first}")).status_code == 204
    assert len((await unit.http.get(PATH)).json()["devices"]) == 1
    assert (await unit.http.delete(PATH)).status_code == 204
    assert await unit.shown() == "none"


async def test_a_push_service_that_takes_nothing_is_shown(unit: Unit) -> None:
    await unit.put(subscription())
    since = unit.service.clock()
    unit.change(lambda one: replace(one, failing_since=since, last_error="429"))
    assert await unit.shown() == "failing"
    unit.change(lambda one: replace(one, failing_since=None, retired_at=since, retired_why="gone"))
    assert await unit.shown() == "none"


async def test_a_device_of_another_unit_cannot_answer(unit: Unit) -> None:
    await unit.put(subscription())
    (test,) = unit.tests()
    other = unit.service.unit("Unit 2")
    async with unit.service.client(unit.service.token(Role.PATROL, other)) as http:
        reply = await http.post(f"/v1/notifications/{test}/receipt", json={"stage": "delivered"})
    assert reply.status_code == 409
    assert (await unit.http.get(PATH)).json()["state"] == "unverified"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"endpoint": "http://push.example.com/1"}, "/endpoint"),
        ({"endpoint": "https://127.0.0.1/1"}, "/endpoint"),
        ({"endpoint": "https://[::1]/1"}, "/endpoint"),
        ({"endpoint": "https://169.254.169.254/1"}, "/endpoint"),
        ({"endpoint": "https://user:pw@push.example.com/1"}, "/endpoint"),
        ({"endpoint": "https://push.example.com/" + "x" * 2100}, "/endpoint"),
        ({"endpoint": "javascript:alert(1)"}, "/endpoint"),
        ({"endpoint": 7}, "/endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": base64url(bytes(16))}}, "/keys/p256dh"),
        ({"keys": {"p256dh": base64url(b"\4" + bytes(64)), "auth": "A" * 22}}, "/keys/p256dh"),
        ({"keys": {}}, "/keys/p256dh"),
        ({"more": 1}, "/more"),
    ],
)
async def test_what_is_no_subscription(unit: Unit, changes: dict[str, Any], pointer: str) -> None:
    reply = await unit.put(subscription(**changes))
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer
    assert (await unit.http.get(PATH)).json()["devices"] == []


async def test_only_a_unit_subscribes(unit: Unit) -> None:
    assert (await unit.operator.put(PATH, json=subscription())).status_code == 403
    async with unit.service.client() as nobody:
        assert (await nobody.get("/v1/push/key")).status_code == 401


def test_the_key_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "push.key"
    first = push_key_at(file).public
    assert push_key_at(file).public == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(bytes(32))
    with pytest.raises(VaultError, match="not a key"):
        push_key_at(file)
    file.write_bytes(b"short")
    with pytest.raises(VaultError):
        push_key_at(file)

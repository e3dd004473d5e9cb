"""Courier processes over a real database and a real receiver: killed, hung, woken."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alerts.alert import AlertId
from alerts.notification import (
    CITY,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    notification_id,
)
from alerts.notify.feed import Feed
from alerts.notify.signing import SigningSecret, WebhookAddress, new_secret
from alerts.stores.sql import Database
from api.auth.vault import Vault
from api.courier import Orders
from api.couriers import Couriers
from api.settings import Settings
from detect.moment import utc_now
from tests.support.receivers import LOOPBACK, HttpReceiver, http_receiver
from tests.support.waiting import until


@dataclass
class Office:
    """What `serve` puts around the couriers."""

    database: Database
    vault: Vault
    receiver: HttpReceiver
    couriers: Couriers
    feed: Feed
    rings: list[int] = field(default_factory=list)

    def open(self, name: str, path: str = "/ok") -> None:
        address = WebhookAddress(self.receiver.url(path), (SigningSecret(new_secret()),))
        sealed = self.vault.seal_text(address.dump(), name)
        made = Endpoint(EndpointId(name), "webhook", CITY, name, sealed, utc_now())
        with self.database.store.begin() as tx:
            tx.put_endpoint(made)

    def write(self, number: int, endpoint: str) -> str:
        whose, alert, now = f"endpoint:{endpoint}", AlertId("a1"), utc_now()
        id_ = notification_id(alert, whose, number)
        with self.database.store.begin() as tx:
            tx.put_notification(
                Notification(id_, alert, whose, number, Event.ALERT, now, data={"id": alert})
            )
            tx.put_delivery(
                Delivery(f"{id_}/{endpoint}", id_, alert, EndpointId(endpoint), "webhook", now, now)
            )
        self.feed.ring()
        return f"{id_}/{endpoint}"

    def outcome(self, way: str) -> str:
        with self.database.store.read() as tx:
            found = tx.delivery(way)
        return found.outcome if found else "lost"

    def names(self) -> list[str]:
        """The ids of the messages that arrived, in order."""
        return [headers["webhook-id"] for _, headers, _ in self.receiver.requests]


@contextlib.asynccontextmanager
async def office(home: Path, workers: int = 1) -> AsyncIterator[Office]:
    settings = Settings(home=home, outward_networks=LOOPBACK, couriers=workers)
    database = Database.open(settings.database)
    feed, stop = Feed(), asyncio.Event()
    rings: list[int] = []
    couriers = Couriers(Orders(settings, 0, workers), feed, lambda: rings.append(1))
    job = asyncio.create_task(couriers.run(stop))
    with http_receiver() as receiver:
        try:
            vault = Vault.at(settings.key_file)
            yield Office(database, vault, receiver, couriers, feed, rings)
        finally:
            stop.set()
            await job
            database.close()


@pytest.mark.parametrize("workers", [1, 2])
async def test_what_is_written_is_sent_by_whoever_it_falls_to(tmp_path: Path, workers: int) -> None:
    async with asyncio.timeout(60), office(tmp_path, workers) as one:
        assert "not at work" in (one.couriers.missing() or "")
        await until(lambda: one.couriers.missing() is None)
        for number in range(4):
            one.open(f"e{number}")
        ways = [one.write(1, f"e{number}") for number in range(4)]
        await until(lambda: all(one.outcome(way) == "accepted" for way in ways))
        assert len(set(one.names())) == len(one.names()) == 4
        await until(lambda: bool(one.rings))
        assert len(one.couriers.pids) == workers


async def test_a_courier_that_is_killed_on_the_way_sends_the_same_again(tmp_path: Path) -> None:
    async with asyncio.timeout(60), office(tmp_path) as one:
        one.open("slow", "/slow")
        way = one.write(1, "slow")
        await until(lambda: len(one.receiver.requests) == 1)
        (killed,) = one.couriers.pids
        os.kill(killed, signal.SIGKILL)
        await until(lambda: len(one.receiver.requests) == 2)
        assert len(set(one.names())) == 1, "the receiver knows it by its id"
        assert one.couriers.pids != [killed]
        assert one.couriers.restarts == 1
        one.open("slow", "/ok")  # it answers again: what comes is the same message
        os.kill(one.couriers.pids[0], signal.SIGKILL)
        await until(lambda: one.outcome(way) == "accepted")
        assert len(set(one.names())) == 1


async def test_a_courier_ends_with_its_service(tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        async with office(tmp_path) as one:
            await until(lambda: one.couriers.missing() is None)
            (pid,) = one.couriers.pids
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_hung_receiver_holds_up_nobody_and_an_end_is_quick(tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        async with office(tmp_path) as one:
            one.open("slow", "/slow")
            one.open("quick")
            for number in range(1, 30):
                one.write(number, "slow")
            way = one.write(1, "quick")
            await until(lambda: one.outcome(way) == "accepted")
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 8

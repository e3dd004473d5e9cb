"""Endpoints that people register: where the city's own systems, and a unit's phones, are told.

Addresses come here sealed. An endpoint is never deleted, only retired: what was sent to it stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.alert import AlertId, PatrolId
from alerts.errors import NotFound, TransitionRefused, VersionConflict
from alerts.notification import (
    CITY,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    notification_id,
)
from alerts.ports import Bell, Clock, Reading, Store, Transaction

GIVEN = frozenset({"webhook", "apprise", "mqtt"})
"""Channels whose endpoints people register; the rest register themselves."""
MOST_REPLAYED = 1000
ACCEPTED = "accepted"
NO_ALERT = AlertId("")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was put on its way again."""

    deliveries: tuple[str, ...]
    more: bool
    """There is more of that time: ask again when these have gone."""


class EndpointDesk:
    """Thread-safe through its store. Raises `AlertsError`."""

    def __init__(self, store: Store, now: Clock, ring: Bell) -> None:
        self._store = store
        self._now = now
        self._ring = ring

    def endpoints(self, owner: str | None = None) -> list[Endpoint]:
        """Of one owner, or all; retired ones, too; by id."""
        with self._store.read() as tx:
            return [one for one in tx.endpoints(owner) if one.channel in GIVEN]

    def endpoint(self, endpoint: EndpointId) -> Endpoint:
        with self._store.read() as tx:
            return _known(tx, endpoint)

    def register(self, endpoint: Endpoint) -> Endpoint:
        """From now on it is told."""
        with self._store.begin() as tx:
            kind, _, whose = endpoint.owner.partition(":")
            if endpoint.owner != CITY and (kind != "patrol" or not tx.patrol(PatrolId(whose))):
                raise NotFound(f"there is no patrol {whose}")
            tx.put_endpoint(endpoint)
        return endpoint

    def change(
        self,
        endpoint: EndpointId,
        change: Callable[[Endpoint], Endpoint],
        version: int | None = None,
    ) -> Endpoint:
        """`change` gives it as it is to be; the same again is no change."""
        with self._store.begin() as tx:
            known = _known(tx, endpoint)
            if version not in (None, known.version):
                raise VersionConflict("the endpoint has changed since it was read")
            wanted = change(known)
            if wanted == known:
                return known
            wanted = replace(wanted, version=known.version + 1)
            tx.put_endpoint(wanted)
        return wanted

    def retire(self, endpoint: EndpointId, why: str, version: int | None = None) -> Endpoint:
        """Nothing is sent to it any more. Retired twice is once."""

        def change(known: Endpoint) -> Endpoint:
            if not known.in_use:
                return known
            return replace(known, retired_at=self._now(), retired_why=why)

        return self.change(endpoint, change, version)

    def test(self, endpoint: EndpointId) -> Delivery:
        """Send it a message that says nothing but that it gets there."""
        now = self._now()
        with self._store.begin() as tx:
            known = _in_use(tx, endpoint)
            whose = f"endpoint:{known.id}"
            before = tx.latest_notification(NO_ALERT, whose)
            attempt = 1 + (before.attempt if before else 0)
            id_ = notification_id(NO_ALERT, whose, attempt)
            tx.put_notification(
                Notification(id_, NO_ALERT, whose, attempt, Event.TEST, created_at=now)
            )
            sent = Delivery(f"{id_}/{known.id}", id_, NO_ALERT, known.id, known.channel, now, now)
            tx.put_delivery(sent)
        self._ring()
        return sent

    def deliveries(
        self, endpoint: EndpointId, limit: int, before: str | None = None
    ) -> list[Delivery]:
        """What was to be sent to it, the newest first."""
        with self._store.read() as tx:
            _known(tx, endpoint)
            return tx.endpoint_deliveries(endpoint, limit, before)

    def replay_one(self, endpoint: EndpointId, delivery: str) -> Replayed:
        """Send it again, whether it was taken or not. What is on its way goes at once."""
        with self._store.begin() as tx:
            _in_use(tx, endpoint)
            known = tx.delivery(delivery)
            if known is None or known.endpoint != endpoint:
                raise NotFound("this endpoint has no such delivery")
            tx.put_delivery(_again(known, self._now()))
        self._ring()
        return Replayed((known.id,), more=False)

    def replay_since(self, endpoint: EndpointId, since: datetime) -> Replayed:
        """Send again what was to be sent since then and was not taken, the oldest first."""
        with self._store.begin() as tx:
            _in_use(tx, endpoint)
            lost = _not_taken(tx, endpoint, since)
            now = self._now()
            for one in lost[:MOST_REPLAYED]:
                tx.put_delivery(_again(one, now))
        self._ring()
        return Replayed(
            tuple(one.id for one in lost[:MOST_REPLAYED]), more=len(lost) > MOST_REPLAYED
        )


def _not_taken(tx: Reading, endpoint: EndpointId, since: datetime) -> list[Delivery]:
    """Of what was written since then, that which is over and was not taken, the oldest first.

    One more than are sent again at a time, where there are more.
    """
    found: list[Delivery] = []
    before: str | None = None
    while page := tx.endpoint_deliveries(endpoint, MOST_REPLAYED, before):
        found += [one for one in page if _is_lost(one) and one.created_at >= since]
        before = page[-1].id
        if page[-1].created_at < since:
            break
    return found[::-1][: MOST_REPLAYED + 1]


def _is_lost(one: Delivery) -> bool:
    return one.due is None and one.outcome not in (ACCEPTED, "moot")


def _again(known: Delivery, now: datetime) -> Delivery:
    """As if it were new: with all of its tries before it."""
    return replace(known, due=now, created_at=now, tries=0, ended_at=None, outcome="", error="")


def _known(tx: Reading, endpoint: EndpointId) -> Endpoint:
    found = tx.endpoint(endpoint)
    if found is None or found.channel not in GIVEN:
        raise NotFound(f"there is no endpoint {endpoint}")
    return found


def _in_use(tx: Transaction, endpoint: EndpointId) -> Endpoint:
    found = _known(tx, endpoint)
    if not found.in_use:
        raise TransitionRefused(f"the endpoint is retired: {found.retired_why}")
    return found

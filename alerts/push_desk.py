"""Push to patrols: which devices of a unit can be woken, and the test that shows it.

A subscription that was never tried is a hope. When a shift starts each device is sent a test, and
answers it by itself; until then its unit is shown as not verified.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import AlertId, PatrolId
from alerts.errors import NotFound
from alerts.notification import (
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    moot,
    notification_id,
)
from alerts.notify.webpush import CHANNEL
from alerts.patrol import Patrol
from alerts.ports import Bell, Clock, Store, Transaction

MOST_DEVICES = 5
"""Of one unit; the newest stay."""
FRESH_S = 5.0
"""Reading every device of 2,000 units takes some 0.2 s of a core."""
NO_ALERT = AlertId("")
REPLACED = "newer devices have taken its place"
TAKEN_BACK = "the device has taken it back"


class PushState(StrEnum):
    """Whether a unit's device can be woken."""

    VERIFIED = "verified"
    """One has answered a test since the shift began."""
    UNVERIFIED = "unverified"
    """None has answered a test yet."""
    FAILING = "failing"
    """Their push services take nothing at present."""
    NONE = "none"
    """It has none."""


@dataclass(frozen=True, slots=True)
class PushStanding:
    """How it stands with a unit's push."""

    state: PushState = PushState.NONE
    at: datetime | None = None
    """When a device last answered a test, or since when it fails."""


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that may be woken, as given."""

    id: EndpointId
    """The same for the same subscription."""
    sealed: bytes
    """The subscription, encrypted."""
    shown: str
    """Whose push service it is: a host name."""
    options: dict[str, Any] = field(default_factory=dict)


class PushDesk:
    """Thread-safe through its store. Raises `AlertsError`."""

    def __init__(self, store: Store, now: Clock, ring: Bell) -> None:
        self._store = store
        self._now = now
        self._ring = ring
        self._lock = threading.Lock()
        self._known: dict[str, list[Endpoint]] = {}
        self._looked_s = -math.inf

    def subscribe(self, patrol: PatrolId, device: Device) -> tuple[Endpoint, bool]:
        """From now on that device is a way to the unit; tells whether that is news.

        The same again changes nothing.
        """
        now, owner = self._now(), _of(patrol)
        with self._store.begin() as tx:
            _unit(tx, patrol)
            known = tx.endpoint(device.id)
            if known is not None and _same(known, device, owner):
                return known, False
            made = Endpoint(
                id=device.id,
                channel=CHANNEL,
                owner=owner,
                name=device.shown,
                sealed=device.sealed,
                created_at=now,
                shown=device.shown,
                options=device.options,
                version=known.version + 1 if known else 1,
            )
            tx.put_endpoint(made)
            mine = sorted(_devices(tx.endpoints(owner)), key=lambda one: one.created_at)
            for old in mine[:-MOST_DEVICES]:
                _retire(tx, old, REPLACED, now)
        return made, True

    def unsubscribe(self, patrol: PatrolId, device: EndpointId | None = None) -> int:
        """Take back one device, or all; gives how many were in use."""
        now = self._now()
        with self._store.begin() as tx:
            mine = _devices(tx.endpoints(_of(patrol)))
            gone = [one for one in mine if device in (None, one.id)]
            for one in gone:
                _retire(tx, one, TAKEN_BACK, now)
        return len(gone)

    def test(self, patrol: PatrolId, device: EndpointId | None = None) -> list[Notification]:
        """Ask each device of the unit, or one, to say that it hears; a notification for each."""
        now, owner = self._now(), _of(patrol)
        with self._store.begin() as tx:
            _unit(tx, patrol)
            devices = [one for one in _devices(tx.endpoints(owner)) if device in (None, one.id)]
            told = [_ask(tx, owner, one, now) for one in devices]
        if told:
            self._ring()
        return told

    def devices(self, patrol: PatrolId) -> list[Endpoint]:
        """Those in use."""
        with self._store.read() as tx:
            return _devices(tx.endpoints(_of(patrol)))

    def begin_shift(self, unit: Patrol) -> None:
        """A shift starts, or is said to: what is not verified in it is tested."""
        if unit.on_duty:
            state = self.standing(unit).state
            if state not in (PushState.NONE, PushState.VERIFIED):
                self.test(unit.id)

    def standing(self, unit: Patrol) -> PushStanding:
        return standing_of(unit, self.devices(unit.id))

    def standings(self, units: Iterable[Patrol]) -> dict[PatrolId, PushStanding]:
        """Of a page of units."""
        with self._store.read() as tx:
            return {one.id: standing_of(one, _devices(tx.endpoints(_of(one.id)))) for one in units}

    def lately(self, unit: Patrol) -> PushStanding:
        """As it was some seconds ago at most: for what asks of all units again and again."""
        with self._lock:
            if time.monotonic() - self._looked_s >= FRESH_S:
                self._known = self._by_owner()
                self._looked_s = time.monotonic()
            mine = self._known.get(_of(unit.id), [])
        return standing_of(unit, mine)

    def _by_owner(self) -> dict[str, list[Endpoint]]:
        found: dict[str, list[Endpoint]] = {}
        with self._store.read() as tx:
            for one in _devices(tx.endpoints()):
                found.setdefault(one.owner, []).append(one)
        return found


def standing_of(unit: Patrol, devices: Iterable[Endpoint]) -> PushStanding:
    """From the unit's shift and its devices in use. One that works is enough."""
    devices = list(devices)
    if not devices:
        return PushStanding()
    sound = [one for one in devices if one.failing_since is None]
    if not sound:
        since = min(one.failing_since for one in devices if one.failing_since)
        return PushStanding(PushState.FAILING, since)
    heard = max((one.verified_at for one in sound if one.verified_at), default=None)
    begun = unit.on_duty_since if unit.on_duty else None
    if heard is not None and (begun is None or heard >= begun):
        return PushStanding(PushState.VERIFIED, heard)
    return PushStanding(PushState.UNVERIFIED, heard)


def _ask(tx: Transaction, owner: str, device: Endpoint, now: datetime) -> Notification:
    """Over push alone: that it is open in a browser says nothing of whether it can be woken."""
    before = tx.latest_notification(NO_ALERT, owner)
    attempt = 1 + (before.attempt if before else 0)
    told = Notification(
        id=notification_id(NO_ALERT, owner, attempt),
        alert=NO_ALERT,
        recipient=owner,
        attempt=attempt,
        event=Event.TEST,
        created_at=now,
        channels=((CHANNEL,),),
        data={"endpoint": device.id},
    )
    tx.put_notification(told)
    tx.put_delivery(
        Delivery(f"{told.id}/{device.id}", told.id, NO_ALERT, device.id, CHANNEL, now, now)
    )
    if before is not None and before.data.get("endpoint") == device.id:
        tx.put_notification(moot(before, now))  # the newest says it all
    return told


def _devices(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    return [one for one in endpoints if one.channel == CHANNEL and one.in_use]


def _same(known: Endpoint, device: Device, owner: str) -> bool:
    return known.in_use and known.owner == owner and known.options == device.options


def _retire(tx: Transaction, one: Endpoint, why: str, now: datetime) -> None:
    tx.put_endpoint(replace(one, retired_at=now, retired_why=why, version=one.version + 1))


def _unit(tx: Transaction, patrol: PatrolId) -> Patrol:
    found = tx.patrol(patrol)
    if found is None:
        raise NotFound(f"there is no patrol {patrol}")
    return found


def _of(patrol: PatrolId) -> str:
    return f"patrol:{patrol}"

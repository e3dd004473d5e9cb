"""What a browser gave, checked and sealed; and how it stands with a unit's push."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from alerts.alert import PatrolId
from alerts.notification import EndpointId
from alerts.notify.channel import MessageRefused
from alerts.notify.outward import Outward
from alerts.notify.sealing import key_of
from alerts.notify.vapid import from_base64url
from alerts.notify.webpush import Subscription
from alerts.push_desk import Device, PushStanding
from api.auth.vault import Vault
from api.problem import bad_value
from api.push.schemas import DeviceReply, NewSubscription, PushReply
from api.wiring import Services
from detect.incident import rfc3339


def device_of(given: NewSubscription, vault: Vault, networks: Sequence[str]) -> Device:
    """Raises a 422 that names what is wrong with it. `networks`: see `Outward`."""
    try:
        parts = Outward(networks).check(given.endpoint)
    except MessageRefused as error:
        raise bad_value("/endpoint", str(error)) from error
    if parts.scheme != "https" and not networks:
        raise bad_value("/endpoint", "must be https")
    p256dh = _bytes(given.keys.p256dh, 65, "/keys/p256dh")
    try:
        key_of(p256dh)
    except ValueError as error:
        raise bad_value("/keys/p256dh", "is no point of the curve P-256") from error
    kept = Subscription(given.endpoint, p256dh, _bytes(given.keys.auth, 16, "/keys/auth"))
    id_ = EndpointId(f"push-{hashlib.sha256(kept.url.encode()).hexdigest()[:32]}")
    digest = hashlib.sha256(kept.to_json().encode()).hexdigest()[:16]
    sealed = vault.seal_text(kept.to_json(), id_)
    return Device(id_, sealed, parts.hostname or "", {"digest": digest})


def _bytes(text: str, length: int, pointer: str) -> bytes:
    try:
        found = from_base64url(text.rstrip("="))
    except ValueError as error:
        raise bad_value(pointer, "is not base64url") from error
    if len(found) != length:
        raise bad_value(pointer, f"must have {length} bytes, it has {len(found)}")
    return found


def push_reply(services: Services, patrol: PatrolId) -> PushReply:
    """How it stands with a unit's push now."""
    unit = services.alerts.patrol(patrol)
    standing = services.push.standing(unit)
    devices = [
        DeviceReply(
            id=one.id,
            service=one.shown,
            since=rfc3339(one.created_at),
            verified_at=rfc3339(one.verified_at) if one.verified_at else None,
            failing_since=rfc3339(one.failing_since) if one.failing_since else None,
            last_error=one.last_error,
        )
        for one in services.push.devices(patrol)
    ]
    return PushReply(state=standing.state.value, at=at_of(standing), devices=devices)


def at_of(standing: PushStanding) -> str | None:
    return rfc3339(standing.at) if standing.at else None

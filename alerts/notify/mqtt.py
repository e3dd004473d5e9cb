"""MQTT 5: each change of an alert is a message of its topic, taken when the broker has said so.

Quality of service 1: the broker's PUBACK is the acceptance, its reason counts. Topics, below the
endpoint's prefix (`qalqan/v1`): `alerts/ID`, `patrols/ID` for what is a patrol's own, and `test`.
"""

from __future__ import annotations

import math
import re
import secrets
import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from alerts.notification import Endpoint, EndpointId, Event
from alerts.notify.address import EndpointUnfit, fields, shown, text
from alerts.notify.broker import Broker, Lost, Refused
from alerts.notify.channel import Message, MessageRefused, TryAgain
from alerts.notify.outward import Outward
from alerts.notify.saying import A_DAY_S, OVER_A_DAY_S, TYPE, payload

CHANNEL = "mqtt"
WITHIN_S = 9.0
PORTS = {"mqtt": 1883, "mqtts": 8883}
PREFIX = "qalqan/v1"
FIT_PREFIX = re.compile(r"[^\x00-\x20\x7f+#$/][^\x00-\x20\x7f+#]{0,127}")
MOST_ALERTS = 10_000
MOST_CONNECTIONS = 256
KEPT_S = 24 * 3600
"""So long a broker keeps a state at most: one that was kept by mistake goes by itself."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """What an endpoint of MQTT keeps sealed."""

    secure: bool
    host: str
    port: int
    username: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, sealed: str) -> BrokerAddress:
        """From `{"url", "username", "password"}`. Raises `EndpointUnfit`."""
        found = fields(sealed)
        try:
            parts = urlsplit(text(found, "url"))
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise EndpointUnfit("the address cannot be read") from error
        more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if parts.scheme not in PORTS or not parts.hostname or not port or more:
            raise EndpointUnfit("the address must be mqtts://HOST or mqtt://HOST, without a user")
        names = text(found, "username", ""), text(found, "password", "")
        return cls(parts.scheme == "mqtts", parts.hostname, port, *names)


@dataclass(slots=True)
class _Kept:
    """The connection of one endpoint, and what it last said of each alert."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a connection is made: for seconds."""
    broker: Broker | None = None
    address: BrokerAddress | None = None
    versions: OrderedDict[str, int] = field(default_factory=OrderedDict)
    noting: threading.Lock = field(default_factory=threading.Lock)
    """Of `versions`."""


class Mqtt:
    """Implements `alerts.notify.channel.Channel` and `alerts.notify.address.Admits`."""

    name = CHANNEL
    schedule_s: tuple[float, ...] = OVER_A_DAY_S
    give_up_s: float | None = A_DAY_S

    def __init__(
        self,
        outward: Outward,
        now: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
        within_s: float = WITHIN_S,
    ) -> None:
        self._outward = outward
        self._now = now
        self._tls = tls
        self._within_s = within_s
        self._lock = threading.Lock()
        self._kept: OrderedDict[EndpointId, _Kept] = OrderedDict()
        self._closed = False

    def admit(self, secret: str, options: Mapping[str, Any]) -> str:
        """What may be shown of the address; see `Admits`."""
        address = BrokerAddress.parse(secret)
        _prefix(options)
        try:
            self._outward.pin(address.host, address.port, secure=address.secure)
        except (MessageRefused, TryAgain) as error:
            raise EndpointUnfit(str(error)) from error
        return shown(urlsplit(text(fields(secret), "url")), path=False)

    def send(self, message: Message, endpoint: Endpoint, secret: str) -> str:
        """Publish it and wait for the broker's word; see `Channel`."""
        until = monotonic() + self._within_s
        try:
            address, topic = BrokerAddress.parse(secret), topic_of(message, endpoint)
        except EndpointUnfit as error:
            raise TryAgain(str(error)) from error
        expiry_s = self._expiry_s(message)
        kept = self._of(endpoint.id)
        broker = self._connected(kept, address, until)
        retain, clear = _retained(kept, message, endpoint)
        facts = _facts(message, KEPT_S if retain and expiry_s is None else expiry_s)
        try:
            said = broker.publish(topic, payload(message), facts, retain, until)
            if clear:
                broker.publish(topic, b"", {}, True, until)
        except Refused as error:
            raise TryAgain(f"the broker has refused it: {error}") from error
        except Lost as error:
            broker.close()
            raise TryAgain(f"{address.host}: {error}") from error
        return said

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            self._closed = True
            kept = [*self._kept.values()]
            self._kept.clear()
        for one in kept:
            if (broker := one.broker) is not None:
                broker.close()

    def _expiry_s(self, message: Message) -> int | None:
        if message.expires_at is None:
            return None
        left = (message.expires_at - self._now()).total_seconds()
        if left <= 0:
            raise MessageRefused("its time is over")
        return math.ceil(left)

    def _of(self, endpoint: EndpointId) -> _Kept:
        with self._lock:
            if self._closed:
                raise TryAgain("the channel is closed")
            kept = self._kept.setdefault(endpoint, _Kept())
            self._kept.move_to_end(endpoint)
            spare = self._kept.popitem(last=False)[1] if self._is_full() else None
        if spare is not None and spare.broker is not None:
            spare.broker.close()
        return kept

    def _is_full(self) -> bool:
        return len(self._kept) > MOST_CONNECTIONS

    def _connected(self, kept: _Kept, address: BrokerAddress, until: float) -> Broker:
        """The endpoint's connection, made anew where it is lost or leads elsewhere."""
        if not kept.lock.acquire(timeout=max(0.0, until - monotonic())):
            raise TryAgain(f"{address.host}: no connection in time")
        try:
            if kept.broker is not None and kept.address == address and kept.broker.is_up:
                return kept.broker
            if kept.broker is not None:
                kept.broker.close()
            kept.broker, kept.address = None, address
            pinned = self._outward.pin(address.host, address.port, secure=address.secure)
            tls = (self._tls or ssl.create_default_context()) if address.secure else None
            name = f"qalqan-{secrets.token_hex(8)}"
            broker = Broker(name, address.username, address.password, address.host, tls)
            broker.connect(pinned, address.port, until)
            kept.broker = broker
            if self._closed:
                broker.close()
            return broker
        except (Lost, Refused) as error:
            raise TryAgain(f"{address.host}: {error}") from error
        except MessageRefused as error:  # the address is at fault, not the message
            raise TryAgain(str(error)) from error
        finally:
            kept.lock.release()


def topic_of(message: Message, endpoint: Endpoint) -> str:
    """Where it is published. Raises `EndpointUnfit`."""
    prefix = _prefix(endpoint.options)
    if message.event is Event.TEST:
        return f"{prefix}/test"
    kind, _, whose = endpoint.owner.partition(":")
    return f"{prefix}/patrols/{whose}" if kind == "patrol" else f"{prefix}/alerts/{message.alert}"


def _prefix(options: Mapping[str, Any]) -> str:
    prefix = options.get("topic_prefix") or PREFIX
    if not isinstance(prefix, str) or not FIT_PREFIX.fullmatch(prefix) or prefix.endswith("/"):
        raise EndpointUnfit("topic_prefix has a character that no topic has, or ends with /")
    return prefix


def _facts(message: Message, expiry_s: int | None) -> dict[str, Any]:
    """Properties of the publication."""
    said = [("id", message.id), ("type", TYPE[message.event]), ("attempt", str(message.attempt))]
    said += [
        (name, str(message.data[name])) for name in ("severity", "state") if name in message.data
    ]
    facts: dict[str, Any] = {
        "ContentType": "application/json",
        "PayloadFormatIndicator": 1,
        "CorrelationData": message.id.encode(),
        "UserProperty": said,
    }
    if expiry_s is not None:
        facts["MessageExpiryInterval"] = expiry_s
    return facts


def _retained(kept: _Kept, message: Message, endpoint: Endpoint) -> tuple[bool, bool]:
    """Whether the broker keeps it for who subscribes later, and whether it forgets what it kept.

    What is older than the alert's state that was said last is not kept: it was tried again late.
    """
    wanted = endpoint.options.get("retain") and message.alert and ":" not in endpoint.owner
    version = message.data.get("version")
    if not wanted or not isinstance(version, int):
        return False, False
    with kept.noting:
        known = kept.versions.get(message.alert, 0)
        if version < known:
            return False, False
        kept.versions[message.alert] = version
        kept.versions.move_to_end(message.alert)
        while len(kept.versions) > MOST_ALERTS:
            kept.versions.popitem(last=False)
    is_over = message.data.get("state") == "closed"
    return not is_over, is_over

"""One connection to an MQTT broker: up or lost, never mended; who needs it makes a new one."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

KEEPALIVE_S = 30
NOBODY_LISTENS = 0x10


class Lost(Exception):
    """The connection cannot be made, or has ended; what was on its way may have arrived."""


class Refused(Exception):
    """The broker has said no, and why."""


class Broker:
    """Thread-safe. `tls`: None for a plain connection, else checked for `host`."""

    def __init__(
        self, name: str, username: str, password: str, host: str, tls: ssl.SSLContext | None
    ) -> None:
        self._news = threading.Condition()
        self._taken: dict[int, ReasonCode] = {}
        self._greeting: ReasonCode | None = None
        self._lost = False
        # It must not mend itself: it would send again what its sender has taken back meanwhile.
        client = Client(
            CallbackAPIVersion.VERSION2, name, protocol=MQTTv5, reconnect_on_failure=False
        )
        if username or password:
            client.username_pw_set(username, password or None)
        if tls is not None:
            client.tls_set_context(_Named.of(tls, host))
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        self._client = client

    @property
    def is_up(self) -> bool:
        return not self._lost and self._greeting is not None and not self._greeting.is_failure

    def connect(self, address: str, port: int, until: float) -> None:
        """Raises `Lost`, `Refused`. `until`: of the monotonic clock."""
        try:
            self._client.connect_timeout = max(0.1, until - monotonic())
            self._client.connect(address, port, KEEPALIVE_S)
            self._client.loop_start()
        except (OSError, ValueError) as error:
            raise Lost(_why(error)) from error
        with self._news:
            self._news.wait_for(
                lambda: self._greeting is not None or self._lost, max(0.0, until - monotonic())
            )
            greeting = self._greeting
        if greeting is None:
            lost = self._lost
            self.close()
            raise Lost("it ended the connection" if lost else "no answer in time")
        if greeting.is_failure:
            self.close()
            raise Refused(str(greeting))

    def publish(
        self, topic: str, body: bytes, facts: Mapping[str, Any], retain: bool, until: float
    ) -> str:
        """Gives the broker's word. Raises `Lost`, `Refused`."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        for name, value in facts.items():
            setattr(properties, name, value)
        sent = self._client.publish(topic, body, 1, retain, properties)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Lost("the connection has ended")
        with self._news:
            self._news.wait_for(
                lambda: sent.mid in self._taken or self._lost, max(0.0, until - monotonic())
            )
            word = self._taken.pop(sent.mid, None)
            lost = self._lost
        if word is None:
            raise Lost("the connection has ended" if lost else "no answer in time")
        if word.is_failure:
            raise Refused(str(word))
        return "taken; nobody listens" if word.value == NOBODY_LISTENS else "taken"

    def close(self) -> None:
        """End it and its thread."""
        with self._news:
            self._lost = True
            self._news.notify_all()
        self._client.disconnect()
        self._client.loop_stop()

    # --- from the connection's own thread; it holds locks of the library: only note and wake ---

    def _on_connect(
        self, client: Client, data: Any, flags: Any, reason: ReasonCode, facts: Properties | None
    ) -> None:
        with self._news:
            self._greeting = reason
            self._news.notify_all()

    def _on_publish(
        self, client: Client, data: Any, mid: int, reason: ReasonCode, facts: Properties
    ) -> None:
        with self._news:
            self._taken[mid] = reason
            self._news.notify_all()

    def _on_disconnect(
        self, client: Client, data: Any, flags: Any, reason: ReasonCode, facts: Properties | None
    ) -> None:
        with self._news:
            self._lost = True
            self._news.notify_all()


class _Named(ssl.SSLContext):
    """Checks the certificate for a name, whatever address was dialled."""

    _host = ""
    _inner: ssl.SSLContext

    @classmethod
    def of(cls, tls: ssl.SSLContext, host: str) -> _Named:
        made = cls(ssl.PROTOCOL_TLS_CLIENT)
        made._host, made._inner = host, tls
        return made

    def wrap_socket(self, sock: Any, *args: Any, **options: Any) -> ssl.SSLSocket:
        # The handshake at once: where it fails, the socket is closed, which the library forgets.
        mine = {"server_hostname": self._host, "do_handshake_on_connect": True}
        return self._inner.wrap_socket(sock, *args, **{**options, **mine})


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:200]

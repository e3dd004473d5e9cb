"""A push service on this machine: RFC 8030 for who sends, autopush's WebSocket for Firefox.

Real in what matters: it checks VAPID signatures, keeps messages for their TTL, replaces by topic,
cannot read what it carries, and delivers over the protocol that Firefox speaks.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.support.websocket import WebSocket

MOST_BYTES = 4096
TOPIC_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@dataclass(frozen=True)
class Pushed:
    """A message as it came in."""

    token: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["x-id"]


@dataclass
class Subscriber:
    """One subscription: a channel of a browser, or of a test that plays the browser."""

    token: str
    key: str
    """The VAPID key that it was made for; empty: any."""
    channel: str = ""
    waiting: list[Pushed] = field(default_factory=list)


@dataclass
class Refusal:
    """What the service says instead of taking messages."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "refused"


class PushService:
    """State of the service. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: dict[str, Subscriber] = {}
        self._browsers: dict[str, WebSocket] = {}
        """By channel id."""
        self.taken: list[Pushed] = []
        """Everything accepted, in order."""
        self.acknowledged: list[str] = []
        """Versions that browsers have said they have."""
        self._uaids: set[str] = set()
        """Browsers that this service knows."""
        self.refusal: Refusal | None = None
        self.url = ""

    # --- subscriptions ---

    def subscribe(self, key: str = "", channel: str = "") -> Subscriber:
        made = Subscriber(uuid.uuid4().hex, key, channel)
        with self._lock:
            self._subscribers[made.token] = made
        return made

    def endpoint(self, subscriber: Subscriber) -> str:
        return f"{self.url}/push/{subscriber.token}"

    def forget(self, token: str) -> None:
        with self._lock:
            self._subscribers.pop(token, None)

    def browsers(self) -> int:
        """How many channels are connected."""
        with self._lock:
            return len(self._browsers)

    # --- who sends ---

    def take(self, token: str, headers: Mapping[str, str], body: bytes) -> Refusal | Pushed:
        """One POST, judged as RFC 8030 and 8292 say."""
        if self.refusal is not None:
            return self.refusal
        with self._lock:
            subscriber = self._subscribers.get(token)
        if subscriber is None:
            return Refusal(410, body="no such subscription")
        if (wrong := _wrong(headers, body, subscriber.key, self.url)) is not None:
            return wrong
        pushed = Pushed(token, {**headers, "x-id": uuid.uuid4().hex}, body, time.monotonic())
        with self._lock:
            self.taken.append(pushed)
            topic = headers.get("topic")
            if topic is not None:
                kept = [one for one in subscriber.waiting if one.headers.get("topic") != topic]
                subscriber.waiting = kept
            subscriber.waiting.append(pushed)
        self._deliver(subscriber)
        return pushed

    # --- browsers ---

    def greet(self, known: str) -> str:
        """A browser says who it is; gives by what name it goes from now on."""
        with self._lock:
            name = known if known in self._uaids else uuid.uuid4().hex
            self._uaids.add(name)
        return name

    def lose_everything(self) -> None:
        """As after the loss of its database: no browser and no subscription is known any more."""
        with self._lock:
            sockets = set(self._browsers.values())
            self._uaids.clear()
            self._subscribers.clear()
            self._browsers.clear()
        for one in sockets:
            one.cut()

    def connected(self, channel: str, socket: WebSocket) -> None:
        with self._lock:
            self._browsers[channel] = socket
            mine = [one for one in self._subscribers.values() if one.channel == channel]
        for one in mine:
            self._deliver(one)

    def disconnected(self, socket: WebSocket) -> None:
        with self._lock:
            self._browsers = {k: v for k, v in self._browsers.items() if v is not socket}

    def acknowledge(self, versions: list[str]) -> None:
        with self._lock:
            self.acknowledged += versions
            for one in self._subscribers.values():
                one.waiting = [each for each in one.waiting if each.id not in versions]

    def _deliver(self, subscriber: Subscriber) -> None:
        """What waits and is not too old goes to its browser, if that is there."""
        now = time.monotonic()
        with self._lock:
            alive = [one for one in subscriber.waiting if now - one.at <= int(one.headers["ttl"])]
            subscriber.waiting = alive
            socket = self._browsers.get(subscriber.channel)
        for one in alive if socket is not None else ():
            message = {
                "messageType": "notification",
                "channelID": subscriber.channel,
                "version": one.id,
                "ttl": int(one.headers["ttl"]),
                "data": urlsafe_b64encode(one.body).rstrip(b"=").decode(),
                "headers": {"encoding": one.headers["content-encoding"]},
            }
            socket.send(json.dumps(message))


def _wrong(headers: Mapping[str, str], body: bytes, key: str, url: str) -> Refusal | None:
    ttl, topic = headers.get("ttl", ""), headers.get("topic", "")
    if not ttl.isdecimal():
        return Refusal(400, body="TTL is missing")
    if headers.get("content-encoding") != "aes128gcm":
        return Refusal(400, body="not aes128gcm")
    if len(topic) > 32 or not set(topic) <= TOPIC_CHARS:
        return Refusal(400, body="not a topic")
    if headers.get("urgency") not in ("very-low", "low", "normal", "high"):
        return Refusal(400, body="not an urgency")
    if len(body) > MOST_BYTES:
        return Refusal(413, body="too large")
    return _stranger(headers.get("authorization", ""), key, url)


def _stranger(authorization: str, key: str, url: str) -> Refusal | None:
    """RFC 8292: the signature, the audience, the time, and the key that was subscribed for."""
    scheme, _, rest = authorization.partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme.lower() != "vapid" or not {"t", "k"} <= set(given):
        return Refusal(401, body="no VAPID")
    if key and given["k"] != key:
        return Refusal(403, body="another key was subscribed for")
    said, _, signature = given["t"].rpartition(".")
    raw = decoded(signature)
    signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(given["k"]))
    try:
        public.verify(signed, said.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return Refusal(401, body="the signature is wrong")
    claims = json.loads(decoded(said.split(".")[1]))
    if claims["aud"] != url or not time.time() < claims["exp"] < time.time() + 86400:
        return Refusal(401, body="not for this service, or not now")
    return None


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: Any) -> None:
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        token = urlsplit(self.path).path.rpartition("/")[2]
        taken = self.server.service.take(token, headers, body)
        if isinstance(taken, Pushed):
            self._reply(201, {"Location": f"{self.server.service.url}/m/{taken.id}"}, "")
        else:
            self._reply(taken.status, taken.headers, taken.body)

    def do_GET(self) -> None:
        """The browser's WebSocket."""
        if self.headers.get("Upgrade", "").lower() != "websocket":
            self._reply(404, {}, "nothing here")
            return
        self.close_connection = True
        socket = WebSocket.accept(self.headers, self.connection, self.rfile, self.wfile)
        try:
            for text in socket.messages():
                self._hear(socket, json.loads(text))
        except OSError:
            pass  # it was killed: that is what tests do
        finally:
            self.server.service.disconnected(socket)

    def _hear(self, socket: WebSocket, said: dict[str, Any]) -> None:
        service, kind = self.server.service, said.get("messageType")
        if kind == "hello":
            uaid = service.greet(said.get("uaid", ""))
            reply = {"status": 200, "uaid": uaid, "use_webpush": True, "broadcasts": {}}
            socket.send(json.dumps({"messageType": "hello", **reply}))
            for channel in said.get("channelIDs", ()):
                service.connected(channel, socket)
        elif kind == "register":
            channel = said["channelID"]
            made = service.subscribe(said.get("key", "").rstrip("="), channel)
            reply = {"channelID": channel, "status": 200, "pushEndpoint": service.endpoint(made)}
            socket.send(json.dumps({"messageType": "register", **reply}))
            service.connected(channel, socket)
        elif kind == "unregister":
            reply = {"channelID": said["channelID"], "status": 200}
            socket.send(json.dumps({"messageType": "unregister", **reply}))
        elif kind == "ack":
            service.acknowledge([one["version"] for one in said["updates"]])
        elif not said or kind == "ping":
            socket.send("{}")

    def _reply(self, status: int, headers: Mapping[str, str], body: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    service: PushService


@contextmanager
def push_service() -> Iterator[PushService]:
    """A running one, on a free port of the loopback."""
    service, server = PushService(), _Server(("127.0.0.1", 0), _Handler)
    server.service = service
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

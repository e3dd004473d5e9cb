"""The adapter for Web Push over a real push service that checks, keeps and refuses."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alerts.notification import Endpoint, EndpointId, Event, NotificationId
from alerts.notify.channel import DeliveryError, EndpointGone, Message, MessageRefused, TryAgain
from alerts.notify.outward import Outward, is_public
from alerts.notify.sealing import seal
from alerts.notify.vapid import VapidKey, base64url, from_base64url, point
from alerts.notify.webpush import Subscription, WebPush, retry_after, topic
from tests.support.push_service import PushService, Refusal, push_service

ALERT = "019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c01"
KEY = VapidKey(VapidKey.fresh())
LOOPBACK = ("127.0.0.0/8",)


def now() -> datetime:
    return datetime.now(UTC)


def message(event: Event = Event.OFFER, lasts_s: float | None = 20) -> Message:
    at = now()
    until = None if lasts_s is None else at + timedelta(seconds=lasts_s)
    id_ = NotificationId(f"{ALERT}.1.patrol:p")
    data = {"kind": "intrusion", "place": {"name": "North gate"}}
    return Message(id_, event, ALERT, 1, at, until, data)


ENDPOINT = Endpoint(EndpointId("push-1"), "push", "patrol:p", "test", b"", now())


@dataclass
class Browser:
    """Holds the keys of a subscription and reads what comes."""

    key: ec.EllipticCurvePrivateKey
    auth: bytes

    def read(self, body: bytes) -> bytes:
        """RFC 8291 from the other side, without our code."""
        salt, ours = body[:16], point(self.key.public_key())
        theirs = body[21 : 21 + body[20]]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        secret = self.key.exchange(ec.ECDH(), public)
        info = b"WebPush: info\0" + ours + theirs
        keying = HKDF(hashes.SHA256(), 32, self.auth, info).derive(secret)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(keying)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(keying)
        plain = AESGCM(key).decrypt(nonce, body[21 + body[20] :], None).rstrip(b"\0")
        assert plain[-1:] == b"\x02"
        return plain[:-1]


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def browser() -> Browser:
    return Browser(ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes  .")


@pytest.fixture
def channel() -> WebPush:
    return WebPush(KEY, Outward(LOOPBACK), now, "mailto:duty@example.kz")


def subscription(service: PushService, browser: Browser, key: str = KEY.public) -> str:
    url = service.endpoint(service.subscribe(key))
    return Subscription(url, point(browser.key.public_key()), browser.auth).to_json()


def test_the_example_of_rfc_8291_byte_by_byte() -> None:
    sender = int.from_bytes(from_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    receiver = (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        from_base64url(receiver),
        from_base64url("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=ec.derive_private_key(sender, ec.SECP256R1()),
    )
    assert base64url(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_browser_reads_it_and_the_service_learns_nothing(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    said = channel.send(message(), ENDPOINT, subscription(service, browser))
    assert said.startswith("201 http://127.0.0.1")
    (pushed,) = service.taken
    assert json.loads(browser.read(pushed.body)) == {
        "version": 1,
        "id": f"{ALERT}.1.patrol:p",
        "event": "offer",
    }
    assert (pushed.headers["urgency"], int(pushed.headers["ttl"])) == ("high", 20)
    seen = json.dumps(dict(pushed.headers)) + repr(pushed.body)
    assert not any(word in seen for word in (ALERT, "offer", "intrusion", "North gate"))


def test_all_messages_have_one_length(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    secret = subscription(service, browser)
    for event in Event:
        channel.send(message(event), ENDPOINT, secret)
    assert len({len(one.body) for one in service.taken}) == 1


def test_a_withdrawal_takes_the_place_of_an_offer_that_was_not_delivered(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    subscriber = service.subscribe(KEY.public)
    url = service.endpoint(subscriber)
    secret = Subscription(url, point(browser.key.public_key()), browser.auth).to_json()
    channel.send(message(Event.OFFER), ENDPOINT, secret)
    channel.send(message(Event.WITHDRAWN, lasts_s=None), ENDPOINT, secret)
    (left,) = subscriber.waiting
    assert json.loads(browser.read(left.body))["event"] == "withdrawn"
    assert len(topic(message())) == 32


@pytest.mark.parametrize(
    ("refusal", "error", "after_s"),
    [
        (Refusal(404), EndpointGone, None),
        (Refusal(410), EndpointGone, None),
        (Refusal(429, {"Retry-After": "7"}), TryAgain, 7),
        (Refusal(429), TryAgain, None),
        (Refusal(500), TryAgain, None),
        (Refusal(503, {"Retry-After": "soon"}), TryAgain, None),
        (Refusal(502, {"Retry-After": "999999"}), TryAgain, 3600),
        (Refusal(400), MessageRefused, None),
        (Refusal(401), MessageRefused, None),
        (Refusal(403), MessageRefused, None),
        (Refusal(413), MessageRefused, None),
        (Refusal(307, {"Location": "http://127.0.0.1:1/"}), MessageRefused, None),
    ],
)
def test_what_a_service_refuses(
    service: PushService,
    browser: Browser,
    channel: WebPush,
    refusal: Refusal,
    error: type[DeliveryError],
    after_s: float | None,
) -> None:
    service.refusal = refusal
    with pytest.raises(error) as caught:
        channel.send(message(), ENDPOINT, subscription(service, browser))
    assert str(refusal.status) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert getattr(caught.value, "after_s", None) == after_s


def test_a_subscription_that_was_taken_back_is_gone(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    secret = subscription(service, browser)
    service.forget(json.loads(secret)["endpoint"].rpartition("/")[2])
    with pytest.raises(EndpointGone):
        channel.send(message(), ENDPOINT, secret)


def test_a_service_that_knows_another_key_refuses(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    other = VapidKey(VapidKey.fresh()).public
    with pytest.raises(MessageRefused, match="403"):
        channel.send(message(), ENDPOINT, subscription(service, browser, other))


def test_nothing_is_sent_when_its_time_is_over(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    with pytest.raises(MessageRefused, match="over"):
        channel.send(message(lasts_s=-1), ENDPOINT, subscription(service, browser))
    assert service.taken == []


def test_nobody_listening_is_tried_again(browser: Browser, channel: WebPush) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/push/1"
        secret = Subscription(url, point(browser.key.public_key()), browser.auth).to_json()
        with pytest.raises(TryAgain):
            channel.send(message(), ENDPOINT, secret)


def test_a_server_that_drips_is_cut_at_its_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(TryAgain):
            Outward(LOOPBACK).post(url, {}, b"", within_s=0.5)
        assert time.monotonic() - started < 3
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://push.example.com/x", "https"),
        ("https://user:pass@push.example.com/x", "user"),
        ("ftp://push.example.com/x", "https"),
        ("https://127.0.0.1/x", "public"),
        ("https://[::1]/x", "public"),
        ("https://[::ffff:127.0.0.1]/x", "public"),
        ("https://[64:ff9b::7f00:1]/x", "public"),
        ("https://10.1.2.3/x", "public"),
        ("https://169.254.169.254/latest/meta-data", "public"),
        ("https://0.0.0.0/x", "public"),
        ("https://inside.example.com/x", "public"),
        ("https://two.example.com/x", "public"),
        ("https://push.example.com:0/x", "HOST"),
        ("https://push.example.com/" + "x" * 2048, "long"),
        ("https://push.example.com/\r\nX: 1", "characters"),
    ],
)
def test_where_it_does_not_go(url: str, why: str, browser: Browser) -> None:
    names = {
        "push.example.com": ["93.184.216.34"],
        "inside.example.com": ["192.168.1.1"],
        "two.example.com": ["93.184.216.34", "127.0.0.1"],
    }
    outward = Outward(resolve=lambda host, port: names.get(host, [host]))
    channel = WebPush(KEY, outward, now)
    secret = Subscription(url, point(browser.key.public_key()), browser.auth).to_json()
    with pytest.raises(MessageRefused, match=why):
        channel.send(message(), ENDPOINT, secret)


def test_a_subscription_whose_key_is_no_point_is_gone(channel: WebPush) -> None:
    secret = Subscription("https://push.example.com/x", b"\4" + bytes(64), bytes(16)).to_json()
    with pytest.raises(EndpointGone):
        channel.send(message(), ENDPOINT, secret)


def test_retry_after_in_both_forms() -> None:
    at = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
    assert retry_after("Tue, 24 Nov 2026 08:00:30 GMT", at) == 30
    assert retry_after("Tue, 24 Nov 2026 07:00:30 GMT", at) == 0
    assert retry_after("12", at) == 12
    assert retry_after("whenever", at) is None


def test_public_is_what_the_internet_reaches() -> None:
    from ipaddress import ip_address

    assert is_public(ip_address("2606:2800:220:1::1"))
    assert not is_public(ip_address("224.0.0.1"))
    assert not is_public(ip_address("fd00::1"))


def test_a_message_without_an_end_is_kept_a_day(
    service: PushService, browser: Browser, channel: WebPush
) -> None:
    endless = replace(message(), expires_at=None)
    channel.send(endless, ENDPOINT, subscription(service, browser))
    assert service.taken[0].headers["ttl"] == "86400"

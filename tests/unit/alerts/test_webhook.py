"""Webhooks: what is signed, what each answer means, and that secrets stay secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from alerts.notification import Endpoint, EndpointId, Event, NotificationId
from alerts.notify.address import EndpointUnfit, shown
from alerts.notify.channel import EndpointGone, Message, TryAgain
from alerts.notify.outward import Outward
from alerts.notify.saying import TYPE, payload
from alerts.notify.signing import (
    MOST_SECRETS,
    SigningSecret,
    WebhookAddress,
    key_of,
    new_secret,
    signatures,
    webhook_id,
)
from alerts.notify.webhook import Webhook
from tests.support.receivers import LOOPBACK, http_receiver

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENDPOINT = Endpoint(EndpointId("e1"), "webhook", "city", "City", b"", NOW)
MESSAGE = Message(
    NotificationId("a1.2.endpoint:e1"), Event.ALERT, "a1", 2, NOW, None, {"why": "адам"}
)


def address(url: str) -> str:
    return WebhookAddress(url, (SigningSecret(SECRET),)).dump()


def test_the_signature_is_the_specifications() -> None:
    # The example of the specification's own libraries.
    body = b'{"test": 2432232314}'
    made = signatures("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [key_of(SECRET)])
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_ids_hold_no_full_stop_and_stay_apart() -> None:
    assert webhook_id("a1.2.endpoint:e1") == "a1_2_endpoint-e1"


def test_each_secret_signs_what_is_sent() -> None:
    now = NOW
    first = WebhookAddress("https://example.kz/", (SigningSecret(SECRET),))
    second = first.rotated(new_secret(), now, keep_s=60)
    assert len(second.in_force(now)) == 2
    assert second.in_force(now + timedelta(seconds=60)) == (key_of(second.secrets[0].shown),)
    again = WebhookAddress.parse(second.dump())
    assert again == second
    hurried = second
    for _ in range(10):
        hurried = hurried.rotated(new_secret(), now, keep_s=60)
    assert len(hurried.secrets) == MOST_SECRETS
    assert len(second.rotated(new_secret(), now, keep_s=0).secrets) == 1


def test_a_longer_exchange_does_not_outlast_the_first() -> None:
    first = WebhookAddress("https://example.kz/", (SigningSecret(SECRET),))
    second = first.rotated(new_secret(), NOW, keep_s=60)
    third = second.rotated(new_secret(), NOW, keep_s=3600)
    assert third.secrets[-1].until == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_???", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "A" * 120]
)
def test_what_is_no_secret_is_not_repeated(secret: str) -> None:
    with pytest.raises(EndpointUnfit) as error:
        key_of(secret)
    assert not secret or secret == "whsec_" or secret not in str(error.value)


def test_secrets_are_in_no_picture_of_them() -> None:
    found = repr(WebhookAddress("https://example.kz/?key=s3cret", (SigningSecret(SECRET),)))
    assert "s3cret" not in found
    assert SECRET not in found


def test_what_is_shown_of_an_address() -> None:
    from urllib.parse import urlsplit

    assert shown(urlsplit("https://u:p@[::1]:8443/a?b=c#d")) == "https://[::1]:8443/a?..."


def test_the_body() -> None:
    assert set(TYPE) == set(Event), "every event has a type"
    assert json.loads(payload(MESSAGE)) == {
        "type": "alert.changed",
        "timestamp": "2026-11-24T08:00:00.000Z",
        "data": {"why": "адам"},
    }


def test_what_arrives_verifies_with_nothing_but_hmac() -> None:
    with http_receiver() as server:
        assert Webhook(Outward(LOOPBACK), lambda: NOW).send(
            MESSAGE, ENDPOINT, address(server.url())
        )
        _, headers, body = server.requests[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert headers["Content-Type"] == "application/json"
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success(status: int) -> None:
    with http_receiver() as server:
        channel = Webhook(Outward(LOOPBACK), lambda: NOW)
        assert channel.send(MESSAGE, ENDPOINT, address(server.url(f"/{status}"))) == str(status)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 413, 422, 429, 500, 503])
def test_everything_else_is_tried_again(status: int) -> None:
    with http_receiver() as server:
        server.headers = {"Location": server.url("/ok"), "Retry-After": "17"}
        channel = Webhook(Outward(LOOPBACK), lambda: NOW)
        with pytest.raises(TryAgain, match=str(status)) as error:
            channel.send(MESSAGE, ENDPOINT, address(server.url(f"/{status}")))
        assert len(server.requests) == 1, "a redirect was followed"
    assert error.value.after_s == (None if status < 400 else 17)


def test_gone_is_gone() -> None:
    with http_receiver() as server, pytest.raises(EndpointGone, match="410"):
        Webhook(Outward(LOOPBACK), lambda: NOW).send(MESSAGE, ENDPOINT, address(server.url("/410")))


def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """Fit when it was registered, then it leads into the city's own network."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "169.254.169.254"]])
    channel = Webhook(Outward(LOOPBACK, resolve=lambda host, port: next(answers)), lambda: NOW)
    with http_receiver() as server:
        secret = address(f"http://hooks.example.kz:{server.port}/ok")
        assert channel.admit(secret, {}) == f"http://hooks.example.kz:{server.port}/ok"
        for _ in range(2):
            with pytest.raises(TryAgain, match="not a public address"):
                channel.send(MESSAGE, ENDPOINT, secret)
        assert server.requests == []


def test_a_look_up_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        hang.wait(10)
        return ["127.0.0.1"]

    monkeypatch.setattr("alerts.notify.outward.LOOK_UP_S", 0.1)
    channel = Webhook(Outward(LOOPBACK, resolve=resolve), lambda: NOW)
    with pytest.raises(TryAgain, match="in time"):
        channel.send(MESSAGE, ENDPOINT, address("https://slow.example.kz/"))
    hang.set()

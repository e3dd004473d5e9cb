"""MQTT 5 over a real Mosquitto: properties, kept states, names, passwords, TLS, renewal."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from alerts.notification import Endpoint, EndpointId, Event, NotificationId
from alerts.notify.channel import Message, MessageRefused, TryAgain
from alerts.notify.mqtt import Mqtt
from alerts.notify.outward import Outward
from tests.support.certificates import certified
from tests.support.receivers import LOOPBACK, Mosquitto

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ALERT = "019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c01"
ENDPOINT = Endpoint(EndpointId("e1"), "mqtt", "city", "Broker", b"", NOW, options={"retain": True})


def message(version: int = 1, state: str = "new", **changes: Any) -> Message:
    data = {"id": ALERT, "state": state, "severity": "high", "version": version}
    id_ = NotificationId(f"{ALERT}.{version}.endpoint:e1")
    return replace(
        Message(id_, Event.ALERT, ALERT, version, NOW, None, data),
        **changes,
    )


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def channel() -> Iterator[Mqtt]:
    made = Mqtt(Outward(LOOPBACK), lambda: NOW, within_s=3)
    yield made
    made.close()


def secret(broker: Mosquitto, scheme: str = "mqtt", host: str = "127.0.0.1", **more: str) -> str:
    return json.dumps({"url": f"{scheme}://{host}:{broker.port}", **more})


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def listening(broker: Mosquitto, topic: str = "qalqan/v1/#") -> Iterator[list[Any]]:
    heard: list[Any] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.on_message = lambda c, d, m: heard.append(m)
    client.on_subscribe = lambda *args: ready.set()
    client.connect("127.0.0.1", broker.port)
    client.subscribe(topic, 1)
    client.loop_start()
    assert ready.wait(5)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def test_what_a_publication_carries(broker: Mosquitto, channel: Mqtt) -> None:
    with listening(broker) as heard:
        one = message(expires_at=NOW + timedelta(seconds=89.5))
        assert channel.send(one, ENDPOINT, secret(broker)) == "taken"
        wait(lambda: heard)
    (got,) = heard
    assert got.topic == f"qalqan/v1/alerts/{ALERT}"
    assert got.qos == 1
    facts = got.properties
    assert facts.ContentType == "application/json"
    assert facts.PayloadFormatIndicator == 1
    assert facts.CorrelationData == one.id.encode()
    assert facts.MessageExpiryInterval == 90
    assert dict(facts.UserProperty) == {
        "id": one.id,
        "type": "alert.changed",
        "attempt": "1",
        "severity": "high",
        "state": "new",
    }
    body = json.loads(got.payload)
    assert body == {
        "type": "alert.changed",
        "timestamp": "2026-11-24T08:00:00.000Z",
        "data": dict(one.data),
    }


def test_topics(broker: Mosquitto, channel: Mqtt) -> None:
    elsewhere = replace(ENDPOINT, options={"topic_prefix": "city/almaty"})
    units = replace(ENDPOINT, owner="patrol:p7")
    with listening(broker, "#") as heard:
        channel.send(message(), elsewhere, secret(broker))
        channel.send(message(event=Event.OFFER), units, secret(broker))
        channel.send(message(event=Event.TEST, alert=""), ENDPOINT, secret(broker))
        wait(lambda: len(heard) == 3)
    assert [one.topic for one in heard] == [
        f"city/almaty/alerts/{ALERT}",
        "qalqan/v1/patrols/p7",
        "qalqan/v1/test",
    ]


def test_nobody_listens_is_said_and_taken(broker: Mosquitto, channel: Mqtt) -> None:
    unkept = replace(ENDPOINT, options={})
    assert channel.send(message(), unkept, secret(broker)) == "taken; nobody listens"


def test_who_subscribes_later_hears_open_alerts_alone(broker: Mosquitto, channel: Mqtt) -> None:
    channel.send(message(1), ENDPOINT, secret(broker))
    channel.send(message(3, "dispatched"), ENDPOINT, secret(broker))
    channel.send(message(2, "acknowledged"), ENDPOINT, secret(broker))  # tried again late
    with listening(broker) as heard:
        wait(lambda: heard)
        assert [json.loads(one.payload)["data"]["version"] for one in heard] == [3]
        assert heard[0].retain
        assert heard[0].properties.MessageExpiryInterval <= 24 * 3600
    channel.send(message(4, "closed"), ENDPOINT, secret(broker))
    channel.send(message(3, "dispatched"), ENDPOINT, secret(broker))
    with listening(broker) as heard:
        channel.send(message(event=Event.TEST, alert=""), ENDPOINT, secret(broker))
        wait(lambda: heard)
        assert [one.topic for one in heard] == ["qalqan/v1/test"]


def test_what_is_over_is_not_published(broker: Mosquitto, channel: Mqtt) -> None:
    with pytest.raises(MessageRefused, match="over"):
        channel.send(message(expires_at=NOW), ENDPOINT, secret(broker))


def test_one_connection_is_kept_and_made_anew(broker: Mosquitto, channel: Mqtt) -> None:
    def connections() -> int:
        log = Path(broker._folder / "mosquitto.log").read_text()
        return log.count("New client connected")

    for version in (1, 2, 3):
        channel.send(message(version), ENDPOINT, secret(broker))
    wait(lambda: connections() == 1)
    broker.stop()
    with pytest.raises(TryAgain):
        channel.send(message(4), ENDPOINT, secret(broker))
    broker.start()
    with listening(broker) as heard:
        channel.send(message(4), ENDPOINT, secret(broker))
        wait(lambda: heard)
        time.sleep(0.1)
    assert len(heard) == 1, "what was taken back is not sent beside it"


def test_a_password_and_what_it_may_do(tmp_path: Path, channel: Mqtt) -> None:
    names, rights = tmp_path / "passwords", tmp_path / "rights"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(names), "qalqan", "s3cret"], check=True)
    rights.write_text("user qalqan\ntopic write qalqan/v1/#\n")
    names.chmod(0o644)
    broker = Mosquitto(
        tmp_path, "allow_anonymous false", f"password_file {names}", f"acl_file {rights}"
    )
    try:
        right = secret(broker, username="qalqan", password="s3cret")
        assert "taken" in channel.send(message(), ENDPOINT, right)
        forbidden = replace(ENDPOINT, options={"topic_prefix": "other"})
        with pytest.raises(TryAgain, match="Not authorized"):
            channel.send(message(), forbidden, right)
        wrong = secret(broker, username="qalqan", password="0ther")
        with pytest.raises(TryAgain, match="Not authorized") as error:
            channel.send(message(), ENDPOINT, wrong)
        assert "0ther" not in str(error.value)
        assert "taken" in channel.send(message(), ENDPOINT, right)
    finally:
        broker.stop()


def test_tls_is_checked_for_the_name_whatever_address_is_dialled(tmp_path: Path) -> None:
    files = certified(tmp_path, "broker.example.kz")
    broker = Mosquitto(tmp_path, f"certfile {files.certificate}", f"keyfile {files.key}")
    outward = Outward(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
    trusting = Mqtt(outward, lambda: NOW, files.trusting(), within_s=3)
    strict = Mqtt(outward, lambda: NOW, within_s=3)
    good = secret(broker, "mqtts", "broker.example.kz")
    try:
        assert "taken" in trusting.send(message(), ENDPOINT, good)
        with pytest.raises(TryAgain, match="ostname mismatch"):
            trusting.send(message(), ENDPOINT, secret(broker, "mqtts", "other.example.kz"))
        with pytest.raises(TryAgain, match="certificate"):
            strict.send(message(), ENDPOINT, good)
    finally:
        trusting.close()
        strict.close()
        broker.stop()


def test_after_closing_it_sends_nothing(broker: Mosquitto, channel: Mqtt) -> None:
    channel.close()
    with pytest.raises(TryAgain, match="closed"):
        channel.send(message(), ENDPOINT, secret(broker))


def test_a_password_is_in_no_picture_of_it() -> None:
    from alerts.notify.mqtt import BrokerAddress

    found = BrokerAddress.parse(json.dumps({"url": "mqtts://b.kz", "password": "s3cret"}))
    assert (found.host, found.port, found.secure) == ("b.kz", 8883, True)
    assert "s3cret" not in repr(found)

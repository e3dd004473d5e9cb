"""What every channel must do, over real servers. A new channel is one more rig in `RIGS`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from alerts.alert import AlertId
from alerts.notification import Endpoint, EndpointId, Event, notification_id
from alerts.notify.address import EndpointUnfit
from alerts.notify.apprise import ByApprise
from alerts.notify.channel import EndpointGone, Message, MessageRefused, TryAgain
from alerts.notify.mqtt import Mqtt
from alerts.notify.outward import Outward
from alerts.notify.signing import SigningSecret, WebhookAddress, new_secret, webhook_id
from alerts.notify.vapid import VapidKey, point
from alerts.notify.webhook import Webhook
from alerts.notify.webpush import Subscription, WebPush, topic
from api.alerts.schemas import EXAMPLE_ALERT
from tests.support.push_service import Refusal, push_service
from tests.support.receivers import (
    LOOPBACK,
    Mosquitto,
    http_receiver,
    silent_port,
    smtp_server,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PATIENCE_S = 1.5
"""Given to channels here; theirs is nine seconds, of the ten that the port allows."""
METADATA = "169.254.169.254"


@dataclass
class Rig:
    """A channel, and the server at which it arrives."""

    channel: Any
    endpoint: Endpoint
    secret: str
    heard: Callable[[], list[str]]
    """What has arrived, by what receivers know doubles by."""
    name: Callable[[Message], str]
    """Under which name a message arrives."""
    stop: Callable[[], object]
    slow: str
    """The secret of an endpoint that never answers."""
    unfit: list[str]
    """Secrets of endpoints that must be refused."""
    gone: str | None = None
    """The secret of an endpoint that says it is no more, where the channel has a word for that."""
    given: bool = True
    """People give its addresses, and it says which are fit."""
    within_s: float = PATIENCE_S


def message(number: int = 1) -> Message:
    alert = f"019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8{number:03}"
    data = {**EXAMPLE_ALERT, "id": alert, "place": {**EXAMPLE_ALERT["place"], "name": f"G{number}"}}
    whose = f"endpoint:{endpoint('x').id}"
    id_ = notification_id(AlertId(alert), whose, 2)
    return Message(id_, Event.ALERT, alert, 2, NOW, None, data)


def endpoint(channel: str) -> Endpoint:
    id_ = EndpointId("019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d")
    return Endpoint(id_, channel, "city", "Duty desk", b"", NOW, options={"language": "en"})


def webhook(stack: ExitStack, folder: Path) -> Rig:
    server = stack.enter_context(http_receiver())

    def secret(url: str) -> str:
        return WebhookAddress(url, (SigningSecret(new_secret()),)).dump()

    return Rig(
        Webhook(Outward(LOOPBACK), lambda: NOW, PATIENCE_S),
        endpoint("webhook"),
        secret(server.url()),
        lambda: [headers["webhook-id"] for _, headers, _ in server.requests],
        lambda one: webhook_id(one.id),
        server.stop,
        slow=secret(server.url("/slow")),
        gone=secret(server.url("/410")),
        unfit=[
            secret(f"http://{METADATA}/latest"),
            secret("https://10.0.0.1/hook"),
            secret("http://example.com/hook"),
            secret("file:///etc/passwd"),
            secret("https://user:pass@127.0.0.1/hook"),
            json.dumps({"url": server.url(), "secrets": []}),
            json.dumps({"url": server.url(), "secrets": [{"secret": "whsec_c2hvcnQ="}]}),
        ],
    )


def mqtt(stack: ExitStack, folder: Path) -> Rig:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    broker = Mosquitto(folder)
    stack.callback(broker.stop)
    heard: list[str] = []
    ready = threading.Event()
    listener = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    listener.on_message = lambda c, d, m: heard.append(m.properties.CorrelationData.decode())
    listener.on_subscribe = lambda *args: ready.set()
    listener.connect("127.0.0.1", broker.port)
    listener.subscribe("qalqan/v1/#", 1)
    listener.loop_start()
    stack.callback(listener.loop_stop)
    stack.callback(listener.disconnect)
    assert ready.wait(5)
    silent = stack.enter_context(silent_port())

    def secret(url: str, **more: str) -> str:
        return json.dumps({"url": url, **more})

    channel = Mqtt(Outward(LOOPBACK), lambda: NOW, within_s=PATIENCE_S)
    return Rig(
        channel,
        endpoint("mqtt"),
        secret(f"mqtt://127.0.0.1:{broker.port}"),
        lambda: [*heard],
        lambda one: one.id,
        broker.stop,
        slow=secret(f"mqtt://127.0.0.1:{silent}"),
        unfit=[
            secret(f"mqtt://{METADATA}"),
            secret("mqtts://10.0.0.1"),
            secret("mqtt://broker.invalid"),
            secret("ws://127.0.0.1"),
            secret("mqtt://user:pass@127.0.0.1"),
        ],
    )


def apprise_json(stack: ExitStack, folder: Path) -> Rig:
    server = stack.enter_context(http_receiver())
    return Rig(
        ByApprise(Outward(LOOPBACK), within_s=PATIENCE_S),
        endpoint("apprise"),
        json.dumps({"url": f"json://127.0.0.1:{server.port}/ok"}),
        lambda: [json.loads(body)["message"].split("\n")[0] for _, _, body in server.requests],
        lambda one: str(one.data["place"]["name"]),
        server.stop,
        slow=json.dumps({"url": f"json://127.0.0.1:{server.port}/slow"}),
        unfit=[json.dumps({"url": url}) for url in UNFIT_FOR_APPRISE],
    )


def apprise_mail(stack: ExitStack, folder: Path) -> Rig:
    box, stop = stack.enter_context(smtp_server())
    silent = stack.enter_context(silent_port())

    def secret(port: int) -> str:
        to = f"mailto://127.0.0.1:{port}?mode=insecure&from=qalqan@example.kz&to=duty@example.kz"
        return json.dumps({"url": to})

    def words() -> list[str]:
        found = []
        for mail in box.mails:
            part = next(one for one in mail.walk() if one.get_content_type() == "text/plain")
            found.append(part.get_payload(decode=True).decode().split("\n")[0].strip())
        return found

    return Rig(
        ByApprise(Outward(LOOPBACK), within_s=PATIENCE_S),
        endpoint("apprise"),
        secret(box.port),
        words,
        lambda one: str(one.data["place"]["name"]),
        stop,
        slow=secret(silent),
        unfit=[json.dumps({"url": url}) for url in UNFIT_FOR_APPRISE],
    )


def web_push(stack: ExitStack, folder: Path) -> Rig:
    service = stack.enter_context(push_service())
    silent = stack.enter_context(silent_port())
    key, browser = VapidKey(VapidKey.fresh()), ec.generate_private_key(ec.SECP256R1())

    def secret(url: str) -> str:
        return Subscription(url, point(browser.public_key()), b"sixteen bytes  .").to_json()

    def stop() -> None:
        service.refusal = Refusal(503)

    good = service.endpoint(service.subscribe(key.public))
    outward = Outward(LOOPBACK)
    # What a push service sees of a message: its topic, the same for all of one alert.
    return Rig(
        WebPush(key, outward, lambda: datetime.now(UTC)),
        endpoint("push"),
        secret(good),
        lambda: [one.headers["topic"] for one in service.taken],
        topic,
        stop,
        slow=secret(f"http://127.0.0.1:{silent}/push/x"),
        gone=secret(f"{service.url}/push/forgotten"),
        unfit=[secret(f"http://{METADATA}/x"), secret("https://10.0.0.1/x")],
        given=False,
        within_s=9,
    )


UNFIT_FOR_APPRISE = [
    f"json://{METADATA}/latest",
    "jsons://10.0.0.1/x",
    "mailto://127.0.0.1?smtp=10.0.0.1&from=a@example.kz&to=b@example.kz",
    "syslog://",
    "dbus://",
    "file:///etc/passwd",
    "json://127.0.0.1/x?verify=no",
    "mailto://127.0.0.1?mode=insecure&from=a@b.kz&to=a@b.kz&pgpprv=/etc/passwd",
    "tgram://nonsense",
    "nothing at all",
]
RIGS: dict[str, Callable[[ExitStack, Path], Rig]] = {
    "webhook": webhook,
    "mqtt": mqtt,
    "apprise-json": apprise_json,
    "apprise-mail": apprise_mail,
    "push": web_push,
}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        made = RIGS[request.param](stack, tmp_path)
        try:
            yield made
        finally:
            made.channel.close()


def arrives(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it has not arrived"
        time.sleep(0.01)


def test_a_message_is_taken_and_arrives(rig: Rig) -> None:
    said = rig.channel.send(message(), rig.endpoint, rig.secret)
    assert said
    assert "\n" not in said
    arrives(lambda: rig.heard() == [rig.name(message())])


def test_a_second_try_bears_the_same_name(rig: Rig) -> None:
    for _ in range(2):
        rig.channel.send(message(), rig.endpoint, rig.secret)
    arrives(lambda: rig.heard() == [rig.name(message())] * 2)


def test_what_may_be_shown_holds_no_secret(rig: Rig) -> None:
    if not rig.given:
        return
    shown = rig.channel.admit(rig.secret, rig.endpoint.options)
    assert "127.0.0.1" in shown
    assert "whsec" not in shown


def test_a_server_that_is_down_is_tried_again(rig: Rig) -> None:
    rig.channel.send(message(), rig.endpoint, rig.secret)
    rig.stop()
    began = time.monotonic()
    with pytest.raises(TryAgain) as error:
        rig.channel.send(message(2), rig.endpoint, rig.secret)
    assert time.monotonic() - began < rig.within_s + 1
    assert "\n" not in str(error.value)


def test_a_server_that_does_not_answer_is_tried_again_in_time(rig: Rig) -> None:
    began = time.monotonic()
    with pytest.raises(TryAgain, match="time"):
        rig.channel.send(message(), rig.endpoint, rig.slow)
    assert time.monotonic() - began < rig.within_s + 1


def test_an_endpoint_that_is_gone_says_so(rig: Rig) -> None:
    if rig.gone is None:
        return  # the channel has no word for it
    with pytest.raises(EndpointGone):
        rig.channel.send(message(), rig.endpoint, rig.gone)


def test_unfit_addresses_are_neither_admitted_nor_dialled(rig: Rig) -> None:
    for secret in rig.unfit:
        if rig.given:
            with pytest.raises(EndpointUnfit) as error:
                rig.channel.admit(secret, {})
            assert "user:pass" not in str(error.value)
        began = time.monotonic()
        with pytest.raises((TryAgain, MessageRefused)):
            rig.channel.send(message(), rig.endpoint, secret)
        assert time.monotonic() - began < 1
    assert rig.heard() == []


def test_ten_at_once_all_arrive(rig: Rig) -> None:
    many = [message(number) for number in range(1, 11)]
    with ThreadPoolExecutor(10) as pool:
        said = [*pool.map(lambda one: rig.channel.send(one, rig.endpoint, rig.secret), many)]
    assert all(said)
    arrives(lambda: sorted(rig.heard()) == sorted(rig.name(one) for one in many))


def test_two_endpoints_do_not_hold_each_other_up(rig: Rig) -> None:
    other = replace(rig.endpoint, id=EndpointId("019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c9e"))

    def hang() -> None:
        with pytest.raises(TryAgain):
            rig.channel.send(message(2), other, rig.slow)

    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(hang)
        began = time.monotonic()
        rig.channel.send(message(), rig.endpoint, rig.secret)
        assert time.monotonic() - began < rig.within_s
        assert not hanging.done()
        hanging.result()


def test_closing_ends_its_connections_and_threads(rig: Rig) -> None:
    before = {one.ident for one in threading.enumerate()}
    rig.channel.send(message(), rig.endpoint, rig.secret)
    arrives(rig.heard)
    rig.channel.close()

    def own() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.ident not in before]

    arrives(lambda: not [one for one in own() if "process_request" not in one.name])


def test_pauses_grow_and_have_an_end_or_none(rig: Rig) -> None:
    pauses = [*getattr(rig.channel, "schedule_s", ())]
    enough = getattr(rig.channel, "give_up_s", None)
    assert sorted(pauses) == pauses
    assert enough is None or sum(pauses) <= enough

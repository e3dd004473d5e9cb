"""One alert over every channel that people register, by a real courier, to real servers."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import ExitStack
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from standardwebhooks.webhooks import Webhook as Verifier

from alerts.alert import AlertId
from alerts.endpoint_desk import EndpointDesk
from alerts.notify.feed import Feed
from alerts.policy import Policy
from alerts.service import AlertService
from alerts.stores.sql import Database
from api.auth.vault import Vault
from api.channels import admissions_of
from api.courier import Orders
from api.couriers import Couriers
from api.endpoints.schemas import NewEndpoint
from api.endpoints.service import made
from api.settings import Settings
from detect.moment import utc_now
from tests.support.incidents import incident
from tests.support.receivers import LOOPBACK, Mosquitto, http_receiver, smtp_server
from tests.support.service import make_service
from tests.support.waiting import until


def listening(stack: ExitStack, port: int) -> list[Any]:
    heard: list[Any] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.on_message = lambda c, d, m: heard.append(m)
    client.on_subscribe = lambda *args: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe("qalqan/v1/#", 1)
    client.loop_start()
    stack.callback(client.loop_stop)
    stack.callback(client.disconnect)
    assert ready.wait(5)
    return heard


def registered(desk: EndpointDesk, settings: Settings, urls: dict[str, str]) -> str:
    """An endpoint for each address; the webhook's signing secret."""
    fake = make_service(
        settings.home, vault=Vault.at(settings.key_file), admissions=admissions_of(settings)
    )
    options: dict[str, dict[str, Any]] = {
        "webhook": {},
        "json": {"channel": "apprise", "language": "ru"},
        "mail": {"channel": "apprise", "language": "kk"},
        "mqtt": {"retain": True},
    }
    secrets = []
    for name, url in urls.items():
        said = {"channel": name, "name": name, "url": url, **options[name]}
        endpoint, secret = made(NewEndpoint.model_validate(said), fake.services)
        desk.register(endpoint)
        secrets.append(secret)
    return next(one for one in secrets if one)


async def carried(settings: Settings, database: Database, feed: Feed, alert: AlertId) -> None:
    """Until the courier's process has had every delivery of the alert taken."""
    stop = asyncio.Event()
    job = asyncio.create_task(Couriers(Orders(settings, 0, 1), feed, lambda: None).run(stop))

    def accepted() -> bool:
        with database.store.read() as tx:
            ways = tx.deliveries(alert)
        return len(ways) == 4 and all(one.outcome == "accepted" for one in ways)

    try:
        async with asyncio.timeout(100):
            await until(accepted)
    finally:
        stop.set()
        await job


async def test_one_alert_over_every_channel(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, outward_networks=LOOPBACK, public_hosts=("alarm.example.kz",)
    )
    database, feed = Database.open(settings.database), Feed()
    alerts = AlertService(database.store, lambda camera: None, Policy(), utc_now, feed.ring)
    with ExitStack() as stack:
        stack.callback(database.close)
        hooks = stack.enter_context(http_receiver())
        box, _ = stack.enter_context(smtp_server())
        broker = Mosquitto(tmp_path)
        stack.callback(broker.stop)
        heard = listening(stack, broker.port)
        mail = f"mailto://127.0.0.1:{box.port}?mode=insecure&from=q@example.kz&to=duty@example.kz"
        urls = {
            "webhook": hooks.url("/hook"),
            "json": f"json://127.0.0.1:{hooks.port}/json",
            "mail": mail,
            "mqtt": f"mqtt://127.0.0.1:{broker.port}",
        }
        secret = registered(EndpointDesk(database.store, utc_now, feed.ring), settings, urls)
        alert = alerts.receive(incident(1, kind="fire"), {})
        await carried(settings, database, feed, alert)
        await until(lambda: heard)
    by_path = {path: (headers, body) for path, headers, body in hooks.requests}
    headers, body = by_path["/hook"]
    sent = Verifier(secret).verify(body, headers)
    assert sent["data"]["id"] == alert
    assert json.loads(heard[0].payload)["data"] == sent["data"]
    assert heard[0].topic == f"qalqan/v1/alerts/{alert}"
    said = json.loads(by_path["/json"][1])
    assert f"https://alarm.example.kz/#alert={alert}" in said["message"]
    assert "Огонь" in said["title"]
    (letter,) = box.mails
    assert "Өрт" in str(make_header(decode_header(letter["Subject"])))

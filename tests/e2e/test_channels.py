"""One alert over every channel that people register, by a real courier, to real servers."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from standardwebhooks.webhooks import Webhook as Verifier

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


async def test_one_alert_over_every_channel(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, outward_networks=LOOPBACK, public_hosts=("alarm.example.kz",)
    )
    database, feed, stop = Database.open(settings.database), Feed(), asyncio.Event()
    desk = EndpointDesk(database.store, utc_now, feed.ring)
    alerts = AlertService(database.store, lambda camera: None, Policy(), utc_now, feed.ring)
    fake = make_service(
        tmp_path, vault=Vault.at(settings.key_file), admissions=admissions_of(settings)
    )
    with ExitStack() as stack:
        hooks, (box, _) = (
            stack.enter_context(http_receiver()),
            stack.enter_context(smtp_server()),
        )
        broker = Mosquitto(tmp_path)
        stack.callback(broker.stop)
        heard = listening(stack, broker.port)
        mail = f"mailto://127.0.0.1:{box.port}?mode=insecure&from=q@example.kz&to=duty@example.kz"
        secret = ""
        for channel, url, more in (
            ("webhook", hooks.url("/hook"), {}),
            ("apprise", f"json://127.0.0.1:{hooks.port}/json", {"language": "ru"}),
            ("apprise", mail, {"language": "kk"}),
            ("mqtt", f"mqtt://127.0.0.1:{broker.port}", {"retain": True}),
        ):
            new = NewEndpoint.model_validate({"channel": channel, "name": "x", "url": url, **more})
            endpoint, shown = made(new, fake.services)
            desk.register(endpoint)
            secret = shown or secret
        couriers = Couriers(Orders(settings, 0, 1), feed, lambda: None)
        job = asyncio.create_task(couriers.run(stop))
        try:
            async with asyncio.timeout(60):
                alert = alerts.receive(incident(1, kind="fire"), {})

                def accepted() -> bool:
                    with database.store.read() as tx:
                        ways = tx.deliveries(alert)
                    return len(ways) == 4 and all(one.outcome == "accepted" for one in ways)

                await until(accepted)
                await until(lambda: heard)
        finally:
            stop.set()
            await job
            database.close()
    by_path = {path: (headers, body) for path, headers, body in hooks.requests}
    headers, body = by_path["/hook"]
    sent = Verifier(secret).verify(body, headers)
    assert sent["data"]["id"] == alert
    assert json.loads(heard[0].payload)["data"] == sent["data"]
    assert heard[0].topic == f"qalqan/v1/alerts/{alert}"
    assert f"https://alarm.example.kz/#alert={alert}" in json.loads(by_path["/json"][1])["message"]
    assert "Огонь" in json.loads(by_path["/json"][1])["title"]
    (mail_in,) = box.mails
    from email.header import decode_header, make_header

    assert "Өрт" in str(make_header(decode_header(mail_in["Subject"])))

"""Endpoints over HTTP: registered, tested, replayed, retired; their secrets shown once at most."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from alerts.access import Role
from alerts.notification import EndpointId
from alerts.notify.channel import TryAgain
from alerts.notify.courier import Courier
from alerts.notify.outward import Outward
from alerts.notify.webhook import Webhook
from api.channels import admissions_of
from api.courier import revealing
from api.settings import Settings
from tests.support.receivers import HttpReceiver, http_receiver
from tests.support.service import Service, make_service

UNKNOWN = "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.fixture
def service(tmp_path: Path) -> Service:
    settings = Settings(home=tmp_path, outward_networks=("127.0.0.0/8",))
    return make_service(tmp_path, admissions=admissions_of(settings))


@pytest.fixture
def admin(service: Service) -> httpx.AsyncClient:
    return service.as_role(Role.ADMIN)


def hook(url: str = "http://127.0.0.1:9/hook", **more: object) -> dict[str, object]:
    return {"channel": "webhook", "name": "City platform", "url": url, **more}


async def made(admin: httpx.AsyncClient, body: dict[str, object]) -> dict[str, Any]:
    answer = await admin.post("/v1/endpoints", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def courier_of(service: Service, channel: Any) -> Courier:
    store = service.services.endpoints._store
    reveal = revealing(service.services.vault)
    return Courier(store, {channel.name: channel}, reveal, service.clock, dice=Random(1))


def carried(courier: Courier, until: Callable[[], object]) -> None:
    import time

    end = time.monotonic() + 5
    while not until() or courier.under_way:
        courier.round()
        assert time.monotonic() < end, "it was not carried"
        time.sleep(0.005)
    courier.round()


async def test_a_webhooks_secret_is_shown_once_and_verifies(
    service: Service, admin: httpx.AsyncClient
) -> None:
    with http_receiver() as server:
        endpoint = await made(admin, hook(server.url("/in?token=s3cret")))
        secret, id_ = endpoint["signing_secret"], endpoint["id"]
        assert endpoint["state"] == "untried"
        assert "s3cret" not in (await admin.get("/v1/endpoints")).text
        assert secret not in (await admin.get(f"/v1/endpoints/{id_}")).text
        alert = service.raise_alert()
        carry_all(service, server)
        (path, headers, body) = server.requests[0]
        assert path == "/in?token=s3cret"
        assert "." not in headers["webhook-id"]
        sent = verified(secret, headers, body)
        assert sent["type"] == "alert.alarm", "nobody was there to be sent"
        assert sent["data"]["id"] == alert
        shown = (await admin.get(f"/v1/endpoints/{id_}")).json()
        assert shown["state"] == "ok"
        page = (await admin.get(f"/v1/endpoints/{id_}/deliveries")).json()
        assert {one["outcome"] for one in page["items"]} == {"accepted"}


def verified(secret: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """By the specification's own library, which reads the clock of today."""
    from datetime import UTC, datetime
    from unittest import mock

    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    with mock.patch("standardwebhooks.webhooks.datetime") as clock:
        clock.now.return_value = at
        clock.fromtimestamp.side_effect = datetime.fromtimestamp
        return dict(Verifier(secret).verify(body, headers))


def carry_all(service: Service, server: HttpReceiver) -> None:
    """Until nothing is due any more."""
    courier = courier_of(service, Webhook(Outward(("127.0.0.0/8",)), service.clock, 1.0))
    before = len(server.requests)
    carried(courier, lambda: len(server.requests) > before)
    courier.close()


async def test_rotation_both_secrets_sign_for_a_time(
    service: Service, admin: httpx.AsyncClient
) -> None:
    with http_receiver() as server:
        endpoint = await made(admin, hook(server.url(), signing_secret=SECRET))
        path = f"/v1/endpoints/{endpoint['id']}"
        new = (await admin.post(f"{path}/rotate", json={"keep_s": 3600})).json()["signing_secret"]
        assert new != SECRET
        await admin.post(f"{path}/test")
        carry_all(service, server)
        _, headers, body = server.requests[-1]
        for secret in (SECRET, new):
            assert verified(secret, headers, body)["type"] == "endpoint.test"
        service.clock.pass_by(3601)
        await admin.post(f"{path}/test")
        carry_all(service, server)
        _, headers, body = server.requests[-1]
        assert verified(new, headers, body)
        with pytest.raises(Exception, match="No matching signature"):
            verified(SECRET, headers, body)
        gone = (await admin.post(f"{path}/rotate", json={"keep_s": 0})).json()["signing_secret"]
        await admin.post(f"{path}/test")
        carry_all(service, server)
        _, headers, body = server.requests[-1]
        assert len(headers["webhook-signature"].split()) == 1
        assert verified(gone, headers, body)


async def test_one_that_is_gone_is_retired_and_may_come_back(
    service: Service, admin: httpx.AsyncClient
) -> None:
    with http_receiver() as server:
        endpoint = await made(admin, hook(server.url("/410")))
        path = f"/v1/endpoints/{endpoint['id']}"
        await admin.post(f"{path}/test")
        carry_all(service, server)
        shown = (await admin.get(path)).json()
        assert shown["state"] == "retired"
        assert "410" in shown["retired_why"]
        refused = await admin.post(f"{path}/test")
        assert refused.status_code == 409
        assert "410" in refused.json()["detail"]
        service.raise_alert()
        again = await admin.patch(path, json={"retired": False})
        assert again.json()["state"] == "untried"
        assert again.json()["version"] > shown["version"]


async def test_what_was_given_up_is_sent_again(service: Service, admin: httpx.AsyncClient) -> None:
    with http_receiver() as server:
        endpoint = await made(admin, hook(server.url("/503")))
        path = f"/v1/endpoints/{endpoint['id']}"
        service.raise_alert()
        carry_all(service, server)
        shown = (await admin.get(path)).json()
        assert shown["state"] == "failing"
        assert "503" in shown["last_error"]
        service.clock.pass_by(25 * 3600)
        carry_all(service, server)
        page = (await admin.get(f"{path}/deliveries")).json()["items"]
        assert {one["outcome"] for one in page} == {"given up"}
        await admin.post(f"{path}/rotate", json={"url": server.url("/ok")})
        first = page[-1]["id"]
        one = await admin.post(f"{path}/replay", json={"delivery": first})
        assert one.json() == {"deliveries": [first], "more": False}
        carry_all(service, server)
        names = [headers["webhook-id"] for path, headers, _ in server.requests]
        assert names[-1] in names[:-1]
        since = page[-1]["created_at"]
        rest = (await admin.post(f"{path}/replay", json={"since": since})).json()["deliveries"]
        assert set(rest) == {one["id"] for one in page} - {first}
        late = "2027-01-01T00:00:00Z"
        assert (await admin.post(f"{path}/replay", json={"since": late})).json()["deliveries"] == []


async def test_deliveries_come_in_pages(service: Service, admin: httpx.AsyncClient) -> None:
    endpoint = await made(admin, hook())
    path = f"/v1/endpoints/{endpoint['id']}"
    queued = [(await admin.post(f"{path}/test")).json()["deliveries"][0] for _ in range(5)]
    found: list[str] = []
    cursor = ""
    while True:
        page = (await admin.get(f"{path}/deliveries?limit=2{cursor}")).json()
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == queued[::-1]
    assert (await admin.get(f"{path}/deliveries?cursor=bm9uc2Vuc2U")).status_code == 422


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (hook("http://169.254.169.254/latest"), "not a public address"),
        (hook("https://10.1.2.3/"), "not a public address"),
        (hook("ftp://127.0.0.1/"), "https"),
        (hook("https://u:hunter2@127.0.0.1/"), "without a user"),
        (hook(signing_secret="whsec_c2hvcnQ="), "24 to 64 bytes"),
        (hook(retain=True), "means nothing"),
        (hook(severities=["awful"]), ""),
        (hook(events=["offer"]), ""),
        ({"channel": "mqtt", "name": "x", "url": "mqtt://8.8.8.8"}, "TLS"),
        (
            {"channel": "mqtt", "name": "x", "url": "mqtt://127.0.0.1", "topic_prefix": "a/#"},
            "topic",
        ),
        ({"channel": "apprise", "name": "x", "url": "syslog://"}, "allowed"),
        ({"channel": "apprise", "name": "x", "url": "json://127.0.0.1/?verify=no"}, "verify"),
        ({"channel": "push", "name": "x", "url": "https://127.0.0.1"}, ""),
    ],
)
async def test_unfit_ones_are_refused_in_a_line(
    admin: httpx.AsyncClient, body: dict[str, object], says: str
) -> None:
    answer = await admin.post("/v1/endpoints", json=body)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]
    assert "hunter2" not in answer.text


async def test_a_units_own_channel(service: Service, admin: httpx.AsyncClient) -> None:
    unit = service.unit()
    sms = {
        "channel": "apprise",
        "name": "Unit 1, SMS",
        "url": "clicksend://city:t0ken@77010000001",
        "language": "ru",
    }
    endpoint = await made(admin, {**sms, "patrol": unit})
    assert endpoint["patrol"] == unit
    assert "t0ken" not in str(endpoint)
    assert "7701" not in str(endpoint)
    mine = (await admin.get(f"/v1/endpoints?patrol={unit}")).json()["items"]
    assert [one["id"] for one in mine] == [endpoint["id"]]
    assert (await admin.post("/v1/endpoints", json={**sms, "patrol": UNKNOWN})).status_code == 404
    both = {**sms, "patrol": unit, "events": ["alarm"]}
    assert (await admin.post("/v1/endpoints", json=both)).status_code == 422


async def test_changes_carry_versions(admin: httpx.AsyncClient) -> None:
    endpoint = await made(admin, hook())
    path = f"/v1/endpoints/{endpoint['id']}"
    changed = await admin.patch(
        path, json={"events": ["alarm"], "severities": ["critical"]}, headers={"If-Match": '"1"'}
    )
    assert changed.json()["events"] == ["alarm"]
    assert changed.headers["etag"] == '"2"'
    late = await admin.patch(path, json={"name": "Other"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await admin.patch(path, json={"language": "en"})).status_code == 422
    gone = await admin.delete(path)
    assert gone.json()["state"] == "retired"
    assert (await admin.delete(path)).json()["version"] == gone.json()["version"]
    assert (await admin.get(f"/v1/endpoints/{UNKNOWN}")).status_code == 404


async def test_a_brokers_password_goes_to_no_other_address(
    service: Service, admin: httpx.AsyncClient
) -> None:
    broker = {"channel": "mqtt", "name": "Broker", "url": "mqtt://127.0.0.1", "password": "p4ss"}
    endpoint = await made(admin, broker)
    path = f"/v1/endpoints/{endpoint['id']}"
    elsewhere = {"url": "mqtt://127.0.0.2"}
    assert (await admin.post(f"{path}/rotate", json=elsewhere)).status_code == 422
    done = await admin.post(f"{path}/rotate", json={**elsewhere, "password": "n3w"})
    assert done.json()["address"] == "mqtt://127.0.0.2"
    stored = service.services.endpoints.endpoint(EndpointId(endpoint["id"]))
    assert b"n3w" not in stored.sealed
    opened = service.services.vault.open_text(stored.sealed, stored.id)
    assert "n3w" in opened
    assert "p4ss" not in opened


async def test_audit_lines_name_no_secret(
    admin: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "api.audit")
    endpoint = await made(admin, hook("http://127.0.0.1:9/hook?key=s3cret", signing_secret=SECRET))
    path = f"/v1/endpoints/{endpoint['id']}"
    await admin.post(f"{path}/rotate", json={})
    await admin.post(f"{path}/test")
    await admin.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"})
    await admin.delete(path)
    events = [record.getMessage().split()[0] for record in caplog.records]
    assert events == [
        "endpoint_created",
        "endpoint_rotated",
        "endpoint_tested",
        "endpoint_replayed",
        "endpoint_retired",
    ]
    assert "s3cret" not in caplog.text
    assert "whsec" not in caplog.text


async def test_a_key_that_was_exchanged_is_told(service: Service, admin: httpx.AsyncClient) -> None:
    with http_receiver() as server:
        endpoint = await made(admin, hook(server.url()))
        known = service.services.endpoints.endpoint(EndpointId(endpoint["id"]))
        channel = Webhook(Outward(("127.0.0.0/8",)), service.clock)
        with pytest.raises(TryAgain):
            channel.send(None, known, "not what was sealed")  # type: ignore[arg-type]

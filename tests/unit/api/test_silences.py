"""Silences, shelving, flood and the alarm report over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access import Role
from alerts.calm.silence import SilenceId
from alerts.json_form import silence_json
from api.silences.schemas import SilenceReply
from api.wiring import State
from tests.support.service import CAMERA, Service, make_service, sse

PAINT: dict[str, Any] = {
    "reason": "the fence is painted",
    "minutes": 60,
    "camera": "north-gate",
    "kind": "intrusion",
}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


@pytest.fixture
async def operator(service: Service) -> httpx.AsyncClient:
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    return service.as_role(Role.OPERATOR)


def test_the_schema_has_the_keys_of_the_json_form(service: Service) -> None:
    made = service.silence(kind="fire")
    found = service.services.silences.silence(SilenceId(made))
    assert set(silence_json(found)) == set(SilenceReply.model_fields)


async def test_a_silence_is_made_listed_and_taken_back(
    service: Service, operator: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "once"}
    made = await operator.post("/v1/silences", json=PAINT, headers=key)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/v1/silences/{made.json()['id']}"
    again = await operator.post("/v1/silences", json=PAINT, headers=key)
    assert again.json() == made.json()
    one = made.json()
    assert (one["by"], one["until"]) == ("operator:a operator", "2026-11-24T13:01:00.000Z")
    alert = (await operator.get(f"/v1/alerts/{service.raise_alert(1)}")).json()["alert"]
    assert (alert["silenced_by"], alert["quiet_why"], alert["quiet_until"]) == (
        one["id"],
        PAINT["reason"],
        one["until"],
    )
    listed = (await operator.get("/v1/silences?active=true")).json()["items"]
    assert listed == [one]
    stale = await operator.delete(made.headers["location"], headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    ended = await operator.delete(made.headers["location"], headers={"If-Match": '"1"'})
    assert (ended.status_code, ended.json()["ended_by"]) == (200, "operator:a operator")
    assert ended.headers["etag"] == '"2"'
    assert (await operator.get("/v1/silences?active=true")).json()["items"] == []
    assert (await operator.get("/v1/silences")).json()["items"] == [ended.json()]
    woken = (await operator.get(f"/v1/alerts/{alert['id']}")).json()["alert"]
    assert (woken["silenced_by"], woken["state"]) == (None, "escalated")


async def test_pages_of_silences(service: Service, operator: httpx.AsyncClient) -> None:
    made = []
    for _ in range(3):
        made.append(service.silence(kind="fire"))
        service.clock.pass_by(1)
    first = (await operator.get("/v1/silences?limit=2")).json()
    rest = (await operator.get(f"/v1/silences?limit=2&cursor={first['next_cursor']}")).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"reason": None}, 422, "/reason"),
        ({"reason": "  "}, 422, "/reason"),
        ({"minutes": None}, 422, "/minutes"),
        ({"minutes": 0}, 422, "/minutes"),
        ({"minutes": 10_081}, 422, "/minutes"),
        ({"kind": "identity"}, 422, "not a kind of incident"),
        ({"camera": None, "kind": None}, 422, "not everything can be silenced"),
        ({"camera": None, "zone": "lawn"}, 422, "name the camera"),
        ({"kind": None, "critical": True}, 422, "by their kind alone"),
        ({"critical": True}, 403, "only an administrator"),
        ({"until": "2027-01-01T00:00:00Z"}, 422, "/until"),
        ({"within": {"latitude": 91, "longitude": 0, "radius_m": 5}}, 422, "/within/latitude"),
    ],
)
async def test_what_cannot_be_silenced(
    service: Service, operator: httpx.AsyncClient, change: dict[str, Any], status: int, text: str
) -> None:
    body = {key: value for key, value in {**PAINT, **change}.items() if value is not None}
    refused = await operator.post("/v1/silences", json=body)
    assert (refused.status_code, text in refused.text) == (status, True), refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert service.services.silences.in_force() == []


async def test_a_place_and_critical_ones_by_an_administrator(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    await admin.post("/v1/cameras", json=CAMERA)
    within = {"latitude": 60.17, "longitude": 24.94, "radius_m": 50}
    order = {"reason": "welding", "minutes": 5, "kind": "fire", "within": within, "critical": True}
    made = (await admin.post("/v1/silences", json=order)).json()
    assert (made["within"], made["critical"]) == (within, True)
    fire = service.raise_alert(1, kind="fire", severity="critical")
    assert (await admin.get(f"/v1/alerts/{fire}")).json()["alert"]["silenced_by"] == made["id"]


async def test_an_alert_is_shelved_and_taken_back(
    service: Service, operator: httpx.AsyncClient
) -> None:
    alert = service.raise_alert(1, severity="medium")
    order = {"minutes": 15, "reason": "the owner is there"}
    path = f"/v1/alerts/{alert}"
    shelved = await operator.post(f"{path}/shelve", json=order, headers={"If-Match": '"1"'})
    assert shelved.status_code == 200, shelved.text
    told = shelved.json()
    assert (told["shelved_by"], told["quiet_why"]) == ("operator:a operator", order["reason"])
    back = await operator.post(f"{path}/unshelve", headers={"If-Match": shelved.headers["etag"]})
    assert back.json()["shelved_by"] is None
    for wrong in ({"minutes": 61}, {"minutes": 0}, {"reason": ""}):
        refused = await operator.post(f"{path}/shelve", json={**order, **wrong})
        assert refused.status_code == 422
    fire = service.raise_alert(2, kind="fire", severity="critical")
    refused = await operator.post(f"/v1/alerts/{fire}/shelve", json=order)
    assert refused.status_code == 403
    await operator.post(f"{path}/close", json={"outcome": "real"})
    assert (await operator.post(f"{path}/shelve", json=order)).status_code == 409


async def test_the_report_of_a_day(service: Service, operator: httpx.AsyncClient) -> None:
    for number in range(1, 4):
        service.raise_alert(number, kind=("fire", "crowd", "wrong_way")[number - 1])
    service.clock.pass_by(600)
    found = (await operator.get("/v1/metrics/alarms")).json()
    assert (found["alerts"], found["operators"], found["periods"]["number"]) == (3, 1, 144)
    assert found["from"] == "2026-11-23T12:11:00.000Z"
    assert found["to"] == "2026-11-24T12:11:00.000Z"
    assert found["worst_cameras"] == [{"name": "north-gate", "count": 3, "share": 1.0}]
    span = {"from": "2026-11-24T12:30:00Z", "to": "2026-11-24T13:00:00Z"}
    assert (await operator.get("/v1/metrics/alarms", params=span)).json()["alerts"] == 0
    for wrong in (
        {"from": span["to"], "to": span["from"]},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
        {"from": "2026-11-24T12:00:00"},
    ):
        assert (await operator.get("/v1/metrics/alarms", params=wrong)).status_code == 422


async def test_a_flood_is_told_to_consoles_and_prometheus(service: Service) -> None:
    kinds = ("fire", "crowd", "wrong_way", "speeding", "line_crossing", "abandoned_object")
    token = service.token(Role.OPERATOR)
    state: State = service.app.state.qalqan
    for number in range(11):
        service.raise_alert(number, kind=kinds[number % 6], camera=f"c-{number}")
    async with sse(service, "/v1/console/stream", token) as events:
        async for event in events:
            if event["event"] == "flood":
                break
        assert event["data"]["on"] is True
        assert (event["data"]["raised"], event["data"]["operators"]) == (11, 1)
        assert state.calm.operators() == 1
    metrics = (await service.as_role(Role.OPERATOR).get("/metrics")).text
    assert "qalqan_flood 1.0" in metrics
    assert "qalqan_alerts_per_operator 11.0" in metrics
    assert "qalqan_alerts_silenced 0.0" in metrics


def test_a_shelf_is_an_hour_at_most_whatever_the_door(service: Service) -> None:
    from tests.support.patrols import OPERATOR

    alert = service.raise_alert(1, severity="low")
    found = service.services.silences.shelve(
        alert,  # type: ignore[arg-type]
        OPERATOR,
        timedelta(days=3),
        "asleep",
    )
    assert found.quiet_until == service.clock() + timedelta(hours=1)

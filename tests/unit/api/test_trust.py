"""Trust in rules over HTTP: read, set aside, undone, in the shape that the description promises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from alerts.access import Role
from alerts.alert import Outcome
from alerts.believing.trust import RuleKey
from alerts.json_form import change_json, trust_json
from api.trust.schemas import TrustChangeReply, TrustReply
from ingest.camera import CameraId
from tests.support.patrols import OPERATOR
from tests.support.service import CAMERA, Service, make_service

RULE = "/v1/trust/north-gate/intrusion?zone=lawn"
SCENE = {
    "version": 1,
    "zones": [{"name": "lawn", "polygon": [[0, 0.5], [1, 0.5], [1, 1]]}],
    "lines": [{"name": "gate", "points": [[0.2, 0.5], [0.8, 0.5]]}],
}
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


@pytest.fixture
async def operator(service: Service) -> httpx.AsyncClient:
    await service.as_role(Role.ADMIN).post("/v1/cameras", json={**CAMERA, "scene": SCENE})
    return service.as_role(Role.OPERATOR)


def judge(service: Service, outcome: str, times: int, first: int = 1) -> None:
    for number in range(first, first + times):
        alert = service.raise_alert(number)
        service.clock.pass_by(1)
        service.services.alerts.close(alert, OPERATOR, Outcome(outcome))  # type: ignore[arg-type]


async def test_the_schemas_have_the_keys_of_the_json_form(
    service: Service, operator: httpx.AsyncClient
) -> None:
    judge(service, "false", 20)
    found = service.services.trust.rule(RuleKey(CameraId("north-gate"), "intrusion", "lawn"))
    told = trust_json(found.trust, found.found, found.budget, found.proposed)
    assert set(told) == set(TrustReply.model_fields)
    assert set(change_json(found.changes[0])) == set(TrustChangeReply.model_fields)


async def test_false_alarms_demote_and_one_request_undoes_it(
    service: Service, operator: httpx.AsyncClient
) -> None:
    judge(service, "false", 20)
    read = await operator.get(RULE)
    trust = read.json()["trust"]
    assert (trust["state"], trust["by"], trust["reason"]) == (
        "review",
        "system:qalqan",
        "under_budget",
    )
    assert (trust["real"], trust["false"], trust["precision"]) == (0, 20, 0.0)
    assert trust["low"] == 0 < trust["high"] < trust["budget"]
    assert read.json()["changes"][0]["detail"]["alert"]
    listed = (await operator.get("/v1/trust", params={"state": ["review", "flagged"]})).json()
    assert [(one["camera"], one["kind"]) for one in listed["items"]] == [
        ("north-gate", "intrusion")
    ]
    alert = service.raise_alert(90)
    in_review = (await operator.get("/v1/alerts", params={"review": True})).json()["items"]
    assert in_review[0]["id"] == alert
    assert {(one["review"], one["patrol"]) for one in in_review} == {(True, None)}
    assert alert not in [
        one["id"] for one in (await operator.get("/v1/alerts?review=false")).json()["items"]
    ]

    order = {"state": "trusted", "reason": "the lamp was moved"}
    stale = await operator.put(RULE, json=order, headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.headers["content-type"]) == (412, "application/problem+json")
    done = await operator.put(RULE, json=order, headers={"If-Match": read.headers["etag"]})
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == f'"{trust["version"] + 1}"'
    assert (done.json()["state"], done.json()["false"]) == ("trusted", 0)
    again = await operator.put(RULE, json=order, headers={"If-Match": read.headers["etag"]})
    assert again.json() == done.json(), "sent twice is once"
    changes = (await operator.get(RULE)).json()["changes"]
    assert [(one["after"], one["reason"]) for one in changes][1] == (
        "trusted",
        "the lamp was moved",
    )
    assert changes[1]["by"].startswith("operator:")


async def test_what_cannot_be_is_said(service: Service, operator: httpx.AsyncClient) -> None:
    assert (await operator.get(RULE)).json()["trust"]["version"] == 1, "never judged: trusted"
    for path, body, status, text in (
        ("/v1/trust/north-gate/identity", {"state": "review"}, 404, "no kind of incident"),
        ("/v1/trust/nowhere/fire", {"state": "review"}, 404, "no camera nowhere"),
        (RULE, {"state": "flagged"}, 422, "/state"),
        (RULE, {"state": "review", "why": "x"}, 422, "/why"),
        (RULE, {"state": "review", "reason": "x" * 501}, 422, "/reason"),
    ):
        refused = await operator.put(path, json=body)
        assert (refused.status_code, refused.headers["content-type"]) == (
            status,
            "application/problem+json",
        )
        assert text in refused.text
    assert (await operator.get("/v1/trust?cursor=x")).status_code == 422
    assert (await operator.get("/v1/trust?state=loved")).status_code == 422
    for role in (Role.PATROL, Role.INTEGRATOR):
        assert (await service.as_role(role).put(RULE, json={"state": "review"})).status_code == 403
    assert (await service.as_role(Role.PATROL).get("/v1/trust")).status_code == 403


async def test_pages_follow_each_other(service: Service, operator: httpx.AsyncClient) -> None:
    rules = [("crowd", None), ("fire", None), ("intrusion", "lawn"), ("intrusion", "Көгал / 2")]
    for kind, zone in rules:
        params = {"zone": zone} if zone else {}
        path = f"/v1/trust/north-gate/{kind}"
        done = await operator.put(path, params=params, json={"state": "review"})
        assert done.json()["zone"] == zone
    found, cursor = [], None
    while True:
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await operator.get("/v1/trust", params=params)).json()
        found += [(one["kind"], one["zone"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == rules
    of = await operator.get("/v1/trust", params={"camera": "next-door"})
    assert of.json() == {"items": [], "next_cursor": None}


async def test_another_zone_is_another_rule(service: Service, operator: httpx.AsyncClient) -> None:
    judge(service, "false", 20)
    for zone in ("?zone=gate", ""):
        trust = (await operator.get(f"/v1/trust/north-gate/intrusion{zone}")).json()["trust"]
        assert (trust["state"], trust["false"]) == ("trusted", 0)


async def test_a_verdict_is_corrected_after_the_closing(
    service: Service, operator: httpx.AsyncClient
) -> None:
    judge(service, "false", 1)
    alert = (await operator.get("/v1/alerts")).json()["items"][0]
    path = f"/v1/alerts/{alert['id']}/verdict"
    tag = {"If-Match": f'"{alert["version"]}"'}
    done = await operator.post(path, json={"outcome": "real", "note": "on tape"}, headers=tag)
    assert (done.status_code, done.json()["outcome"]) == (200, "real")
    trust = (await operator.get(RULE)).json()["trust"]
    assert (trust["real"], trust["false"]) == (1, 0)
    still_open = service.raise_alert(50)
    refused = await operator.post(f"/v1/alerts/{still_open}/verdict", json={"outcome": "real"})
    assert refused.status_code == 409


async def test_the_why_reaches_the_alert_with_what_led_to_it(
    service: Service, operator: httpx.AsyncClient
) -> None:
    from detect.incident import IncidentBox, TrackPath

    why = {"en": "A person.", "kk": "Адам.", "ru": "Человек."}
    alert = service.raise_alert(
        1,
        why_in=why,
        boxes=(IncidentBox(2.0, "person", (0.1, 0.2, 0.3, 0.4), 7, 0.9),),
        paths=(TrackPath(7, ((1.0, 0.2, 0.4), (2.0, 0.25, 0.4))),),
        scores={"inside_s": 1.2},
    )
    detail = (await operator.get(f"/v1/alerts/{alert}")).json()
    assert detail["alert"]["why_in"] == why
    (one,) = detail["incidents"]
    assert one["payload"]["why_in"] == why
    assert one["payload"]["boxes"][0]["score"] == 0.9
    assert one["payload"]["paths"] == [{"track": 7, "points": [[1, 0.2, 0.4], [2, 0.25, 0.4]]}]
    assert one["payload"]["scores"] == {"inside_s": 1.2}
    assert one["outline"] == {"points": [[0, 0.5], [1, 0.5], [1, 1]], "closed": True}
    line = service.raise_alert(2, kind="line_crossing", zone="gate")
    drawn = (await operator.get(f"/v1/alerts/{line}")).json()["incidents"][0]["outline"]
    assert drawn == {"points": [[0.2, 0.5], [0.8, 0.5]], "closed": False}

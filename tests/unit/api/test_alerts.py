"""Alerts over HTTP: read, acted on, in exactly the shape that the description promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.access import Role
from alerts.json_form import alert_json, incident_json, step_json
from api.alerts.schemas import (
    AlertReply,
    IncidentReply,
    LinkedIncidentReply,
    StepReply,
)
from detect.incident import Evidence
from tests.support.service import CAMERA, Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def on_duty(service: Service) -> str:
    unit = service.unit()
    operator = service.as_role(Role.OPERATOR)
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    await operator.patch(f"/v1/patrols/{unit}", json={"on_duty": True})
    await operator.put(f"/v1/patrols/{unit}/position", json={"latitude": 60, "longitude": 24})
    return unit


async def test_the_schemas_have_the_keys_of_the_json_form(service: Service) -> None:
    await on_duty(service)
    detail = service.services.alerts.alert(service.raise_alert(1))  # type: ignore[arg-type]
    assert set(alert_json(detail.alert)) == set(AlertReply.model_fields)
    assert set(step_json(detail.steps[0])) == set(StepReply.model_fields)
    linked = incident_json(detail.incidents[0])
    assert set(linked) == set(LinkedIncidentReply.model_fields)
    assert set(linked["payload"]) == set(IncidentReply.model_fields)


async def test_what_was_stored_before_there_was_a_why_is_read(service: Service) -> None:
    await on_duty(service)
    linked = service.services.alerts.alert(service.raise_alert(1)).incidents[0]  # type: ignore[arg-type]
    old = {
        key: value
        for key, value in linked.payload.items()
        if key not in ("why_in", "paths", "scores")
    }
    old["boxes"] = [{k: v for k, v in box.items() if k != "score"} for box in old["boxes"]]
    told = IncidentReply.model_validate(old)
    assert (told.why_in, told.paths, told.scores, told.boxes[0].score) == ({}, [], {}, None)


async def test_from_raised_to_closed_with_a_version_for_each_step(service: Service) -> None:
    unit = await on_duty(service)
    alert = service.raise_alert(1)
    path = f"/v1/alerts/{alert}"
    operator = service.as_role(Role.OPERATOR)
    patrol = service.client(service.token(Role.PATROL, unit))  # type: ignore[arg-type]
    read = await operator.get(path)
    assert read.json()["alert"]["state"] == "dispatched"
    service.clock.pass_by(4)
    for answer in ("accept", "accept", "en_route", "on_scene"):
        told = await patrol.post(f"{path}/answer", json={"answer": answer})
        assert told.status_code == 200, told.text
    late = {"If-Match": read.headers["etag"]}
    closing = {"outcome": "real", "note": "two people"}
    assert (await operator.post(f"{path}/close", json=closing, headers=late)).status_code == 412
    closed = await patrol.post(
        f"{path}/close", json=closing, headers={"If-Match": told.headers["etag"]}
    )
    assert closed.json()["outcome"] == "real"
    other = {"outcome": "false"}
    assert (await operator.post(f"{path}/close", json=other)).status_code == 409
    metrics = (await operator.get("/metrics")).text
    assert "qalqan_dispatch_to_accept_seconds_count 1.0" in metrics
    assert "qalqan_dispatch_to_accept_seconds_sum 4.0" in metrics


async def test_a_patrol_reads_its_own_alerts_alone(service: Service) -> None:
    await on_duty(service)
    path = f"/v1/alerts/{service.raise_alert(1)}"
    stranger = service.as_role(Role.PATROL)
    assert (await stranger.get(path)).status_code == 403
    assert (await stranger.get(f"{path}/snapshot")).status_code == 403
    told = await stranger.post(f"{path}/answer", json={"answer": "accept"})
    assert told.status_code == 409


async def test_a_patrol_does_not_learn_where_the_others_are(service: Service) -> None:
    unit = await on_duty(service)
    operator = service.as_role(Role.OPERATOR)
    other = service.unit("Farther away")
    await operator.patch(f"/v1/patrols/{other}", json={"on_duty": True})
    await operator.put(f"/v1/patrols/{other}/position", json={"latitude": 61, "longitude": 24})
    path = f"/v1/alerts/{service.raise_alert(1)}"
    assert "Farther away" in (await operator.get(path)).text
    patrol = service.client(service.token(Role.PATROL, unit))  # type: ignore[arg-type]
    own = await patrol.get(path)
    assert "Farther away" not in own.text
    assert "distance_m" not in own.text
    offer = next(step for step in own.json()["steps"] if step["action"] == "dispatch")
    assert offer["detail"] == {"patrol": unit}
    account = (await operator.get(path)).text
    assert "distance_m" in account, "the account itself is whole"
    assert "inputs" not in account, "what the choice was made of stays in the database"


async def test_pages_and_states(service: Service) -> None:
    operator = service.as_role(Role.OPERATOR)
    kinds = ("intrusion", "crowd", "line_crossing")
    alerts = [service.raise_alert(number, kind=kind) for number, kind in enumerate(kinds)]
    first = (await operator.get("/v1/alerts?limit=2")).json()
    rest = (await operator.get(f"/v1/alerts?limit=2&cursor={first['next_cursor']}")).json()
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(alerts, reverse=True)
    assert first["last_event_seq"] >= 3
    none = await operator.get("/v1/alerts?state=closed&state=on_scene")
    assert none.json()["items"] == []
    assert (await operator.get("/v1/alerts?state=gone")).status_code == 422


@pytest.mark.parametrize("snapshot", ["../vault.key", "/etc/passwd", "a/../../vault.key", "no.jpg"])
async def test_no_file_outside_the_evidence_is_served(snapshot: str, service: Service) -> None:
    settings = service.services.settings
    settings.evidence.mkdir()
    settings.key_file.write_bytes(b"secret")
    alert = service.raise_alert(1, evidence=Evidence(snapshot, None))
    operator = service.as_role(Role.OPERATOR)
    assert (await operator.get(f"/v1/alerts/{alert}/snapshot")).status_code == 404


async def test_the_picture(service: Service) -> None:
    settings = service.services.settings
    settings.evidence.mkdir()
    (settings.evidence / "a.jpg").write_bytes(b"\xff\xd8")
    alert = service.raise_alert(1, evidence=Evidence("a.jpg", None))
    operator = service.as_role(Role.OPERATOR)
    picture = await operator.get(f"/v1/alerts/{alert}/snapshot")
    assert (picture.content, picture.headers["content-type"]) == (b"\xff\xd8", "image/jpeg")


async def test_another_than_the_first_choice_needs_a_reason(service: Service) -> None:
    operator = service.as_role(Role.OPERATOR)
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    units = [service.unit(f"Unit {number}") for number in range(2)]
    for number, unit in enumerate(units):
        here = {"latitude": 60.17 + 0.01 * number, "longitude": 24.94}
        assert (await operator.put(f"/v1/patrols/{unit}/position", json=here)).status_code == 200
        await operator.patch(f"/v1/patrols/{unit}", json={"on_duty": True})
    alert = service.raise_alert(severity="medium")
    path = f"/v1/alerts/{alert}/dispatch"
    refused = await operator.post(path, json={"patrol": units[1]})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "pointer": "/reason",
            "detail": "Unit 1 is not the first choice: say why it is to go",
        }
    ]
    sent = await operator.post(path, json={"patrol": units[1], "reason": "has the keys"})
    assert sent.json()["patrol"] == units[1]
    steps = (await operator.get(f"/v1/alerts/{alert}")).json()["steps"]
    assert steps[-1]["note"] == "has the keys"
    decision = steps[-1]["detail"]["decision"]
    assert decision["chosen"] == units[0]
    assert not {"inputs", "joint"} & set(decision)

"""What cameras do not speak of, over HTTP, and a person's word on it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alerts.access import Role
from api.failing import FailingRule, read_failing
from api.fixtures.service import MOST_WATCHED
from api.learned import KnownFixture, read_fixtures
from api.nodes import WatchState
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.service import CAMERA, Service, make_service

GATE = CameraId("north-gate")
SIGN = KnownFixture("5f0c1d2e3a4b", "person", (0.2, 0.3, 0.25, 0.5), NOON, 12, 2741.5)
CAR = KnownFixture("77aa01bc93de", "car", (0.6, 0.5, 0.7, 0.6), None, 1, 4.0)
FIXTURES = "/v1/cameras/north-gate/fixtures"


@pytest.fixture
async def service(tmp_path: Path) -> Service:
    service = make_service(tmp_path)
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    service.nodes.learned[GATE] = (SIGN, CAR)
    return service


@pytest.fixture
def operator(service: Service) -> httpx.AsyncClient:
    return service.as_role(Role.OPERATOR)


async def test_they_are_listed_with_since_label_box_and_how_often(
    operator: httpx.AsyncClient,
) -> None:
    told = (await operator.get(FIXTURES)).json()
    assert told["watched"] == []
    assert [one["id"] for one in told["items"]] == [SIGN.id, CAR.id]
    assert told["items"][0] == {
        "id": SIGN.id,
        "label": "person",
        "xyxy": [0.2, 0.3, 0.25, 0.5],
        "since": "2026-11-24T12:00:00Z",
        "times": 12,
        "hidden_s": 2741.5,
    }
    assert told["items"][1]["since"] is None


async def test_one_is_forgotten_once_by_name_and_the_nodes_are_told(
    service: Service, operator: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    before = service.nodes.changes
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            assert (await operator.delete(f"{FIXTURES}/{SIGN.id}")).status_code == 204
    assert service.nodes.changes == before + 1
    (said,) = [one.getMessage() for one in caplog.records if one.name == "api.audit"]
    assert said == (
        f"fixture_forgotten camera=north-gate fixture={SIGN.id} label=person"
        ' by="operator:a operator"'
    )
    told = (await operator.get(FIXTURES)).json()
    assert [one["id"] for one in told["items"]] == [CAR.id], "at once, whatever the node still says"
    (watched,) = told["watched"]
    assert (watched["id"], watched["by"]) == (SIGN.id, "operator:a operator")
    assert watched["xyxy"] == list(SIGN.xyxy)
    stored = service.services.cameras.get(GATE)
    assert stored is not None
    assert stored.watched[0].xyxy == SIGN.xyxy


async def test_it_can_be_taken_back(service: Service, operator: httpx.AsyncClient) -> None:
    await operator.delete(f"{FIXTURES}/{SIGN.id}")
    watched = f"/v1/cameras/north-gate/watched/{SIGN.id}"
    assert (await operator.delete(watched)).status_code == 204
    told = (await operator.get(FIXTURES)).json()
    assert (len(told["items"]), told["watched"]) == (2, [])
    assert (await operator.delete(watched)).status_code == 404


async def test_a_change_of_the_camera_keeps_what_was_said(
    service: Service, operator: httpx.AsyncClient
) -> None:
    await operator.delete(f"{FIXTURES}/{SIGN.id}")
    admin = service.as_role(Role.ADMIN)
    assert (await admin.patch("/v1/cameras/north-gate", json={"fps": 2})).status_code == 200
    assert len((await operator.get(FIXTURES)).json()["watched"]) == 1


async def test_of_very_many_the_newest_are_kept(
    service: Service, operator: httpx.AsyncClient
) -> None:
    many = tuple(replace(SIGN, id=f"{n:012x}") for n in range(MOST_WATCHED + 1))
    service.nodes.learned[GATE] = many
    for one in many:
        await operator.delete(f"{FIXTURES}/{one.id}")
    watched = (await operator.get(FIXTURES)).json()["watched"]
    assert [one["id"] for one in watched] == [one.id for one in many[1:]]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/cameras/nowhere/fixtures/5f0c1d2e3a4b", 404),
        (f"{FIXTURES}/000000000000", 404),
        (f"{FIXTURES}/NOT-AN-ID", 422),
    ],
)
async def test_what_is_not_there_is_not_forgotten(
    operator: httpx.AsyncClient, path: str, status: int
) -> None:
    assert (await operator.delete(path)).status_code == status


async def test_while_no_node_says_it_nothing_is_listed_or_forgotten(
    service: Service, operator: httpx.AsyncClient
) -> None:
    service.nodes.learned.clear()
    assert (await operator.get(FIXTURES)).status_code == 409
    assert (await operator.delete(f"{FIXTURES}/{SIGN.id}")).status_code == 409


async def test_an_integrator_reads_and_a_patrol_does_not(service: Service) -> None:
    assert (await service.as_role(Role.INTEGRATOR).get(FIXTURES)).status_code == 200
    forgets = service.as_role(Role.INTEGRATOR).delete(f"{FIXTURES}/{SIGN.id}")
    assert (await forgets).status_code == 403
    assert (await service.as_role(Role.PATROL).get(FIXTURES)).status_code == 403


# --- what nodes report ---


def fixture_said(**more: object) -> dict[str, object]:
    said = {"id": SIGN.id, "label": "person", "xyxy": [0.2, 0.3, 0.25, 0.5]}
    return {**said, "since": "2026-11-24T12:00:00.000Z", "times": 12, "hidden_s": 2741.5, **more}


def test_a_report_of_fixtures_is_read_or_refused() -> None:
    assert read_fixtures([fixture_said()]) == (SIGN,)
    for wrong in ({"id": "../x"}, {"times": -1}, {"xyxy": [1, 2]}, {"hidden_s": "long"}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            read_fixtures([fixture_said(**wrong)])


RULE = {
    "kind": "crowd",
    "zone": "lawn",
    "since": "2026-11-24T12:00:00.000Z",
    "failures": 3,
    "error": "ZeroDivisionError: division\nby zero",
}


def test_a_report_of_failing_rules_is_read_or_refused() -> None:
    (one,) = read_failing([RULE])
    assert one == FailingRule("crowd", "lawn", NOON, 3, "ZeroDivisionError: division by zero")
    for wrong in ({"kind": "Not a word"}, {"failures": 0}, {"since": "soon"}, {"error": 7}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            read_failing([{**RULE, **wrong}])


async def test_a_rule_that_fails_is_told_with_its_camera(
    service: Service, operator: httpx.AsyncClient
) -> None:
    service.nodes.states[GATE] = WatchState(
        "live", None, NOON, 5.0, NOON, failing=read_failing([RULE])
    )
    watch = (await operator.get("/v1/cameras/north-gate")).json()["watch"]
    said = {"since": "2026-11-24T12:00:00Z", "error": "ZeroDivisionError: division by zero"}
    assert watch["failing_rules"] == [RULE | said]
    metrics = (await operator.get("/metrics")).text
    assert 'qalqan_camera_failing_rules{camera="north-gate"} 1.0' in metrics

"""Units over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.access import Role
from alerts.alert import PatrolId
from detect.incident import rfc3339
from tests.support.service import Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def test_a_unit_is_registered_gets_a_token_and_speaks_for_itself(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    made = await admin.post("/v1/patrols", json={"name": "Unit 7"})
    assert made.headers["location"] == f"/v1/patrols/{made.json()['id']}"
    secrets = (await admin.post(f"{made.headers['location']}/token")).json()
    assert secrets["sign_in_path"].startswith("/patrol#code=qc_")
    other = service.unit("Unit 8")
    async with service.client(secrets["token"]) as unit:
        assert (await unit.get("/v1/patrols/me")).json()["name"] == "Unit 7"
        on = await unit.patch("/v1/patrols/me", json={"on_duty": True})
        assert on.json()["on_duty"] is True
        for method, path, body in (
            ("GET", f"/v1/patrols/{other}", None),
            ("PATCH", f"/v1/patrols/{other}", {"on_duty": True}),
            ("PUT", f"/v1/patrols/{other}/position", {"latitude": 0, "longitude": 0}),
        ):
            assert (await unit.request(method, path, json=body)).status_code == 403
    operator = service.as_role(Role.OPERATOR)
    assert (await operator.get("/v1/patrols/me")).status_code == 403


async def test_one_key_registers_one_unit(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    headers = {"Idempotency-Key": "unit-7"}
    first = await admin.post("/v1/patrols", json={"name": "Unit 7"}, headers=headers)
    again = await admin.post("/v1/patrols", json={"name": "Unit 7"}, headers=headers)
    assert first.json() == again.json()
    assert len((await admin.get("/v1/patrols")).json()["items"]) == 1


async def test_a_shift_goes_by_version(service: Service) -> None:
    operator, unit = service.as_role(Role.OPERATOR), service.unit()
    path = f"/v1/patrols/{unit}"
    version = (await operator.get(path)).headers["etag"]
    on = {"on_duty": True}
    assert (await operator.patch(path, json=on, headers={"If-Match": version})).status_code == 200
    late = await operator.patch(path, json={"on_duty": False}, headers={"If-Match": version})
    assert late.status_code == 412


async def test_positions_of_the_future_are_of_now_and_older_ones_change_nothing(
    service: Service,
) -> None:
    operator, unit = service.as_role(Role.OPERATOR), service.unit()
    path = f"/v1/patrols/{unit}/position"
    now = service.clock()
    ahead = {"latitude": 60.1, "longitude": 24.9, "at": rfc3339(now + timedelta(hours=1))}
    assert (await operator.put(path, json=ahead)).json()["at"] == rfc3339(now)
    behind = {"latitude": 1, "longitude": 2, "at": rfc3339(now - timedelta(seconds=9))}
    assert (await operator.put(path, json=behind)).json()["latitude"] == 60.1


async def test_units_are_paged(service: Service) -> None:
    operator = service.as_role(Role.OPERATOR)
    units = sorted(service.unit(f"Unit {number}") for number in range(5))
    first = (await operator.get("/v1/patrols?limit=3")).json()
    rest = (await operator.get(f"/v1/patrols?limit=3&cursor={first['next_cursor']}")).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == units
    assert rest["next_cursor"] is None


# --- many at once ---


async def test_a_gateway_says_where_many_are(service: Service) -> None:
    gateway, operator = service.as_role(Role.INTEGRATOR), service.as_role(Role.OPERATOR)
    one, other = service.unit("Unit 1"), service.unit("Unit 2")
    nobody = "00000000-0000-4000-8000-000000000000"
    now = service.clock()

    def fix(unit: str, latitude: float, ago_s: float) -> dict[str, object]:
        at = rfc3339(now - timedelta(seconds=ago_s))
        return {"patrol": unit, "latitude": latitude, "longitude": 24.5, "at": at}

    fixes = [fix(one, 60.1, 9), fix(nobody, 60, 0), fix(other, 60.2, -99), fix(one, 60.3, 10)]
    answer = await gateway.put("/v1/patrols/positions", json={"positions": fixes})
    assert answer.status_code == 200
    assert answer.json() == {
        "taken": 2,
        "refused": [
            {"index": 1, "patrol": nobody, "reason": "unknown"},
            {"index": 3, "patrol": one, "reason": "older"},
        ],
    }
    units = {unit["id"]: unit for unit in (await operator.get("/v1/patrols")).json()["items"]}
    assert (units[one]["latitude"], units[one]["at"]) == (60.1, fixes[0]["at"])
    assert (units[other]["latitude"], units[other]["at"]) == (60.2, rfc3339(now))
    again = await gateway.put("/v1/patrols/positions", json={"positions": fixes})
    assert again.json()["taken"] == 2, "sent again over a bad network"


@pytest.mark.parametrize(
    ("positions", "pointer"),
    [
        ([], "/positions"),
        ([{"patrol": "x", "latitude": 1, "longitude": 1}], "/positions/0/patrol"),
        ([{"patrol": "{unit}", "latitude": 91, "longitude": 1}], "/positions/0/latitude"),
        ([{"patrol": "{unit}", "latitude": "1", "longitude": 1}], "/positions/0/latitude"),
        ([{"patrol": "{unit}", "latitude": 1, "longitude": 1, "speed": 3}], "/positions/0/speed"),
        ([{"patrol": "{unit}", "latitude": 1, "longitude": 1}] * 2001, "/positions"),
    ],
)
async def test_a_gateway_is_told_what_is_wrong(
    service: Service, positions: list[dict[str, object]], pointer: str
) -> None:
    unit = service.unit()
    sent = [
        {key: unit if value == "{unit}" else value for key, value in one.items()}
        for one in positions
    ]
    gateway = service.as_role(Role.INTEGRATOR)
    answer = await gateway.put("/v1/patrols/positions", json={"positions": sent})
    assert answer.status_code == 422
    assert pointer in [error["pointer"].removeprefix("#") for error in answer.json()["errors"]]


async def test_what_a_unit_can_do_is_said_by_the_control_room(service: Service) -> None:
    admin, operator = service.as_role(Role.ADMIN), service.as_role(Role.OPERATOR)
    new = {"name": "Unit 7", "capabilities": ["vehicle", "medical", "vehicle"]}
    made = (await admin.post("/v1/patrols", json=new)).json()
    assert made["capabilities"] == ["medical", "vehicle"]
    path = f"/v1/patrols/{made['id']}"
    both = {"capabilities": ["k9"], "on_duty": True}
    changed = await operator.patch(path, json=both, headers={"If-Match": f'"{made["version"]}"'})
    assert (changed.json()["capabilities"], changed.json()["on_duty"]) == (["k9"], True)
    late = {"If-Match": f'"{made["version"]}"'}
    assert (await operator.patch(path, json={"capabilities": []}, headers=late)).status_code == 412
    listed = (await operator.get("/v1/patrols")).json()["items"]
    assert [(one["capabilities"], one["handled"]) for one in listed] == [(["k9"], 0)]
    token = service.token(Role.PATROL, PatrolId(made["id"]))
    async with service.client(token) as unit:
        refused = await unit.patch("/v1/patrols/me", json={"capabilities": ["armed"]})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"capabilities": ["K9"]}, "/capabilities/0"),
        ({"capabilities": ["a b"]}, "/capabilities/0"),
        ({"capabilities": [f"w{n}" for n in range(17)]}, "/capabilities"),
        ({}, ""),
    ],
)
async def test_what_is_no_capability(service: Service, body: object, pointer: str) -> None:
    operator, unit = service.as_role(Role.OPERATOR), service.unit()
    reply = await operator.patch(f"/v1/patrols/{unit}", json=body)
    assert reply.status_code == 422
    assert [one["pointer"] for one in reply.json()["errors"]] == [pointer]

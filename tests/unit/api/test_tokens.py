"""Tokens over HTTP: made, listed without secrets, revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.access import Role
from tests.support.service import Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def test_a_token_is_shown_once_works_and_ends(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    made = (
        await admin.post("/v1/tokens", json={"role": "integrator", "name": "Import", "days": 1})
    ).json()
    async with service.client(made["token"]) as caller:
        assert (await caller.get("/v1/cameras")).status_code == 200
    listed = await admin.get("/v1/tokens")
    assert made["token"] not in listed.text
    kinds = {one["id"]: one["kind"] for one in listed.json()["items"]}
    assert kinds[made["id"]] == "token"
    assert "sign_in_code" in kinds.values()
    async with service.client() as browser:
        code = made["sign_in_path"].partition("#code=")[2]
        assert (await browser.post("/v1/session", json={"code": code})).status_code == 200
    assert (await admin.delete(f"/v1/tokens/{made['id']}")).status_code == 204
    async with service.client(made["token"]) as caller:
        assert (await caller.get("/v1/cameras")).status_code == 401
    assert made["id"] not in (await admin.get("/v1/tokens")).text


async def test_a_token_lapses(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    made = (
        await admin.post("/v1/tokens", json={"role": "operator", "name": "Guest", "days": 1})
    ).json()
    service.clock.pass_by(24 * 3600 + 1)
    async with service.client(made["token"]) as caller:
        assert (await caller.get("/v1/alerts")).status_code == 401


async def test_a_patrols_token_names_a_unit_that_exists(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    unit = service.unit()
    body = {"role": "patrol", "name": "Unit 1"}
    assert (await admin.post("/v1/tokens", json=body)).status_code == 422
    assert (await admin.post("/v1/tokens", json={**body, "patrol": unit})).status_code == 201
    unknown = "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d"
    assert (await admin.post("/v1/tokens", json={**body, "patrol": unknown})).status_code == 404
    wrong = {"role": "operator", "name": "Aida", "patrol": unit}
    assert (await admin.post("/v1/tokens", json=wrong)).status_code == 422


async def test_the_same_key_gives_the_same_token(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    body = {"role": "operator", "name": "Aida"}
    headers = {"Idempotency-Key": "hire-aida"}
    first = await admin.post("/v1/tokens", json=body, headers=headers)
    again = await admin.post("/v1/tokens", json=body, headers=headers)
    assert first.json() == again.json()
    other = await admin.post("/v1/tokens", json={**body, "name": "Bek"}, headers=headers)
    assert other.status_code == 422


async def test_no_such_token(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    unknown = "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d"
    assert (await admin.delete(f"/v1/tokens/{unknown}")).status_code == 404
    assert (await admin.delete("/v1/tokens/everything")).status_code == 422

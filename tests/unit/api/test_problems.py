"""Refusals as problem documents: the right status, one clear line, nothing echoed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access import Role
from alerts.errors import (
    AlertsError,
    NotFound,
    NotYours,
    PatrolUnavailable,
    StoreUnavailable,
    TransitionRefused,
    VersionConflict,
)
from api.auth.vault import VaultError
from api.nodes import NotWatched
from tests.support.service import Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("there is no alert x"), 404),
        (NotYours("it is with another"), 409),
        (TransitionRefused("it is closed"), 409),
        (PatrolUnavailable("off duty"), 409),
        (VersionConflict("it is at version 3"), 412),
        (StoreUnavailable("the disk is full"), 503),
        (VaultError("another key"), 503),
        (NotWatched("no node"), 409),
        (AlertsError("something new"), 409),
        (RuntimeError("secret inside"), 500),
    ],
)
async def test_what_the_layers_below_refuse(
    error: Exception, status: int, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(service.services.alerts, "page", fail)
    answer = await service.as_role(Role.OPERATOR).get("/v1/alerts")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert (str(error) in document["detail"]) is (status != 500)
    assert ("retry-after" in answer.headers) is (status == 503)


BODIES: list[tuple[bytes, int, str]] = [
    (b"", 422, ""),
    (b"{", 400, ""),
    (b"{}", 422, "/name"),
    (b"[]", 422, ""),
    (b"null", 422, ""),
    (b'"name"', 422, ""),
    (b'{"name": 7}', 422, "/name"),
    (b'{"name": ""}', 422, "/name"),
    (b'{"name": "a\\u0000b"}', 422, "/name"),
    (b'{"name": "\\ud800"}', 422, "/name"),
    (b'{"name": "a\\nb"}', 422, "/name"),
    (b'{"name": "' + b"x" * 65 + b'"}', 422, "/name"),
    (b'{"name": "a", "more": 1}', 422, "/more"),
    (b'{"name": "a", "a/b~c": 1}', 422, "/a~1b~0c"),
    (b'{"name": "a", "name": "b"}', 400, ""),
    (b'{"name": NaN}', 400, ""),
    (b'{"name": 1e999}', 400, ""),
    (b'{"name": ' + b"1" * 5000 + b"}", 400, ""),
    (b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400, ""),
    (b'{"name": "\xff"}', 400, ""),
    (b'\xef\xbb\xbf{"name": "a"}', 400, ""),
]


@pytest.mark.parametrize(("body", "status", "pointer"), BODIES)
async def test_a_wrong_body_is_pointed_at(
    body: bytes, status: int, pointer: str, service: Service
) -> None:
    admin = service.as_role(Role.ADMIN)
    headers = {"Content-Type": "application/json"}
    answer = await admin.post("/v1/patrols", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert document["errors"][0]["pointer"] == pointer
    assert "\n" not in document["detail"]
    assert len(document["detail"]) < 500


async def test_many_mistakes_are_named_but_not_without_end(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    answer = await admin.post("/v1/patrols", json={f"key-{n}": n for n in range(500)})
    assert len(answer.json()["errors"]) == 20
    long = await admin.post("/v1/patrols", json={"name": "a", "k" * 10_000: 1})
    assert len(long.content) < 2000


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "x"])
async def test_a_body_that_is_not_declared_as_json(kind: str, service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    headers: dict[str, Any] = {"Content-Type": kind} if kind else {}
    answer = await admin.post("/v1/patrols", content=b'{"name": "a"}', headers=headers)
    assert answer.status_code == 415


async def test_json_by_another_name(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    for kind in ("application/json; charset=utf-8", "application/merge-patch+json"):
        headers = {"Content-Type": kind}
        answer = await admin.post("/v1/patrols", content=b'{"name": "a"}', headers=headers)
        assert answer.status_code == 201


async def test_what_is_missing_before_it_is_ready(tmp_path: Path) -> None:
    service = make_service(tmp_path, checks=(lambda: "the disk is full", lambda: "no node"))
    async with service.client() as anybody:
        answer = await anybody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the disk is full; no node"


async def test_ready_counts_cameras_without_naming_them(service: Service) -> None:
    from tests.support.service import CAMERA

    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    async with service.client() as anybody:
        answer: httpx.Response = await anybody.get("/readyz")
    assert answer.json() == {"status": "degraded", "cameras": 1, "watched": 0, "off": 0}

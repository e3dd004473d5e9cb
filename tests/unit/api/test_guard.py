"""What stands before every request: host names, sizes and paces of bodies, headers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.access import Role
from api.guard import MAX_BODY_BYTES, SAFE_HEADERS, Guard, host_name
from api.problem import Problem
from api.settings import Settings
from tests.support.service import Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    settings = Settings(home=tmp_path, public_hosts=("Alarm.Example.kz",))
    return make_service(tmp_path, settings=settings)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8080", 200),
        ("LOCALHOST.", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("10.0.0.7", 200),
        ("alarm.example.kz", 200),
        ("alarm.example.kz.:443", 200),
        ("evil.example", 421),
        ("alarm.example.kz.evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("localhost@evil.example", 421),
    ],
)
async def test_names_that_are_not_ours_are_refused(
    host: str, status: int, service: Service
) -> None:
    async with service.client() as caller:
        answer = await caller.get("/healthz", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert answer.headers["content-type"] == "application/problem+json"


def test_host_names() -> None:
    assert host_name("A.b:80") == "a.b"
    assert host_name("[FE80::1]:80") == "fe80::1"
    assert host_name(":80") == ""


async def test_a_body_without_a_length_is_measured_while_it_comes(service: Service) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * MAX_BODY_BYTES:
            sent += 65536
            yield b" " * 65536

    admin = service.as_role(Role.ADMIN)
    headers = {"Content-Type": "application/json"}
    answer = await admin.post("/v1/patrols", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert sent < 2 * MAX_BODY_BYTES


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 30, "-1", "x", "1e3"])
async def test_a_length_that_is_too_large_or_none(length: str, service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    headers = {"Content-Length": length, "Content-Type": "application/json"}
    answer = await admin.post("/v1/patrols", content=b"{}", headers=headers)
    assert answer.status_code == 413


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        await receive()  # type: ignore[operator]

    async def never() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: object) -> None:
        raise AssertionError("nothing is sent by the guard itself")

    guard = Guard(app, (), body_s=0.01)  # type: ignore[arg-type]
    scope = {"type": "http", "headers": []}
    with pytest.raises(Problem) as refused:
        await guard(scope, never, send)  # type: ignore[arg-type]
    assert refused.value.status_code == 408


async def test_every_reply_has_the_headers_that_keep_browsers_safe(service: Service) -> None:
    async with service.client() as caller:
        for path in ("/healthz", "/", "/v1/alerts", "/nothing", "/openapi.json"):
            answer = await caller.get(path)
            for name, value in SAFE_HEADERS.items():
                assert answer.headers[name] == value, path
            assert "cache-control" in answer.headers

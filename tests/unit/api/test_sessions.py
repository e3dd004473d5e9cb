"""Signing in: codes, tokens, cookies, and what ends them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from alerts.access import Role
from api.auth.access import COOKIE
from api.auth.limiter import SignInLimiter, neighbourhood
from api.auth.tokens import issue_sign_in_path
from tests.support.service import Clock, Service, make_service

CONSOLE = {"X-Qalqan-Console": "1"}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


def code(service: Service, role: Role = Role.OPERATOR) -> str:
    path = issue_sign_in_path(service.services.grants, role, "Aida", service.clock())
    return path.partition("#code=")[2]


async def sign_in(client: httpx.AsyncClient, secret: str) -> httpx.Response:
    return await client.post("/v1/session", json={"code": secret})


async def test_a_code_opens_a_session_that_scripts_and_other_sites_cannot_reach(
    service: Service,
) -> None:
    async with service.client() as browser:
        answer = await sign_in(browser, code(service))
        assert answer.json() == {"role": "operator", "name": "Aida", "patrol": None}
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await browser.get("/v1/session")).json()["name"] == "Aida"
        assert (await browser.delete("/v1/session")).status_code == 403
        assert (await browser.delete("/v1/session", headers=CONSOLE)).status_code == 204
        assert (await browser.get("/v1/session")).status_code == 401


async def test_a_code_is_spent_once_however_many_try_at_once(service: Service) -> None:
    secret = code(service)
    async with service.client() as one:
        answers = await asyncio.gather(*(sign_in(one, secret) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_code_lapses_and_is_no_token(service: Service) -> None:
    secret = code(service)
    async with service.client(secret) as caller:
        assert (await caller.get("/v1/session")).status_code == 401
    service.clock.pass_by(601)
    async with service.client() as browser:
        assert (await sign_in(browser, secret)).status_code == 401


async def test_a_session_lapses_and_ends_with_its_token(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    async with service.client() as browser:
        await sign_in(browser, token)
        (grant,) = [one for one in service.services.grants.list() if one.parent is None]
        admin = service.as_role(Role.ADMIN)
        assert (await browser.get("/v1/alerts")).status_code == 200
        assert (await admin.delete(f"/v1/tokens/{grant.id}")).status_code == 204
        assert (await browser.get("/v1/alerts")).status_code == 401
    async with service.client() as browser:
        await sign_in(browser, service.token(Role.OPERATOR))
        service.clock.pass_by(12 * 3600 + 1)
        assert (await browser.get("/v1/alerts")).status_code == 401


async def test_whatever_a_token_let_in_ends_with_it(service: Service) -> None:
    admin = service.as_role(Role.ADMIN)
    for path, order in (
        ("/v1/tokens", {"role": "operator", "name": "Aida"}),
        (f"/v1/patrols/{service.unit()}/token", None),
    ):
        known = {one["id"] for one in (await admin.get("/v1/tokens")).json()["items"]}
        made = (await admin.post(path, json=order)).json()
        items = (await admin.get("/v1/tokens")).json()["items"]
        (token,) = [one["id"] for one in items if one["id"] not in known and one["kind"] == "token"]
        link = made["sign_in_path"].partition("#code=")[2]
        async with (
            service.client() as by_token,
            service.client() as by_session,
            service.client() as by_link,
        ):
            await sign_in(by_token, made["token"])
            assert (await sign_in(by_session, by_token.cookies[COOKIE])).status_code == 200
            assert (await sign_in(by_link, link)).status_code == 200
            assert (await admin.delete(f"/v1/tokens/{token}")).status_code == 204
            for browser in (by_token, by_session, by_link):
                assert (await browser.get("/v1/session")).status_code == 401
        made = (await admin.post(path, json=order)).json()
        items = (await admin.get("/v1/tokens")).json()["items"]
        (token,) = [one["id"] for one in items if one["id"] not in known and one["kind"] == "token"]
        await admin.delete(f"/v1/tokens/{token}")
        async with service.client() as late:
            link = made["sign_in_path"].partition("#code=")[2]
            assert (await sign_in(late, link)).status_code == 401, "an unused link ends too"


async def test_a_change_with_a_cookie_needs_the_header_that_forms_cannot_send(
    service: Service,
) -> None:
    alert = service.raise_alert(1)
    async with service.client() as browser:
        await sign_in(browser, code(service))
        path = f"/v1/alerts/{alert}/acknowledge"
        assert (await browser.post(path)).status_code == 403
        assert (await browser.post(path, headers=CONSOLE)).status_code == 200
        form = {"Content-Type": "text/plain", **CONSOLE}
        told = await browser.post(f"/v1/alerts/{alert}/close", content="{}", headers=form)
        assert told.status_code == 415


async def test_guessing_is_slowed_down(service: Service) -> None:
    async with service.client() as guesser:
        for _ in range(10):
            assert (await sign_in(guesser, "qc_guess")).status_code == 401
        answer = await sign_in(guesser, code(service))
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        service.clock.pass_by(61)
        assert (await sign_in(guesser, code(service))).status_code == 200


def test_the_limiter_forgets_and_is_bounded() -> None:
    limiter = SignInLimiter(Clock(), failures=1, capacity=3)
    for number in range(10):
        limiter.failed(f"10.0.0.{number}")
    assert len(limiter) == 3
    assert limiter.wait_s("10.0.0.9") > 0
    assert limiter.wait_s("10.0.0.1") == 0


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    clock = Clock()
    limiter = SignInLimiter(clock, failures=1)
    limiter.failed("10.0.0.1")
    clock.pass_by(-3600)
    assert limiter.wait_s("10.0.0.1") == 0
    limiter.failed("10.0.0.1")
    assert 0 < limiter.wait_s("10.0.0.1") <= 60


def test_neighbours_in_ipv6_count_as_one() -> None:
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9")
    assert neighbourhood("2001:db8:1:2::1") != neighbourhood("2001:db8:1:3::1")
    assert neighbourhood("::ffff:10.0.0.1") == neighbourhood("10.0.0.1")
    assert neighbourhood("unknown") == "unknown"


async def test_the_cookie_is_secure_over_https(service: Service) -> None:
    async with service.client() as browser:
        answer = await browser.post("https://localhost/v1/session", json={"code": code(service)})
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["set-cookie"].startswith(COOKIE)

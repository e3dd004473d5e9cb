"""Server-sent events and WebSocket: the same events, the same rules, over the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.access import Role
from api.auth.access import COOKIE
from api.auth.tokens import digest, open_session, revoke
from tests.support.service import CAMERA, Service, make_service
from tests.support.told import OPERATORS, OWN, TRANSPORTS, Line, Told, by_socket, served
from tests.support.waiting import until


@dataclass
class Place:
    """A service and one way to listen to it."""

    service: Service
    port: int
    transport: str

    def listen(
        self, path: str, token: str | None, after: int | None = None, **headers: str
    ) -> AbstractAsyncContextManager[Line]:
        given = {"Authorization": f"Bearer {token}"} if token else {}
        return TRANSPORTS[self.transport](self.port, path, {**given, **headers}, after)

    def end(self, token: str) -> None:
        grant = self.service.services.grants.by_digest(digest(token))
        assert grant is not None
        assert revoke(self.service.services.grants, grant.id, self.service.clock())


@pytest.fixture(params=TRANSPORTS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    service = make_service(tmp_path)
    async with served(service) as port:
        yield Place(service, port, request.param)


def numbers(events: list[Told]) -> list[int]:
    return [event["id"] for event in events]


async def test_what_was_committed_in_a_gap_comes_once_and_in_order(place: Place) -> None:
    token = place.service.token(Role.OPERATOR)
    async with place.listen(OPERATORS, token, 0) as line:
        first = place.service.raise_alert(0)
        (seen,) = await line.take(1)
    assert (seen["type"], seen["id"], seen["data"]["id"]) == ("alert", 1, first)
    for number in range(1, 251):
        place.service.raise_alert(number, kind=f"kind-{number}")
    async with place.listen(OPERATORS, token, seen["id"]) as line:
        missed = await line.take(250)
        place.service.raise_alert(300, kind="kind-300")
        (live,) = await line.take(1)
    kinds = [event["data"]["kind"] for event in (*missed, live)]
    assert kinds == [f"kind-{number}" for number in (*range(1, 251), 300)]
    assert numbers([*missed, live]) == [*range(2, 253)]


async def test_without_a_number_it_begins_now(place: Place) -> None:
    place.service.raise_alert(1)
    async with place.listen(OPERATORS, place.service.token(Role.OPERATOR)) as line:
        await until(lambda: place.service.app.state.qalqan.streams.tail.has_begun)
        later = place.service.raise_alert(2, kind="loitering")
        (event,) = await line.take(1)
    assert event["data"]["id"] == later


async def test_a_patrol_hears_what_still_matters(place: Place) -> None:
    service = place.service
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    unit = service.unit()
    token = service.token(Role.PATROL, unit)
    own = service.client(token)
    at = {"latitude": 60.17, "longitude": 24.94}
    await own.patch("/v1/patrols/me", json={"on_duty": True})
    await own.put("/v1/patrols/me/position", json=at)
    async with place.listen(OWN, token) as line:
        (hello,) = await line.take(1)
        assert (hello["type"], hello["id"], hello["data"]["alert"]) == ("hello", None, None)
        alert = service.raise_alert(1)
        (offer,) = await line.take(1)
        assert (offer["type"], offer["data"]["id"]) == ("offer", alert)
    await own.post(f"/v1/alerts/{alert}/answer", json={"answer": "accept"})
    await own.post(f"/v1/alerts/{alert}/answer", json={"answer": "en_route"})
    async with place.listen(OWN, token, offer["id"]) as line:
        hello, update = await line.take(2)
        assert hello["data"]["alert"]["id"] == alert
        assert (update["type"], update["data"]["state"]) == ("update", "en_route")


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        (OPERATORS, None, 401),
        (OPERATORS, Role.PATROL, 403),
        (OPERATORS, Role.INTEGRATOR, 403),
        (OWN, None, 401),
        (OWN, Role.OPERATOR, 403),
    ],
)
async def test_who_may_not_listen_is_told_so(
    path: str, role: Role | None, status: int, place: Place
) -> None:
    unit = place.service.unit() if role is Role.PATROL else None
    token = place.service.token(role, unit) if role else None
    async with place.listen(path, token) as line:
        assert line.status == status
    async with place.listen(path, "qk_unknown") as line:
        assert line.status == 401


@pytest.mark.parametrize("header", [{"Host": "elsewhere.example"}, {"Last-Event-ID": "x"}])
async def test_what_comes_under_another_name_or_number_is_refused(
    header: dict[str, str], place: Place
) -> None:
    async with place.listen(OPERATORS, place.service.token(Role.OPERATOR), **header) as line:
        assert line.status == (421 if "Host" in header else 422)


async def test_a_revoked_token_ends_the_stream_before_the_next_event(place: Place) -> None:
    token = place.service.token(Role.OPERATOR)
    async with place.listen(OPERATORS, token, 0) as line:
        place.service.raise_alert(1)
        await line.take(1)
        place.end(token)
        place.service.raise_alert(2, kind="loitering")
        assert await line.rest() == []
    if place.transport == "socket":
        assert line.code == 1008


async def test_a_stopping_service_says_so(place: Place) -> None:
    token = place.service.token(Role.OPERATOR)
    async with place.listen(OPERATORS, token, 0) as line:
        place.service.raise_alert(1)
        await line.take(1)
        place.service.app.state.qalqan.streams.close()
        assert await line.rest() == []
        async with place.listen(OPERATORS, token) as late:
            assert late.status == 503
    if place.transport == "socket":
        assert line.code == 1001


async def test_a_hundred_clients_that_come_and_go_miss_nothing(place: Place) -> None:
    """Each is cut off now and then, and resumes after what it has."""
    token = [place.service.token(Role.OPERATOR) for _ in range(4)]
    total = 120

    async def follow(client: int) -> list[int]:
        seen = [0]
        while seen[-1] < total:
            async with place.listen(OPERATORS, token[client % 4], seen[-1]) as line:
                for _ in range(7 + client):
                    seen += numbers(await line.take(1))
                    if seen[-1] == total:
                        break
        return seen[1:]

    following = [asyncio.create_task(follow(client)) for client in range(24)]
    for number in range(total):
        await asyncio.to_thread(place.service.raise_alert, number, kind=f"kind-{number}")
    async with asyncio.timeout(60):
        found = await asyncio.gather(*following)
    assert found == [[*range(1, total + 1)]] * 24
    await until(lambda: len(place.service.app.state.qalqan.streams) == 0)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, False),
        ("http://127.0.0.1:{port}", True),
        ("http://127.0.0.1:1", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_a_page_of_another_site_cannot_use_the_cookie(
    origin: str | None, allowed: bool, tmp_path: Path
) -> None:
    service = make_service(tmp_path)
    grant = service.services.grants.by_digest(digest(service.token(Role.OPERATOR)))
    assert grant is not None
    session = open_session(service.services.grants, grant, service.clock())
    async with served(service) as port:
        headers = {"Cookie": f"{COOKIE}={session}"}
        if origin is not None:
            headers["Origin"] = origin.format(port=port)
        async with by_socket(port, OPERATORS, headers, 0) as line:
            assert line.status == (200 if allowed else 403)
            if allowed:
                service.raise_alert(1)
                assert numbers(await line.take(1)) == [1]

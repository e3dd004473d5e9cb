"""Streams: nothing missed across a gap, nothing after the grant has ended, bounded in number."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from alerts.access import Role
from alerts.errors import StoreUnavailable
from alerts.notify.feed import Feed
from api.auth.tokens import digest, revoke
from api.problem import Problem
from api.sse import MAX_STREAMS_A_GRANT, Event, Streams, on_change
from tests.support.service import CAMERA, Service, make_service, sse


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def take(stream: Any, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        return [await anext(stream) for _ in range(count)]


async def rest(stream: Any) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        return [event async for event in stream]


def end_grant(service: Service, token: str) -> None:
    grant = service.services.grants.by_digest(digest(token))
    assert grant is not None
    assert revoke(service.services.grants, grant.id, service.clock())


async def test_what_was_committed_during_the_gap_comes_once_and_in_order(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    path = "/v1/alerts/stream"
    async with sse(service, f"{path}?after=0", token) as stream:
        first = service.raise_alert(0)
        (seen,) = await take(stream, 1)
        assert seen["data"]["id"] == first
    for number in range(1, 6):
        service.raise_alert(number, kind=f"kind-{number}")
    async with sse(service, path, token, {"Last-Event-ID": seen["id"]}) as stream:
        missed = await take(stream, 5)
        service.raise_alert(6, kind="kind-6")
        (live,) = await take(stream, 1)
    kinds = [event["data"]["kind"] for event in (*missed, live)]
    assert kinds == [f"kind-{number}" for number in range(1, 7)]
    ids = [int(event["id"]) for event in (seen, *missed, live)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 40, "1;2", "٣"])
async def test_a_made_up_id_is_refused(value: str, service: Service) -> None:
    operator = service.as_role(Role.OPERATOR)
    headers = [(b"last-event-id", value.encode())]
    answer = await operator.get("/v1/alerts/stream", headers=headers)
    assert answer.status_code == 422
    if value.isascii():
        assert (await operator.get(f"/v1/alerts/stream?after={value}")).status_code == 422


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/v1/alerts/stream", Role.OPERATOR),
        ("/v1/console/stream", Role.ADMIN),
        ("/v1/patrols/stream", Role.OPERATOR),
        ("/v1/cameras/stream", Role.INTEGRATOR),
        ("/v1/patrols/me/stream", Role.PATROL),
    ],
)
async def test_nothing_is_sent_after_the_grant_has_ended(
    path: str, role: Role, service: Service
) -> None:
    unit = service.unit()
    token = service.token(role, unit if role is Role.PATROL else None)
    operator = service.as_role(Role.OPERATOR)
    await operator.patch(f"/v1/patrols/{unit}", json={"on_duty": True})
    await operator.put(f"/v1/patrols/{unit}/position", json={"latitude": 60, "longitude": 24})
    expected = {"/v1/alerts/stream": 0, "/v1/console/stream": 2}.get(path, 1)
    async with sse(service, path, token) as stream:
        await take(stream, expected)
        end_grant(service, token)
        await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
        service.raise_alert(1)
        assert await rest(stream) == []


async def test_a_patrol_hears_of_its_own_offers_alone(service: Service) -> None:
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    near, far = service.unit("Near"), service.unit("Far")
    operator = service.as_role(Role.OPERATOR)
    for unit, latitude in ((near, 60.17), (far, 61.0)):
        await operator.patch(f"/v1/patrols/{unit}", json={"on_duty": True})
        at = {"latitude": latitude, "longitude": 24.94}
        await operator.put(f"/v1/patrols/{unit}/position", json=at)
    async with (
        sse(service, "/v1/patrols/me/stream", service.token(Role.PATROL, near)) as its,
        sse(service, "/v1/patrols/me/stream", service.token(Role.PATROL, far)) as others,
    ):
        assert [event["event"] for event in await take(its, 1)] == ["hello"]
        await take(others, 1)
        alert = service.raise_alert(1)
        (offer,) = await take(its, 1)
        assert (offer["event"], offer["data"]["id"]) == ("offer", alert)
        declined = service.client(service.token(Role.PATROL, near))
        await declined.post(f"/v1/alerts/{alert}/answer", json={"answer": "decline"})
        assert (await take(its, 1))[0]["event"] == "withdrawn"
        assert (await take(others, 1))[0]["event"] == "offer"
    async with sse(service, "/v1/patrols/me/stream", service.token(Role.PATROL, far)) as again:
        (hello,) = await take(again, 1)
        assert hello["data"]["alert"]["id"] == alert


async def test_one_token_opens_a_bounded_number_of_streams(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    streams = service.app.state.qalqan.streams
    async with asyncio.timeout(10):
        async with AsyncExitStack() as opened:
            path = "/v1/console/stream"
            for _ in range(MAX_STREAMS_A_GRANT):
                await take(await opened.enter_async_context(sse(service, path, token)), 1)
            assert len(streams) == MAX_STREAMS_A_GRANT
            async with service.client(token) as caller:
                answer = await caller.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
        assert len(streams) == 0


async def test_a_stopping_service_ends_its_streams(service: Service) -> None:
    token = service.token(Role.OPERATOR)
    async with sse(service, "/v1/alerts/stream", token) as stream:
        service.app.state.qalqan.streams.close()
        assert await rest(stream) == []
    async with service.client(token) as caller:
        assert (await caller.get("/v1/alerts/stream")).status_code == 503


async def test_a_quiet_stream_beats_and_asks_whether_it_may_go_on() -> None:
    answers = [True, True, False]
    streams = Streams(Feed(), heartbeat_s=0.01)
    response = streams.respond("grant", lambda: (), lambda: answers.pop(0))
    async with asyncio.timeout(5):
        sent = [chunk async for chunk in response.body_iterator]
    assert sent == [b"retry: 1000\n\n", b": beat\n\n", b": beat\n\n"]
    assert len(streams) == 0


async def test_what_was_read_is_sent_though_the_grant_cannot_be_looked_up_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.sse.RETRY_S", 0.01)
    new = [[Event("offer", 1, 1)]]
    answers = [StoreUnavailable("the database is locked"), True, False]

    def still_allowed() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, StoreUnavailable):
            raise answer
        return answer

    streams = Streams(Feed(), heartbeat_s=0.05)
    response = streams.respond("grant", lambda: new.pop() if new else (), still_allowed)
    async with asyncio.timeout(5):
        sent = [chunk async for chunk in response.body_iterator]
    assert Event("offer", 1, 1).encode() in sent


async def test_a_client_far_behind_catches_up_at_once() -> None:
    pages = [[Event("alert", page, page)] for page in (3, 2, 1)]
    streams = Streams(Feed(), heartbeat_s=60)
    response = streams.respond("grant", lambda: pages.pop() if pages else (), lambda: True)
    async with asyncio.timeout(5):
        chunks = response.body_iterator
        sent = [await anext(chunks) for _ in range(4)]
    assert sent[1:] == [Event("alert", page, page).encode() for page in (1, 2, 3)]
    await chunks.aclose()


def test_a_poll_of_what_changed_is_silent_while_nothing_does() -> None:
    value = [1]
    poll = on_change("numbers", lambda: list(value))
    assert poll() == (Event("numbers", [1]),)
    assert poll() == ()
    value.append(2)
    assert poll() == (Event("numbers", [1, 2]),)


def test_too_many_streams_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.sse.MAX_STREAMS", 0)
    with pytest.raises(Problem) as refused:
        Streams(Feed()).respond("grant", lambda: (), lambda: True)
    assert refused.value.status_code == 503


@pytest.mark.parametrize("path", ["/v1/alerts/stream", "/v1/console/stream"])
@pytest.mark.parametrize("broken", ["events_after", "patrols"])
async def test_an_outage_of_the_store_costs_no_event(
    path: str, broken: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = service.token(Role.OPERATOR)
    works = getattr(service.services.alerts, broken)
    failures = 0

    def fails(*given: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures <= 2:
            raise StoreUnavailable("the disk is full")
        return works(*given)

    monkeypatch.setattr(service.services.alerts, broken, fails)
    alert = service.raise_alert(1)
    async with sse(service, f"{path}?after=0", token) as stream, asyncio.timeout(10):
        seen = [await anext(stream)]
        while seen[-1]["event"] != "alert":
            seen.append(await anext(stream))
    assert seen[-1]["data"]["id"] == alert

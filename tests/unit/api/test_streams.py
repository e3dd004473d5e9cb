"""Streams: nothing missed across a gap, nothing after the grant has ended, bounded in number."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from alerts.access import Grant, Role
from alerts.alert import AlertId, FeedEvent, PatrolId
from alerts.errors import StoreUnavailable
from alerts.notify.feed import Feed
from alerts.stores.memory import MemoryGrants
from api.auth.tokens import TOKEN, digest, new_grant, revoke
from api.events import Event
from api.grant_watch import GrantWatch
from api.problem import Problem
from api.streams import MAX_STREAMS_A_GRANT, FeedPart, Stream, Streams
from api.tail import BATCH_BYTES, Tail
from tests.support.incidents import NOON
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
    expected = {"/v1/alerts/stream": 0, "/v1/console/stream": 3}.get(path, 1)
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


class Told:
    """A feed that says what a test wants; implements `api.tail.Told`."""

    def __init__(self) -> None:
        self.events: list[FeedEvent] = []
        self.pages = 0
        self.looks = 0

    def say(self, count: int = 1, patrol: PatrolId | None = None, kind: str = "alert") -> None:
        for _ in range(count):
            seq = len(self.events) + 1
            alert = AlertId(f"alert-{seq}")
            self.events.append(FeedEvent(seq, NOON, kind, alert, patrol, {"n": seq}))

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        self.pages += 1
        return [one for one in self.events if one.seq > seq and one.patrol == patrol][:limit]

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        self.looks += 1
        return self.events[seq : seq + limit]

    def last_event_seq(self) -> int:
        return len(self.events)


@dataclass
class Here:
    """Streams over a feed of made-up events."""

    told: Told
    feed: Feed
    tail: Tail
    streams: Streams
    grants: MemoryGrants
    grant: Grant

    def say(self, count: int = 1, patrol: PatrolId | None = None, kind: str = "alert") -> None:
        self.told.say(count, patrol, kind)
        self.feed.ring()

    def open(self, seen: int = 0, patrol: PatrolId | None = None) -> Stream:
        return self.streams.open(self.grant, (FeedPart(self.tail, seen, patrol),))


def make_here(heartbeat_s: float = 60.0, **bounds: int) -> Here:
    told, feed, grants = Told(), Feed(), MemoryGrants()
    tail = Tail(told, **bounds)
    _, grant = new_grant(TOKEN, Role.OPERATOR, "a test", NOON)
    grants.add(grant)
    streams = Streams(feed, tail, GrantWatch(grants, lambda: NOON), heartbeat_s)
    return Here(told, feed, tail, streams, grants, grant)


async def numbers(stream: Stream, count: int) -> list[int]:
    """The ids of what comes next, `count` at least."""
    seen: list[int] = []
    async with asyncio.timeout(5):
        while len(seen) < count:
            batch = await stream.next()
            assert batch is not None, "the stream has ended"
            seen += [event.id or 0 for event in batch.events]
    return seen


async def test_a_quiet_stream_beats_until_its_grant_ends() -> None:
    here = make_here(heartbeat_s=0.01)
    stream = here.open()
    async with asyncio.timeout(5):
        with stream.counted():
            for _ in range(2):
                beat = await stream.next()
                assert beat is not None
                assert not beat
            here.grants.revoke(here.grant.id, NOON)
            while (batch := await stream.next()) is not None:
                assert not batch
    assert len(here.streams) == 0


async def test_while_the_store_cannot_be_read_nothing_is_lost_and_nothing_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.streams.RETRY_S", 0.01)
    here, tried = make_here(), asyncio.Event()
    loop = asyncio.get_running_loop()
    stream = here.open()
    works = here.grants.ended_count

    def fails() -> int:
        loop.call_soon_threadsafe(tried.set)
        raise StoreUnavailable("the database is locked")

    with stream.counted():
        here.say()
        assert await numbers(stream, 1) == [1]
        here.grants.ended_count = fails  # type: ignore[method-assign]
        here.say()
        next_one = asyncio.create_task(numbers(stream, 1))
        async with asyncio.timeout(5):
            await tried.wait()
        assert not next_one.done()
        here.grants.ended_count = works  # type: ignore[method-assign]
        assert await next_one == [2]


async def test_many_streams_cost_one_look() -> None:
    here = make_here()
    async with AsyncExitStack() as opened:
        streams = [here.open() for _ in range(100)]
        for stream in streams:
            opened.enter_context(stream.counted())
        here.say()
        assert [await numbers(stream, 1) for stream in streams] == [[1]] * 100
        before, pages = here.told.looks, here.told.pages
        here.say(3)
        batches = [await stream.next() for stream in streams]
        assert {id(batch) for batch in batches} == {id(batches[0])}, "made once for all"
        assert here.told.looks - before < 10
        assert here.told.pages == pages


async def test_who_is_behind_the_tail_reads_from_the_store_and_joins_it() -> None:
    here = make_here(max_events=32)
    here.told.say(450)
    late, present = here.open(), here.open(450)
    with present.counted(), late.counted():
        assert await numbers(late, 450) == [*range(1, 451)]
        pages = here.told.pages
        for _ in range(10):
            here.say(10)
            assert len(await numbers(present, 10)) == 10
        assert here.tail.floor > 450, "little is kept"
        assert await numbers(late, 100) == [*range(451, 551)]
        assert here.told.pages > pages
        pages = here.told.pages
        here.say()
        assert await numbers(late, 1) == await numbers(present, 1) == [551]
        assert here.told.pages == pages


async def test_a_patrol_is_woken_for_its_own_events_and_hears_what_still_matters() -> None:
    here, unit = make_here(), PatrolId("unit-1")
    stream, others = here.open(patrol=unit), here.open(patrol=PatrolId("unit-2"))
    with stream.counted(), others.counted():
        here.say(2, unit, "offer")
        assert await numbers(stream, 2) == [1, 2]
        waiting = asyncio.create_task(others.next())
        here.say(1, unit, "offer")
        here.told.events.append(replace(here.told.events[-1], seq=4, type="withdrawn"))
        here.feed.ring()
        assert (await numbers(stream, 1))[-1] == 4
        assert not waiting.done()
        here.say(1, PatrolId("unit-2"), "offer")
        batch = await waiting
        assert batch is not None
        assert [event.id for event in batch.events] == [5]


async def test_a_batch_is_bounded_and_the_rest_follows() -> None:
    here = make_here()
    stream = here.open()
    with stream.counted():
        here.say()
        assert await numbers(stream, 1) == [1]
        here.told.say(199)
        for one in here.told.events[1:]:
            one.data["text"] = "x" * 10_000
        here.feed.ring()
        async with asyncio.timeout(5):
            sizes, seen = [], 1
            while seen < 200:
                batch = await stream.next()
                assert batch is not None
                assert [event.id for event in batch.events] == [
                    *range(seen + 1, seen + 1 + len(batch.events))
                ]
                seen = batch.events[-1].id or 0
                sizes.append(len(batch.chunk))
    assert max(sizes) < BATCH_BYTES + 11_000


def test_the_tail_keeps_a_bounded_number_of_bytes() -> None:
    told = Told()
    tail = Tail(told, max_bytes=100_000)
    tail.begin(0)
    for _ in range(40):
        told.say(50, PatrolId("unit-1"))
        told.say(50)
        while lines := tail.read():
            tail.add(lines)
    assert tail.head == 4000
    kept = tail.batch(tail.floor, None).events
    assert 100 < len(kept) < 500
    assert not tail.behind(tail.floor)
    assert tail.behind(tail.floor - 1)
    assert [event.id for event in kept] == [
        one.seq for one in told.events if one.seq > tail.floor and one.patrol is None
    ]


def test_too_many_streams_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.streams.MAX_STREAMS", 0)
    with pytest.raises(Problem) as refused:
        make_here().open()
    assert refused.value.status_code == 503


def test_an_event_on_the_wire() -> None:
    event = Event.of("alert", {"why": "fire: a\nb", "n": 1}, 7)
    assert event.encode() == b'event: alert\nid: 7\ndata: {"why":"fire: a\\nb","n":1}\n\n'
    assert json.loads(event.message()) == {
        "type": "alert",
        "id": 7,
        "data": {"why": "fire: a\nb", "n": 1},
    }
    assert json.loads(Event.of("hello", []).message())["id"] is None


@pytest.mark.parametrize("path", ["/v1/alerts/stream", "/v1/console/stream"])
@pytest.mark.parametrize("broken", ["events_after", "feed_after", "patrols"])
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

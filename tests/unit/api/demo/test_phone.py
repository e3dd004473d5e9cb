"""A patrol's phone on a bad network, against a scripted service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from api.demo import phone as module
from api.demo.phone import Message, Phone

PLACE = (24.94, 60.17)
HELLO = b'event: hello\ndata: {"patrol": {}, "alert": null}\n\n'


def event(number: int) -> bytes:
    return f'event: offer\nid: {number}\ndata: {{"id": "a{number}"}}\n\n'.encode()


class Body(httpx.AsyncByteStream):
    """Chunks, then the end of the connection, or silence."""

    def __init__(self, *chunks: bytes, stays: bool = False) -> None:
        self._chunks = chunks
        self._stays = stays

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._stays:
            await asyncio.Event().wait()


def phone_to(answer: Callable[[httpx.Request], httpx.Response], *, shared: bool = False) -> Phone:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://service")
    return Phone(client, shared=shared)


async def take(phone: Phone, count: int) -> list[Message]:
    got: list[Message] = []
    async with asyncio.timeout(5), contextlib.aclosing(phone.messages()) as messages:
        async for message in messages:
            got.append(message)
            if len(got) == count:
                break
    return got


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.0)


async def test_a_cut_stream_is_resumed_after_the_last_event() -> None:
    asked: list[str | None] = []

    def service(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        if len(asked) == 2:
            raise httpx.ConnectError("nobody there")
        if len(asked) == 3:
            return httpx.Response(503)
        return httpx.Response(200, stream=Body(HELLO, event(len(asked)), b": beat\n\n"))

    messages = await take(phone_to(service), 4)
    assert [message.kind for message in messages] == ["hello", "offer", "hello", "offer"]
    assert messages[3].data == {"id": "a4"}
    assert asked == [None, "1", "1", "1"]


async def test_in_a_tunnel_nothing_comes_or_goes() -> None:
    requests: list[str] = []

    def service(request: httpx.Request) -> httpx.Response:
        requests.append(f"{request.method} {request.url.path}")
        if request.method == "POST":
            return httpx.Response(200)
        return httpx.Response(200, stream=Body(event(len(requests)), stays=True))

    phone = phone_to(service)
    async with asyncio.timeout(5), contextlib.aclosing(phone.messages()) as messages:
        await anext(messages)
        phone.lose_network()
        waiting = asyncio.ensure_future(anext(messages))
        await phone.report(PLACE)
        answering = asyncio.ensure_future(phone.answer("a1", "accept"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert requests == ["GET /v1/patrols/me/stream"]
        assert not waiting.done()
        phone.find_network()
        assert (await waiting).kind == "offer"
        assert await answering
    assert sorted(requests[1:]) == ["GET /v1/patrols/me/stream", "POST /v1/alerts/a1/answer"]


async def test_it_says_that_an_offer_has_come_unless_a_person_has_the_unit() -> None:
    said: list[str] = []
    offer = b'event: offer\nid: 1\ndata: {"id": "a1", "notification": "a1.1.patrol:p"}\n\n'

    def service(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            said.append(f"{request.url.path} {request.content.decode()}")
            return httpx.Response(200)
        return httpx.Response(200, stream=Body(offer, stays=True))

    await take(phone_to(service, shared=True), 1)
    await take(phone_to(service), 1)
    async with asyncio.timeout(5):
        while not said:  # noqa: ASYNC110 - said by a task of the phone's own
            await asyncio.sleep(0)
    assert said == ['/v1/notifications/a1.1.patrol:p/receipt {"stage":"delivered"}']


async def test_an_answer_is_repeated_until_the_service_says_yes_or_no() -> None:
    replies = [httpx.Response(503), httpx.Response(429), httpx.Response(200)]

    def service(_request: httpx.Request) -> httpx.Response:
        return replies.pop(0)

    assert await phone_to(service).answer("a1", "accept")
    assert replies == []
    assert not await phone_to(lambda _r: httpx.Response(409)).close("a1", "real", "")


async def test_a_shared_unit_is_silent_once_another_device_says_where_it_is() -> None:
    stored = {"longitude": 0.0, "latitude": 0.0}
    written = []

    def service(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            written.append(request.content)
            stored.update(longitude=PLACE[0], latitude=PLACE[1])
        return httpx.Response(200, json=stored)

    phone = phone_to(service, shared=True)
    await phone.report(PLACE)
    await phone.report(PLACE)
    stored.update(longitude=76.9, latitude=43.2)
    await phone.report(PLACE)
    assert len(written) == 2

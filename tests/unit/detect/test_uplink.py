"""The node's end of the link, against a control side that says what a test wants."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from detect.errors import SpoolError
from detect.link import WINDOW, Message
from detect.spool import Spool, Spooled
from detect.uplink import Uplink, say_unfit
from ingest.camera import CameraId
from tests.support.incidents import incident
from tests.support.waiting import until


@dataclass
class Watching:
    """Stands for the node: notes its orders, reports what it is given."""

    ordered: list[list[dict[str, Any]]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    busy: asyncio.Event | None = None

    def order(self, cameras: list[dict[str, Any]]) -> None:
        self.ordered.append(cameras)

    def health(self) -> Message:
        return {"cameras": {}, "spooled": 0, "unsaved": 0, "lost": 0}

    async def snapshot(self, camera: CameraId) -> bytes | None:
        if self.busy is not None:
            await self.busy.wait()
        return self.pictures.get(camera)


@dataclass
class Link:
    """One link as the control side has it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hear(self, kind: str) -> dict[str, Any]:
        while True:
            message = json.loads(await self.reader.readline())
            if message["type"] == kind:
                return message

    def say(self, **message: Any) -> None:
        self.writer.write(json.dumps(message).encode() + b"\n")

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class FaultySpool(Spool):
    fails = False

    def pending(self, after: int = 0, limit: int = 100) -> list[Spooled]:
        if self.fails:
            raise SpoolError("disk trouble")
        return super().pending(after, limit)

    def acknowledge(self, *seqs: int) -> None:
        if self.fails:
            raise SpoolError("disk trouble")
        super().acknowledge(*seqs)


@dataclass
class Setting:
    socket: Path
    spool: FaultySpool
    watching: Watching
    uplink: Uplink
    links: asyncio.Queue[Link] = field(default_factory=asyncio.Queue)
    made: list[Link] = field(default_factory=list)

    def keep(self, *numbers: int) -> None:
        for number in numbers:
            self.spool.commit(incident(number), {"captured": "x"})
        self.uplink.ring()

    async def listen(self) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            link = Link(reader, writer)
            self.made.append(link)
            await self.links.put(link)

        return await asyncio.start_unix_server(serve, path=str(self.socket))


@pytest.fixture
async def setting(tmp_path: Path, monkeypatch) -> AsyncIterator[Setting]:
    monkeypatch.setattr("detect.uplink.RELINK_S", 0.01)
    monkeypatch.setattr("detect.uplink.SPOOL_RETRY_S", 0.01)
    spool, watching = FaultySpool(tmp_path / "spool.db"), Watching()
    uplink = Uplink(tmp_path / "s", {"type": "hello", "pid": 1, "model": "m"}, spool, watching)
    setting = Setting(tmp_path / "s", spool, watching, uplink)
    running = asyncio.create_task(uplink.run())
    async with asyncio.timeout(10):
        yield setting
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for link in setting.made:
        await link.close()
    spool.close()


@contextlib.asynccontextmanager
async def control(setting: Setting) -> AsyncIterator[Link]:
    server = await setting.listen()
    try:
        yield await setting.links.get()
    finally:
        server.close()


async def test_it_links_as_soon_as_somebody_listens_and_delivers_in_order(setting) -> None:
    setting.keep(1, 2, 3)
    async with control(setting) as link:
        assert await link.hear("hello") == {"type": "hello", "pid": 1, "model": "m"}
        told = [await link.hear("incident") for _ in range(3)]
        assert [one["incident"]["id"] for one in told] == ["incident-1", "incident-2", "incident-3"]
        assert len(setting.spool) == 3, "nothing is forgotten unacknowledged"
        link.say(type="ack", seq=told[0]["seq"])
        link.say(type="ack", seq=told[1]["seq"])
        await until(lambda: len(setting.spool) == 1)


async def test_a_lost_acknowledgement_means_delivery_again(setting) -> None:
    setting.keep(1)
    async with control(setting) as link:
        first = await link.hear("incident")
        await link.close()
        again = await (await setting.links.get()).hear("incident")
    assert again == first


async def test_a_slow_control_side_is_not_flooded_and_hears_health_all_the_while(
    setting, monkeypatch
) -> None:
    monkeypatch.setattr("detect.uplink.HEALTH_EVERY_S", 0.01)
    setting.keep(*range(1, WINDOW + 10))
    async with control(setting) as link:
        told = [await link.hear("incident") for _ in range(WINDOW)]
        kinds = [json.loads(await link.reader.readline())["type"] for _ in range(20)]
        assert set(kinds) == {"health"}, "the window is full"
        link.say(type="ack", seq=told[0]["seq"])
        assert (await link.hear("incident"))["seq"] == told[-1]["seq"] + 1


async def test_an_answer_that_takes_long_holds_up_nothing(setting) -> None:
    setting.watching.busy = asyncio.Event()
    setting.watching.pictures["gate"] = b"\xff\xd8"
    async with control(setting) as link:
        link.say(type="snapshot", camera="gate")
        link.say(type="snapshot", camera="unknown")
        link.say(type="cameras", cameras=[{"id": "gate"}])
        await until(lambda: setting.watching.ordered == [[{"id": "gate"}]])
        setting.keep(1)
        await link.hear("incident")
        setting.watching.busy.set()
        answers = [await link.hear("snapshot") for _ in range(2)]
        assert {one["camera"]: one["jpeg"] for one in answers} == {
            "gate": base64.b64encode(b"\xff\xd8").decode(),
            "unknown": None,
        }


async def test_a_spool_in_trouble_does_not_end_the_link(setting) -> None:
    setting.keep(1)
    async with control(setting) as link:
        seq = (await link.hear("incident"))["seq"]
        setting.spool.fails = True
        link.say(type="ack", seq=seq)
        await link.hear("health")
        setting.spool.fails = False
        setting.keep(2)
        second = await link.hear("incident")
        assert second["incident"]["id"] == "incident-2"
        assert setting.links.empty(), "still the same link"
        assert len(setting.spool) == 2, "what could not be cleared is kept"
        link.say(type="ack", seq=second["seq"])
        await until(lambda: len(setting.spool) == 0)


@pytest.mark.parametrize(
    "nonsense", [b"x\n", b'{"type": "ack"}\n', b'{"type": "cameras", "cameras": 7}\n', b"half"]
)
async def test_nonsense_ends_the_link_and_a_new_one_is_made(setting, nonsense: bytes) -> None:
    async with control(setting) as link:
        link.writer.write(nonsense)
        if not nonsense.endswith(b"\n"):
            await link.close()
        await (await setting.links.get()).hear("hello")


async def test_a_node_that_cannot_start_says_so_if_anybody_listens(tmp_path: Path) -> None:
    await say_unfit(tmp_path / "nobody", "no model")
    heard = asyncio.Event()
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.readline())
        writer.close()
        heard.set()

    async with asyncio.timeout(5), await asyncio.start_unix_server(serve, path=tmp_path / "s"):
        await say_unfit(tmp_path / "s", "no model")
        await heard.wait()
    assert json.loads(said[0]) == {"type": "unfit", "why": "no model"}

"""The control side of the link, spoken to over its real socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.alert import AlertId, Place
from alerts.errors import StoreUnavailable
from alerts.registry import RegisteredCamera
from api.auth.vault import VaultError
from api.looking import Load, Looking
from api.node_link import NodeLink
from api.nodes import NotWatched
from detect.incident import Incident, rfc3339
from detect.link import WINDOW
from ingest.camera import CameraId
from tests.support.fake_node import GATE, FakeNode
from tests.support.incidents import NOON, incident
from tests.support.waiting import until

LOAD = {"capacity_cores": 2.0, "used_cores": 1.9, "demand": 1.6, "level": 2}


@dataclass
class Intake:
    """Stands for the alert service: takes incidents, or fails as told."""

    taken: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    away: threading.Event = field(default_factory=threading.Event)
    tries: int = 0
    groups: list[int] = field(default_factory=list)
    breaks_on: str | None = None
    """The incident over which the service stumbles."""
    at_once: int = 100
    hold: threading.Event | None = None
    """While it is not set, a commit waits for its disk."""

    def receive_all(self, given: Sequence[tuple[Incident, dict[str, str]]]) -> list[AlertId]:
        self.tries += 1
        if self.away.is_set():
            raise StoreUnavailable("the database is away")
        if self.faults:
            raise self.faults.pop(0)
        if self.breaks_on in [one.id for one, _ in given]:
            raise RuntimeError("a bug")
        if self.hold is not None:
            self.hold.wait(5)
        given = given[: self.at_once]
        self.groups.append(len(given))
        self.taken += [(one.id, trace) for one, trace in given]
        return [AlertId(one.id) for one, _ in given]


@dataclass
class Registry:
    cameras: list[RegisteredCamera]
    away: bool = False

    def list(self) -> list[RegisteredCamera]:
        if self.away:
            raise StoreUnavailable("the database is away")
        return self.cameras


def camera(name: str = GATE, *, enabled: bool = True, sealed: bytes = b"open") -> RegisteredCamera:
    place = Place(name, 60.0, 24.0)
    return RegisteredCamera(
        CameraId(name), place, sealed, "rtsp://***", "10.0.0.1", 5.0, enabled=enabled
    )


def reveal(one: RegisteredCamera) -> str:
    if one.url_sealed == b"shut":
        raise VaultError("not this key")
    return f"rtsp://10.0.0.1/{one.id}"


@dataclass
class Setting:
    link: NodeLink
    intake: Intake
    registry: Registry
    home: Path
    clock: list[float]

    @contextlib.asynccontextmanager
    async def node(self, *, hello: bool = True) -> AsyncIterator[FakeNode]:
        node = FakeNode(*await asyncio.open_unix_connection(str(self.link.socket)))
        if hello:
            node.say(type="hello", pid=1, model="m")
            await node.hear("cameras")
        try:
            yield node
        finally:
            await node.close()


@pytest.fixture
async def setting(tmp_path: Path, monkeypatch) -> AsyncIterator[Setting]:
    monkeypatch.setattr("api.node_link.RETRY_S", 0.01)
    monkeypatch.setattr("api.node_intake.RETRY_S", 0.01)
    monkeypatch.setattr("api.node_link.SNAPSHOT_S", 0.3)
    intake, registry, clock = Intake(), Registry([camera()]), [100.0]
    link = NodeLink(
        tmp_path,
        intake,  # type: ignore[arg-type]
        registry,  # type: ignore[arg-type]
        reveal,
        lambda: NOON + timedelta(seconds=1),
        lambda: clock[0],
    )
    await link.start()
    async with asyncio.timeout(10):
        yield Setting(link, intake, registry, tmp_path, clock)
    await link.stop()
    assert not link.socket.exists()


def watched(setting: Setting, name: str = GATE) -> tuple[str, str | None]:
    state = setting.link.watch(CameraId(name))
    return state.state, state.reason


async def test_the_socket_is_its_owners_alone(setting: Setting) -> None:
    assert stat.S_IMODE(setting.link.socket.stat().st_mode) == 0o600


async def test_an_acknowledgement_follows_the_commit(setting: Setting) -> None:
    setting.intake.away.set()
    async with setting.node() as node:
        node.incident(1, incident(1))
        await until(lambda: setting.intake.tries >= 3)
        assert setting.intake.taken == []
        assert [told["type"] for told in node.told] == ["cameras"], "nothing is acknowledged yet"
        setting.intake.away.clear()
        assert (await node.hear("ack"))["seq"] == 1
        assert setting.intake.taken == [
            ("incident-1", {"captured": "x", "received": rfc3339(NOON + timedelta(seconds=1))})
        ]


async def test_health_is_heard_while_incidents_wait(setting: Setting) -> None:
    """Else a database that is away would look like a node that hangs."""
    setting.intake.away.set()
    async with setting.node() as node:
        for seq in range(1, WINDOW + 1):
            node.incident(seq, incident(seq))
        await until(lambda: setting.intake.tries > 0)
        setting.clock[0] += 3
        node.health()
        await until(lambda: setting.link.heard_s == setting.clock[0])
        assert watched(setting) == ("live", None)
        setting.intake.away.clear()
        for seq in range(1, WINDOW + 1):
            assert (await node.hear("ack"))["seq"] == seq, "in order"


async def test_what_was_not_acknowledged_may_come_again(setting: Setting) -> None:
    async with setting.node() as node:
        node.incident(1, incident(1))
        await node.hear("ack")
    async with setting.node() as node:
        node.incident(1, incident(1))
        await node.hear("ack")
    assert [one for one, _ in setting.intake.taken] == ["incident-1"] * 2, (
        "the service sorts it out"
    )


async def test_orders_come_first_and_again_at_each_change(setting: Setting) -> None:
    setting.registry.cameras = [camera(), camera("off", enabled=False)]
    async with setting.node() as node:
        assert [one["id"] for one in node.told[0]["cameras"]] == [GATE]
        assert node.told[0]["cameras"][0]["url"] == "rtsp://10.0.0.1/north-gate"
        assert watched(setting, "off") == ("off", "disabled")
        setting.registry.cameras = [camera("new")]
        await asyncio.to_thread(setting.link.changed)
        assert [one["id"] for one in (await node.hear("cameras"))["cameras"]] == ["new"]


async def test_a_camera_of_another_key_spoils_no_other(setting: Setting) -> None:
    setting.registry.cameras = [camera("old", sealed=b"shut"), camera()]
    async with setting.node() as node:
        assert [one["id"] for one in node.told[0]["cameras"]] == [GATE]
        assert watched(setting, "old") == ("failed", "wrong_key")


async def test_orders_wait_for_the_database(setting: Setting) -> None:
    setting.registry.away = True
    async with setting.node(hello=False) as node:
        node.say(type="hello", pid=1, model="m")
        node.health()
        await until(lambda: setting.link.heard_s)
        setting.registry.away = False
        await node.hear("cameras")


async def test_a_camera_is_watched_while_its_frames_are_inferred(setting: Setting) -> None:
    assert watched(setting) == ("unwatched", "node_away")
    async with setting.node() as node:
        assert watched(setting) == ("connecting", None)
        node.health(idle_s=None)
        await until(lambda: watched(setting) == ("unwatched", "no_frames"))
        node.health(idle_s=0.2)
        await until(lambda: watched(setting) == ("live", None))
        setting.clock[0] += 4.7
        assert watched(setting) == ("live", None)
        setting.clock[0] += 0.2
        assert watched(setting) == ("unwatched", "no_frames"), "the last frame is 5.1 s old"
        setting.clock[0] += 0.2
        assert watched(setting) == ("unwatched", "node_away"), "the node is silent"
        assert setting.link.missing() == "the node has not reported for 5 s"
        node.health(state="waiting")
        await until(lambda: watched(setting) == ("waiting", None))
    await until(lambda: watched(setting) == ("unwatched", "node_away"))


async def test_how_closely_a_live_camera_is_looked_at(setting: Setting) -> None:
    async with setting.node() as node:
        node.health()
        await until(lambda: watched(setting) == ("live", None))
        assert setting.link.watch(GATE).looking == Looking(), "an older node says nothing"
        degraded = {"coverage": "degraded", "coverage_reason": "overload", "looks": {"full": 3}}
        node.health(looking=degraded, load=LOAD, engine="openvino bf16", canvases=7.5)
        await until(lambda: setting.link.watch(GATE).looking.is_degraded)
        assert setting.link.watch(GATE).whole_look_at is None, "not since it is known"
        node.health(looking={**degraded, "looks": {"full": 4}}, load=LOAD)
        await until(lambda: setting.link.watch(GATE).whole_look_at == NOON + timedelta(seconds=1))
        assert setting.link.counts().load == Load.read(LOAD)
        node.health(state="waiting", looking=degraded)
        await until(lambda: watched(setting) == ("waiting", None))
        assert setting.link.watch(GATE).looking == Looking(), "nobody looks at it"


async def test_a_wrong_figure_costs_no_camera_its_watch(setting: Setting, caplog) -> None:
    async with setting.node() as node:
        for demand in (float("nan"), float("nan"), 0.5):
            node.health(looking={"target_fps": -1.0}, load={**LOAD, "demand": demand})
        await until(lambda: setting.link.counts().load is not None)
        assert watched(setting) == ("live", None)
        assert setting.link.watch(GATE).looking == Looking()
    said = [one.message for one in caplog.records if "left out" in one.message]
    assert [one.partition("left out: ")[2] for one in said] == [
        "ValueError: -1.0 is out of range; ValueError: nan is out of range",
        "ValueError: -1.0 is out of range",
    ], "once for each change"


async def test_a_node_that_cannot_start_says_why(setting: Setting) -> None:
    async with setting.node(hello=False) as node:
        node.say(type="unfit", why="the model is missing")
    await until(lambda: watched(setting) == ("unwatched", "node_unfit"))
    assert setting.link.missing() == "the node cannot start: the model is missing"
    async with setting.node():
        assert setting.link.missing() is None


async def test_a_node_whose_disk_is_full_is_said_to_be(setting: Setting) -> None:
    async with setting.node() as node:
        node.health(unsaved=3)
        await until(setting.link.missing)
        assert "3 wait in its memory" in (setting.link.missing() or "")


async def test_it_stops_without_a_word_while_a_node_is_linked(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    async with setting.node() as node:
        await setting.link.stop()
        assert await node.ended()
    assert "Traceback" not in caplog.text
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_the_newer_of_two_nodes_counts(setting: Setting) -> None:
    async with setting.node() as old:
        old.health()
        await until(lambda: watched(setting) == ("live", None))
        async with setting.node() as new:
            assert await old.ended()
            assert watched(setting) == ("connecting", None)
            new.health()
            await until(lambda: watched(setting) == ("live", None))


@pytest.mark.parametrize(
    "nonsense",
    [
        b"not json\n",
        b"[]\n",
        b'{"type": 7}\n',
        b'{"type": "health"}\n',
        b'{"type": "health", "cameras": {"a": {}}, "spooled": 0, "unsaved": 0, "lost": 0}\n',
        b'{"type": "health", "cameras": 7, "spooled": 0, "unsaved": 0, "lost": 0}\n',
        b'{"type": "incident"}\n',
        b'{"type": "incident", "seq": 1, "incident": {}, "trace": 7}\n',
        b"[" * 100_000 + b"\n",
        b"half a line",
    ],
)
async def test_nonsense_ends_the_link_and_nothing_else(setting: Setting, nonsense: bytes) -> None:
    async with setting.node() as node:
        node.raw(nonsense)
        if not nonsense.endswith(b"\n"):
            await node.close()
        else:
            while not await node.ended():
                pass
    async with setting.node() as node:
        node.incident(1, incident(1))
        await node.hear("ack")


async def test_a_snapshot_is_asked_for_once_and_shared(setting: Setting) -> None:
    with pytest.raises(NotWatched, match="no node"):
        await setting.link.snapshot(GATE)
    async with setting.node() as node:
        asked = [asyncio.create_task(setting.link.snapshot(GATE)) for _ in range(3)]
        await node.hear("snapshot")
        node.say(type="snapshot", camera=GATE, jpeg=base64.b64encode(b"\xff\xd8").decode())
        assert await asyncio.gather(*asked) == [b"\xff\xd8"] * 3
        assert [told["type"] for told in node.told].count("snapshot") == 1
        with pytest.raises(NotWatched, match="did not answer"):
            await setting.link.snapshot(GATE)
        none = asyncio.create_task(setting.link.snapshot(GATE))
        await node.hear("snapshot")
        await node.hear("snapshot")
        node.say(type="snapshot", camera=GATE, jpeg=None)
        with pytest.raises(NotWatched, match="no frame"):
            await none


OTHER = """
import asyncio, sys
from pathlib import Path
from api.node_link import NodeLink
link = NodeLink(Path(sys.argv[1]), None, None, None, None)
try:
    asyncio.run(link.start())
except OSError as error:
    print(error)
"""


async def test_a_second_service_in_the_same_folder_is_refused(setting: Setting) -> None:
    said = await asyncio.to_thread(
        subprocess.check_output, [sys.executable, "-c", OTHER, str(setting.home)], text=True
    )
    assert said.startswith(f"another Qalqan serves from {setting.home}: process ")
    async with setting.node():
        assert setting.link.socket.exists()


async def test_a_folder_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30)
    home.mkdir()
    link = NodeLink(home, Intake(), Registry([]), reveal, lambda: NOON)  # type: ignore[arg-type]
    await link.start()
    node = FakeNode(*await asyncio.open_unix_connection(str(link.socket)))
    node.say(type="hello", pid=1, model="m")
    assert (await node.hear("cameras"))["cameras"] == []
    await link.stop()
    assert await node.ended()
    await node.close()
    assert not link.socket.parent.exists()

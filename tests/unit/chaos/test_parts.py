"""What breaks things breaks them as it says: plan, clock, links; and what is counted."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.chaos import history, plan
from tests.chaos.city import CAMERAS, happening, place_of
from tests.chaos.clock import Clock
from tests.chaos.history import History
from tests.chaos.plan import KILLED, LAST, Fault, draw
from tests.chaos.progress import Progress
from tests.chaos.proxy import Link
from tests.chaos.sink import Sink
from tests.support.incidents import NOON

a_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="a clock needs a C compiler")


def drawn(seed: int = 1, store: str = "postgresql") -> list[Fault]:
    return draw(seed, store, kills=200, away_s=60, steps=3, full=2)


def test_the_same_seed_draws_the_same_faults() -> None:
    assert drawn() == drawn()
    assert drawn() != drawn(seed=2)


@pytest.mark.parametrize("store", KILLED)
def test_a_plan_holds_what_was_asked_for_while_incidents_still_come(store: str) -> None:
    faults = drawn(store=store)
    kinds = [one.kind for one in faults]
    assert (kinds.count("kill"), kinds.count("away"), kinds.count("full")) == (200, 1, 2)
    assert {one.facts["process"] for one in faults if one.kind == "kill"} == set(KILLED[store])
    steps = [one.facts["seconds"] for one in faults if one.kind == "clock"]
    assert sorted(steps) == [-plan.STEP_S] * 3 + [plan.STEP_S] * 3
    assert [one.at for one in faults] == sorted(one.at for one in faults)
    assert max(one.at for one in faults) <= LAST


def test_what_happens_follows_from_seed_and_number() -> None:
    one, again = happening(1, 7, NOON), happening(1, 7, NOON)
    assert one == again
    assert one != happening(2, 7, NOON)
    assert one != happening(1, 8, NOON)
    assert len({place_of(number) for number in range(CAMERAS)}) == CAMERAS


@a_compiler
def test_a_stepped_clock_is_one_for_its_processes_and_for_nobody_else(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    script = "import time, datetime; print(time.time(), time.monotonic(), datetime.datetime.now())"

    def ask() -> tuple[float, float, datetime]:
        surroundings = {**os.environ, **clock.environment}
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=surroundings,
            capture_output=True,
            text=True,
            check=True,
        )
        wall, monotonic, *said = done.stdout.split()
        return float(wall), float(monotonic), datetime.fromisoformat(" ".join(said))

    for step_s, ahead_s in ((300, 300), (-600, -300), (300, 0)):
        clock.step(step_s)
        before_s, counted_s = time.time(), time.monotonic()
        wall_s, monotonic_s, said = ask()
        assert wall_s - before_s == pytest.approx(ahead_s, abs=30)
        assert said.timestamp() == pytest.approx(wall_s, abs=5)
        assert monotonic_s - counted_s == pytest.approx(0, abs=30)
        assert monotonic_s > counted_s


@a_compiler
def test_a_step_reaches_a_process_that_runs(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    script = "import sys, time\nfor line in sys.stdin: print(time.time(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = []
        for step_s in (0, 300):
            clock.step(step_s)
            process.stdin.write("now\n")
            process.stdin.flush()
            said.append(float(process.stdout.readline()))
        process.stdin.close()
    assert said[1] - said[0] == pytest.approx(300, abs=30)


def test_progress_counts_each_incident_once_and_no_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "node.jsonl"
    progress = Progress(path, 4)
    assert progress.share() == 0
    journal = History(path)
    for what, name in (("spooled", "a"), ("acked", "a"), ("acked", "a"), ("acked", "b")):
        journal.note("node", what, id=name)
    assert (progress.acknowledged(), progress.share()) == (2, 0.5)
    with path.open("a") as file:
        file.write('{"what":"acked","id"')
        file.flush()
        assert progress.acknowledged() == 2
        assert len(list(history.read(path))) == 4
        file.write(':"c"}\n')
    assert progress.acknowledged() == 3
    journal.close()


@asynccontextmanager
async def linked() -> AsyncIterator[Link]:
    """A link to a server that says everything back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    link = Link(server.sockets[0].getsockname()[:2])
    await link.start()
    try:
        yield link
    finally:
        await link.stop()
        server.close()


async def said_back(link: Link, word: bytes = b"word") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    try:
        writer.write(word)
        return await reader.read(100)
    finally:
        writer.close()


async def test_a_link_passes_is_slow_is_cut_and_heals() -> None:
    async with linked() as link:
        clock = asyncio.get_running_loop().time
        assert await said_back(link) == b"word"
        link.delay_s = 0.1
        begun_s = clock()
        assert await said_back(link) == b"word"
        assert clock() - begun_s >= 0.2, "there and back"
        link.cut()
        try:
            assert await said_back(link) == b""
        except ConnectionError:
            pass
        link.heal()
        assert await said_back(link) == b"word"


async def test_a_reset_ends_what_is_under_way() -> None:
    async with linked() as link:
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        writer.write(b"word")
        assert await reader.read(100) == b"word"
        assert link.reset() == 2
        with pytest.raises(ConnectionResetError):
            await reader.read(100)
        writer.close()


async def test_a_receiver_notes_what_it_gets_before_it_hangs_up(tmp_path: Path) -> None:
    class Dice:
        fates = [0.5, 0.06, 0.01]  # noqa: RUF012 - taken, taken and hung up on, refused

        def random(self) -> float:
            return self.fates.pop(0)

    path = tmp_path / "history.jsonl"
    noted = History(path)
    sink = Sink(noted, Dice())  # type: ignore[arg-type]
    await sink.start()
    request = b"POST /city HTTP/1.1\r\nContent-Length: 2\r\nwebhook-id: one\r\n\r\n{}"
    answers = []
    for _ in range(3):
        reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
        writer.write(request)
        answers.append((await reader.read(100))[9:12])
        writer.close()
    await sink.stop()
    noted.close()
    assert answers == [b"200", b"", b"503"]
    entries = list(history.read(path))
    assert [(one["who"], one["id"]) for one in entries] == [("sink city", "one")] * 2

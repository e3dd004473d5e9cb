"""The supervisor over real, small child processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from api.supervisor import Patience, Supervisor
from tests.support.waiting import until

QUICK = Patience(
    restart_s=0.01, restart_cap_s=0.04, bad_start_s=0.08, start_s=5, silent_s=0.3, look_s=0.02
)

UNTIL_PARENT_ENDS = "import sys; print('up', flush=True); sys.stdin.read()"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


@contextlib.asynccontextmanager
async def supervised(
    command: list[str],
    heard_s: Callable[[], float | None] = time.monotonic,
    patience: Patience = QUICK,
    *,
    on_call: bool = False,
) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(command, heard_s, patience, on_call=on_call)
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(stop))
    try:
        async with asyncio.timeout(20):
            yield supervisor
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)
        assert supervisor.pid is None, "it leaves no child behind"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_child_is_replaced() -> None:
    async with supervised(python(UNTIL_PARENT_ENDS)) as supervisor:
        await until(lambda: supervisor.pid)
        first = supervisor.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.pid not in (None, first))
        assert supervisor.restarts == 1


async def test_a_child_that_keeps_dying_keeps_being_started_at_a_bounded_pace(
    tmp_path: Path,
) -> None:
    starts = tmp_path / "starts"
    code = "import sys, time; open(sys.argv[1], 'a').write(f'{time.time()}\\n'); sys.exit(1)"
    async with supervised(python(code, str(starts))) as supervisor:
        await until(lambda: supervisor.restarts >= 8)
    assert len(starts.read_text().split()) >= 8


async def test_a_bad_start_is_tried_again_without_end() -> None:
    async with supervised(python("raise SystemExit(2)")) as supervisor:
        await until(lambda: supervisor.restarts >= 3)


async def test_a_silent_child_is_killed_and_replaced() -> None:
    """It lives and does nothing: the clock that counts is when it was last heard."""
    born = time.monotonic()
    heard = [born]
    async with supervised(python(DEAF), lambda: heard[0]) as supervisor:
        await until(lambda: supervisor.pid)
        first = supervisor.pid
        assert first is not None
        heard[0] = time.monotonic()
        await until(lambda: supervisor.pid not in (None, first))
        assert not alive(first)
        assert time.monotonic() - heard[0] >= QUICK.silent_s


async def test_a_stopped_child_is_killed_too() -> None:
    heard = [0.0]
    async with supervised(python(UNTIL_PARENT_ENDS), lambda: heard[0]) as supervisor:
        await until(lambda: supervisor.pid)
        first = supervisor.pid
        assert first is not None
        heard[0] = time.monotonic()
        os.kill(first, signal.SIGSTOP)
        await until(lambda: supervisor.pid not in (None, first))
        assert not alive(first)


async def test_a_child_may_take_its_time_before_it_is_first_heard() -> None:
    patience = Patience(start_s=0.5, silent_s=0.05, look_s=0.01, restart_s=0.01)
    async with supervised(python(UNTIL_PARENT_ENDS), lambda: None, patience) as supervisor:
        started = time.monotonic()
        await until(lambda: supervisor.restarts)
        assert time.monotonic() - started >= patience.start_s


async def test_a_command_that_cannot_be_run_is_tried_again(tmp_path: Path) -> None:
    program = tmp_path / "node"
    async with supervised([str(program)]) as supervisor:
        await until(lambda: supervisor.restarts >= 2)
        program.write_text(f"#!{sys.executable}\n{UNTIL_PARENT_ENDS}\n")
        program.chmod(0o755)
        await until(lambda: supervisor.pid)


async def test_a_stop_ends_a_child_by_its_input_and_one_that_is_deaf_by_force() -> None:
    polite = Patience(end_s=10)
    async with supervised(python(UNTIL_PARENT_ENDS), patience=polite) as supervisor:
        await until(lambda: supervisor.pid)
        started = time.monotonic()
    assert time.monotonic() - started < polite.end_s, "closing its input is enough"
    async with supervised(python(DEAF), patience=Patience(end_s=0.2)) as supervisor:
        await until(lambda: supervisor.pid)
        pid = supervisor.pid
    assert pid is not None
    assert not alive(pid)


ON_CALL = """
import pathlib, sys
me = pathlib.Path(sys.argv[1]) / str(__import__('os').getpid())
me.write_text('waits')
if sys.stdin.readline():
    me.write_text('works')
    sys.stdin.read()
"""


async def test_a_spare_waits_and_takes_over(tmp_path: Path) -> None:
    def doing(what: str) -> list[int]:
        return [int(p.name) for p in tmp_path.iterdir() if p.read_text() == what]

    patience = Patience(restart_s=0.01, look_s=0.01, spare_s=0.05)
    async with supervised(python(ON_CALL, str(tmp_path)), patience=patience, on_call=True) as one:
        await until(lambda: doing("works") and doing("waits"))
        first, spare = one.pid, doing("waits")[0]
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: one.pid == spare)
        await until(lambda: len(doing("waits")) == 1 and spare in doing("works"))
        second = doing("waits")[0]
        os.kill(second, signal.SIGKILL)
        await until(lambda: not alive(second) or _running(second) is False)
        os.kill(spare, signal.SIGKILL)
        await until(lambda: one.pid not in (None, spare))
        assert one.pid != second, "a spare that died is no node"
    assert not any(_running(pid) for pid in doing("works") + doing("waits"))


async def test_a_cancelled_supervisor_leaves_no_child() -> None:
    supervisor = Supervisor(python(DEAF), time.monotonic, QUICK)
    running = asyncio.create_task(supervisor.run(asyncio.Event()))
    await until(lambda: supervisor.pid)
    pid = supervisor.pid
    assert pid is not None
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not alive(pid)


PARENT = """
import asyncio, sys, time
from api.supervisor import Supervisor
supervisor = Supervisor([sys.executable, "-c", sys.argv[1]], time.monotonic)
async def main():
    running = asyncio.create_task(supervisor.run(asyncio.Event()))
    while supervisor.pid is None:
        await asyncio.sleep(0.01)
    print(supervisor.pid, flush=True)
    await running
asyncio.run(main())
"""


async def test_a_killed_parent_leaves_no_orphan() -> None:
    parent = await asyncio.create_subprocess_exec(
        *python(PARENT, "import sys; sys.stdin.read()"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(10):
        await until(lambda: not _running(child))


def _running(pid: int) -> bool:
    """Alive and no zombie: in a container nobody may reap what the killed parent left."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"

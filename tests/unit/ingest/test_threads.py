from __future__ import annotations

import asyncio
import threading

import pytest

from ingest.threads import in_own_thread


async def test_work_that_blocks_holds_up_nobody() -> None:
    """Far more than any pool of threads has."""
    let_go = threading.Event()

    def block() -> None:
        let_go.wait(10)

    blocked = [in_own_thread(block, "blocked") for _ in range(80)]
    async with asyncio.timeout(2):
        assert await in_own_thread(lambda: None, "free") is None
    let_go.set()
    assert set(await asyncio.gather(*blocked)) == {None}


async def test_what_it_raises_is_handed_over() -> None:
    def fail() -> None:
        raise KeyError("x")

    assert isinstance(await in_own_thread(fail, "fails"), KeyError)


def test_a_loop_that_has_ended_is_no_error() -> None:
    let_go, ended = threading.Event(), threading.Event()

    def work() -> None:
        let_go.wait(5)
        ended.set()

    async def leave() -> None:
        in_own_thread(work, "late")

    asyncio.run(leave())
    let_go.set()
    assert ended.wait(5)


async def test_no_thread_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError):
        in_own_thread(lambda: None, "none")

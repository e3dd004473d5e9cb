"""A thread of its own for work that may block."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable


def in_own_thread(work: Callable[[], None], name: str) -> asyncio.Future[BaseException | None]:
    """Run `work` in a thread that nobody waits for at exit; the future gives what it raised.

    `asyncio.to_thread` has a handful of threads for the whole process: a few cameras whose reads
    block would take them all, and every other camera would stand still. Raises `RuntimeError`
    when no thread can be started.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[BaseException | None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if not outcome.done():
            outcome.set_result(error)

    def body() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # handed over whole
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody asks any more
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=body, name=name, daemon=True).start()
    return outcome

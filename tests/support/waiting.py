"""Waiting for a condition of the outside world: a process, a file, an answer over HTTP."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], object | Awaitable[object]], every_s: float = 0.01) -> None:
    """Return once `condition` holds; the test's own time limit ends a wait in vain."""
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        await asyncio.sleep(every_s)

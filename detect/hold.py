"""A folder's state belongs to one process at a time: a lock file that says who holds it.

The lock is the kernel's (POSIX record lock): it ends with its process, however that dies, so a
file left behind by a power cut holds nobody up.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import time
from pathlib import Path
from typing import Self

log = logging.getLogger(__name__)

LOOK_S = 0.05


class Held(OSError):
    """Another living process holds it; `str()` says which."""


class Hold:
    """The lock, held until `release` or the end of the process. Raises `OSError`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path, wait_s: float = 0.0, *, evict: bool = False) -> Self:
        """Take the lock within `wait_s`. Raises `Held`, or `OSError` when it cannot be tried.

        `evict`: kill a holder that does not let go in that time, and wait once more. Only for a
        caller who knows that such a holder can be nothing but a hung orphan.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _locked(handle, wait_s) and not (
                evict and _killed(handle) and _locked(handle, wait_s)
            ):
                raise Held(f"process {_holder(handle) or 'unknown'} holds {path}")
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(handle)
            raise
        return cls(handle)

    def release(self) -> None:
        """Let the next one have it. Again: nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _locked(handle: int, wait_s: float) -> bool:
    give_up = time.monotonic() + wait_s
    while True:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= give_up:
                return False
            time.sleep(LOOK_S)
        else:
            return True


def _holder(handle: int) -> int | None:
    text = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() and int(text) > 1 else None


def _killed(handle: int) -> bool:
    holder = _holder(handle)
    if holder is None:
        return False
    log.critical("process %d does not let go of its state; killing it", holder)
    try:
        os.kill(holder, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True

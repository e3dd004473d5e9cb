"""A moment on two clocks: the wall's, which people read and somebody may set, and the machine's own
count of seconds, which never goes back. Standard library only.

The count is one for all processes of a machine until it is started again. So the time between two
stamps that were made on one machine is exact, whatever happened to the wall clock meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from detect.incident import rfc3339

TICK = ".tick"
"""What a stage's count is called beside its time: `captured`, `captured.tick`."""


class Moment(datetime):
    """The present on both clocks. What is reckoned from it is a time of the wall clock alone."""

    tick: str = ""
    """`MACHINE/SECONDS`; empty: known by the wall clock only."""


def utc_now() -> datetime:
    """The present, UTC."""
    now = Moment.now(UTC)
    now.tick = tick_at(time.monotonic())
    return now


def tick_at(monotonic_s: float) -> str:
    """The count of a moment on this machine's monotonic clock."""
    return f"{_machine()}/{monotonic_s:.3f}"


def tick_of(moment: datetime) -> str:
    """The count that was taken with it; empty where none was."""
    return moment.tick if isinstance(moment, Moment) else ""


def stamp(stage: str, at: datetime, tick: str = "") -> dict[str, str]:
    """A stage's time, and its count where it is known."""
    tick = tick or tick_of(at)
    said = {stage: rfc3339(at)}
    return {**said, f"{stage}{TICK}": tick} if tick else said


def apart_s(before: str, after: str) -> float | None:
    """Seconds between two counts; None: they are not of one machine since one start of it."""
    machine, _, began = before.partition("/")
    other, _, ended = after.partition("/")
    if not machine or machine != other:
        return None
    try:
        return float(ended) - float(began)
    except ValueError:
        return None


@cache
def _machine() -> str:
    """Names this start of this machine, as its processes of one time namespace see it."""
    try:
        booted = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        booted += os.readlink("/proc/self/ns/time")
    except OSError:  # no Linux: then the count is this process's own
        booted = secrets.token_hex(8)
    return hashlib.blake2s(booted.encode(), digest_size=5).hexdigest()

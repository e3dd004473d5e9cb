"""A short run of the chaos: real processes, real kills, and the judge; and one that must fail.

The long runs are `python -m tests.chaos` (docs/chaos.md).
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.chaos.checker import judge
from tests.chaos.run import Options, Run

KEPT = "every incident acknowledged to a node is in exactly one alert"


def short(store: str, out: Path, **more: object) -> Options:
    """As much as this machine lets us break: only root may fill a disk, only cc makes a clock."""
    known: dict[str, object] = {
        "incidents": 200,
        "kills": 8,
        "seed": 3,
        "patrols": 10,
        "operators": 2,
        "away_s": 3.0,
        "clock_steps": 1 if shutil.which("cc") else 0,
        "full": 1 if os.geteuid() == 0 else 0,
    }
    return Options(store=store, out=out, **{**known, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_whatever_is_killed_nothing_is_lost_or_doubled(store: str, tmp_path: Path) -> None:
    async with asyncio.timeout(280):
        done = await Run(short(store, tmp_path), print).whole()
    wrong = [str(one) for one in judge(done.evidence) if one.wrong]
    assert not wrong, "\n".join(wrong)
    assert sum(done.kills.values()) == 8
    assert len({one["id"] for one in done.evidence.journal if one["what"] == "acked"}) >= 200
    assert done.exit_status == 0


async def test_a_service_that_acknowledges_too_early_is_found_out(tmp_path: Path) -> None:
    """The product with one thing wrong in it, through the same run and the same judge."""
    more = {"incidents": 120, "clock_steps": 0, "full": 0, "away_s": 0.1, "seed": 28}
    options = short("sqlite", tmp_path, mutant="ack-early", **more)
    async with asyncio.timeout(280):
        done = await Run(options, print).whole()
    assert [one.name for one in judge(done.evidence) if one.wrong and one.name == KEPT]

"""The load bench still fits the service that it loads. No figure of time is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.load.run import Plan, measure
from tests.bench.load.table import table

pytestmark = pytest.mark.model


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_a_small_town_under_load(store: str, tmp_path: Path) -> None:
    plan = Plan(
        seconds=4,
        rate=5,
        burst=20,
        clients=24,
        operators=8,
        disconnects=20,
        cameras=200,
        store=store,
    )
    figures = await measure(plan, tmp_path)
    assert (figures["missed"], figures["repeated"], figures["strange"]) == (0, 0, 0)
    assert figures["disconnects"] == 20
    assert figures["alerts"] == 40
    assert figures["sustained"]["operators"]["count"] == 20 * 8
    assert figures["burst"]["operators"]["count"] == 20 * 8
    offered = figures["sustained"]["patrols"]["count"] + figures["burst"]["patrols"]["count"]
    assert 0 < offered < 40
    assert figures["sustained"]["operators"]["p50"] > 0
    assert f"{plan.clients} (8 operators)" in table(figures)

"""Modes: what can be left out, and what exact means."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from detect.mode import EXACT, USUAL


def test_each_saving_can_be_left_out_by_itself() -> None:
    for name in asdict(USUAL):
        left = asdict(USUAL.without([name]))
        assert left.pop(name) is False
        assert all(left.values())


def test_names_may_come_one_by_one() -> None:
    assert USUAL.without(name for name in ("regions", "idle")) == USUAL.without(["regions", "idle"])
    assert not USUAL.without(iter(["rate"])).rate


def test_an_unknown_saving_is_named() -> None:
    with pytest.raises(ValueError, match="'speed' is not one of regions, packing"):
        USUAL.without(["idle", "speed"])


def test_exact_mode_saves_nothing() -> None:
    assert not any(asdict(EXACT).values())
    assert EXACT.is_exact
    assert not USUAL.is_exact

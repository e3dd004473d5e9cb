from __future__ import annotations

from fractions import Fraction

import pytest

from ingest.gop import GopMeter
from ingest.sources.base import Packet

BASE = Fraction(1, 1000)


def packet(number: int, gop: int, pts: int | None) -> Packet:
    return Packet(None, 1, number % gop == 0, pts, BASE, 0.0)


@pytest.mark.parametrize("stamped", [True, False])
@pytest.mark.parametrize(("gop", "is_short"), [(25, True), (26, True), (27, False), (50, False)])
def test_it_measures_in_media_time(gop: int, is_short: bool, stamped: bool) -> None:
    meter = GopMeter(25)
    for number in range(gop):
        meter.take(packet(number, gop, number * 40 if stamped else None))
    assert (meter.gop_s, meter.is_short) == (None, False), "one key frame tells nothing"
    assert meter.since_key_s == pytest.approx((gop - 1) / 25)
    for number in range(gop, gop * 2 + 1):
        meter.take(packet(number, gop, number * 40 if stamped else None))
    assert meter.gop_s == pytest.approx(gop / 25)
    assert meter.is_short is is_short
    assert meter.since_key_s == 0


def test_the_longest_of_the_last_few_counts() -> None:
    """A key frame at a cut says nothing about the next."""
    meter = GopMeter(10)
    at = 0
    for gap, expected in [(10, None), (3, 1), (20, 1), (5, 2), (5, 2), (5, 2), (5, 2), (5, 0.5)]:
        for number in range(gap):
            meter.take(packet(number, gap, at * 100))
            at += 1
        assert meter.gop_s == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("jump_ms", [-5000, 10**7])
def test_stamps_that_jump_are_counted_over(jump_ms: int) -> None:
    meter = GopMeter(10)
    for number in range(31):
        meter.take(packet(number, 10, number * 100 + (jump_ms if number >= 20 else 0)))
    assert meter.gop_s == pytest.approx(1)

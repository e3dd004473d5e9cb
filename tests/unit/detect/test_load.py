"""The load that is read off what was done, and the service that follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detect.load import LoadMeter, Work
from detect.overload import Cost, Service

CAMERAS = [Cost(source_fps=25, analysed_fps=5)] * 10


def second(n: int, *, decode_ms: float, look_ms: float, late: int = 0) -> Work:
    """What is done after `n` seconds of 250 pictures and 50 looks each."""
    looking_s = n * 50 * look_ms / 1000
    busy_s = n * 250 * decode_ms / 1000 + looking_s
    return Work(busy_s, looking_s, n * 250, n * 50, late * n)


def test_used_cores_and_demand_come_from_what_was_done() -> None:
    service = Service()
    meter = LoadMeter(2, service)
    for n in range(10):
        meter.step(float(n), second(n, decode_ms=2, look_ms=8), CAMERAS)
    assert meter.load.used_cores == pytest.approx(0.5 + 0.4)
    assert meter.load.demand == pytest.approx((10 * 25 * 0.002 + 10 * 5 * 0.008) / 2)
    assert (meter.load.level, service.level) == (0, 0)
    assert service.demand == pytest.approx(meter.load.demand)


def test_demand_stays_when_idle_cameras_are_hardly_decoded() -> None:
    meter = LoadMeter(2, Service())
    for n in range(10):
        meter.step(float(n), second(n, decode_ms=2, look_ms=8), CAMERAS)
    before = meter.load.demand
    idle = second(9, decode_ms=2, look_ms=8)
    idle = Work(idle.busy_s + 0.02, idle.looking_s, idle.pictures + 10, idle.looked, 0)
    meter.step(10.0, idle, CAMERAS)
    assert meter.load.demand == pytest.approx(before)
    assert meter.load.used_cores < 0.1


def test_key_frames_decoded_alone_do_not_make_whole_streams_seem_dear() -> None:
    """Else a machine whose cameras are idle would think it could never decode them all again."""
    meter = LoadMeter(2, Service())
    for n in range(10):
        meter.step(float(n), second(n, decode_ms=2, look_ms=8), CAMERAS)
    before = meter.load.demand
    done = second(9, decode_ms=2, look_ms=8)
    for n in range(1, 60):  # ten key frames a second at 6 ms; every tenth second one camera wakes
        is_awake = n % 10 == 0
        done = replace(
            done,
            busy_s=done.busy_s + 10 * 0.006 + is_awake * 25 * 0.002,
            pictures=done.pictures + 10 + is_awake * 25,
            alone=done.alone + 10,
        )
        meter.step(9.0 + n, done, CAMERAS)
    assert meter.load.demand == pytest.approx(before, rel=0.02)


def test_a_full_machine_sheds_and_says_so() -> None:
    service = Service()
    meter = LoadMeter(2, service)
    for n in range(12):
        meter.step(float(n), second(n, decode_ms=4, look_ms=20), CAMERAS)
    assert service.level == meter.load.level > 0


def test_late_work_counts_as_a_full_machine() -> None:
    service = Service()
    meter = LoadMeter(2, service)
    for n in range(6):
        meter.step(float(n), second(n, decode_ms=1, look_ms=1, late=5), CAMERAS)
    assert service.level > 0


def test_exact_mode_never_sheds() -> None:
    service = Service()
    meter = LoadMeter(2, service, sheds=False)
    for n in range(30):
        meter.step(float(n), second(n, decode_ms=9, look_ms=40, late=9), CAMERAS)
    assert service.level == 0
    assert service.demand > 1


def test_a_clock_that_stands_changes_nothing() -> None:
    meter = LoadMeter(2, Service())
    meter.step(1.0, second(1, decode_ms=2, look_ms=8), CAMERAS)
    before = meter.load
    assert meter.step(1.0, second(2, decode_ms=2, look_ms=8), CAMERAS) == before

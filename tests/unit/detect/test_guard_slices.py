"""Each hard case is told from the ordinary one beside it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from detect.guard.runs import Recorder, TrackPath
from detect.guard.scenes import guard_scene
from detect.guard.slices import slices_of_clip, slices_of_tracks
from ingest.camera import CameraId
from ingest.frame import Frame, Image
from tests.support.incidents import NOON
from tests.support.runs import path, run, walk

STILL = walk(0.0, 40.0, (0.5, 0.6), (0.5, 0.6))


def frame(step: int, image: Image) -> Frame:
    picture = SimpleNamespace(width_px=200, height_px=100)
    return Frame(CameraId("c"), step, step / 5, NOON, 0.0, image, picture)  # type: ignore[arg-type]


def of(one: TrackPath, *others: TrackPath) -> frozenset[str]:
    return slices_of_tracks(run(paths=[one, *others]))[one.id]


@pytest.mark.parametrize(("height", "small"), [(0.07, True), (0.1, False)])
def test_small(height: float, small: bool) -> None:
    one = path(walk(0.0, 4.0, (0.2, 0.6), (0.6, 0.6)), height=height, width=0.03)
    assert ("small/far" in of(one)) is small


@pytest.mark.parametrize(("seconds", "slow"), [(20.0, True), (4.0, False)])
def test_slow(seconds: float, slow: bool) -> None:
    one = path(walk(0.0, seconds, (0.2, 0.6), (0.6, 0.6)))
    assert ("slow" in of(one)) is slow


def test_who_stands_is_not_slow() -> None:
    assert of(path(STILL)) == set()


def test_parked_then_moving() -> None:
    leaves = [*STILL, *walk(40.2, 44.0, (0.51, 0.6), (0.9, 0.6))]
    assert "parked-then-moving" in of(path(leaves))
    comes = [*walk(-3.0, -0.2, (0.1, 0.6), (0.48, 0.6)), *leaves]
    assert "parked-then-moving" in of(path(comes))
    soon = [m for m in leaves if m[0] > 35.0]
    assert "parked-then-moving" not in of(path(soon))
    wavering = [(t, x + 0.02 * (-1) ** k, y) for k, (t, x, y) in enumerate(STILL)]
    assert "parked-then-moving" not in of(path(wavering))


def test_abandoned() -> None:
    bag = path([m for m in STILL if m[0] >= 2.0], number=2, label="suitcase", height=0.08)
    leaves = [*walk(0.0, 2.0, (0.3, 0.6), (0.5, 0.6)), *walk(2.2, 6.0, (0.51, 0.6), (0.98, 0.6))]
    assert "abandoned" in of(bag, path(leaves))
    waits = [*walk(0.0, 2.0, (0.3, 0.6), (0.5, 0.6)), *walk(2.2, 40.0, (0.51, 0.6), (0.55, 0.6))]
    assert "abandoned" not in of(bag, path(waits))
    assert "abandoned" not in of(bag)


def test_a_vehicle_may_be_abandoned_too() -> None:
    drives = [*walk(0.0, 4.0, (0.0, 0.6), (0.48, 0.6)), *walk(4.2, 40.0, (0.5, 0.6), (0.5, 0.6))]
    van = path(drives, number=2, label="truck", height=0.2, width=0.2)
    leaves = path(walk(5.0, 9.0, (0.55, 0.62), (0.95, 0.62)))
    passes = path(walk(25.0, 29.0, (0.1, 0.62), (0.9, 0.62)))
    assert "abandoned" in of(van, leaves)
    assert "abandoned" not in of(van, passes)
    drives_on = path([m for m in drives if m[0] <= 4.0], number=2, label="truck", width=0.2)
    assert "abandoned" not in of(drives_on, leaves)


def test_crowd() -> None:
    rows = [walk(0.0, 8.0, (0.1, 0.2 + k / 10), (0.9, 0.2 + k / 10)) for k in range(8)]
    people = [path(row, number=k + 1) for k, row in enumerate(rows)]
    assert "crowd" in of(*people)
    assert "crowd" not in of(*people[:7])


def test_night_is_dark_and_noisy_or_told() -> None:
    assert slices_of_clip(run(luma=50.0, noise=4.0), ()) == {"night noise"}
    assert slices_of_clip(run(luma=50.0, noise=0.5), ()) == set()
    assert slices_of_clip(run(luma=150.0, noise=4.0), ()) == set()
    assert slices_of_clip(run(), ["night_noise", "unheard_of"]) == {"night noise"}
    assert slices_of_clip(run(), ["small_far", "parked_then_moving"]) == {
        "small/far",
        "parked-then-moving",
    }


@pytest.mark.parametrize("sigma", [0.5, 2.0, 8.0])
def test_noise_is_measured_where_nothing_moves(sigma: float) -> None:
    random, recorder = np.random.default_rng(1), Recorder()
    for step in range(6):
        image = 60 + random.normal(0, sigma, (240, 320, 3))
        image[:, 40 * step : 40 * step + 20] = 200  # somebody walks by
        recorder.frame(frame(step, np.clip(np.rint(image), 0, 255).astype(np.uint8)), [])
    seen = recorder.run(guard_scene(None), [])
    assert seen.noise == pytest.approx(sigma, rel=0.2, abs=0.2)
    assert 60 < seen.luma < 110
    assert {"person", "car", "suitcase"} <= seen.labels
    assert (seen.frames, seen.seconds, seen.aspect) == (6, 1.0, 2.0)

"""The guard over real video and the real model: the same each time, and it finds what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.errors import ModelError
from detect.guard.compare import compare
from detect.guard.play import guard_runs
from detect.guard.runs import ClipRun, RunClip
from detect.guard.scenes import guard_scene
from detect.guard.verdict import Bounds, faults
from detect.mode import EXACT, USUAL
from ingest.errors import StreamUnreadable
from ingest.sources.encode import encode_clip
from tests.support.assets import catalog, clip

pytestmark = pytest.mark.model

MODEL = "nanodet-g-416"
SCENE = guard_scene(None)


@pytest.fixture(scope="module")
def runs() -> tuple[RunClip, RunClip]:
    return guard_runs(catalog(), MODEL, "onnxruntime", "fp32", "always", 5.0)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("guard") / "short.h264"
    encode_clip(clip(), path, width=768, height=576, fps=25, start_s=50.0, seconds=10.0)
    return path


@pytest.fixture(scope="module")
def exact(runs: tuple[RunClip, RunClip], short: Path) -> ClipRun:
    return runs[0](short, SCENE, EXACT)


def same(one: ClipRun, other: ClipRun) -> bool:
    return [path.id for path in one.paths] == [path.id for path in other.paths] and all(
        np.array_equal(a.xyxy, b.xyxy) and np.array_equal(a.t_s, b.t_s)
        for a, b in zip(one.paths, other.paths, strict=True)
    )


def test_exact_mode_agrees_with_itself(
    runs: tuple[RunClip, RunClip], short: Path, exact: ClipRun
) -> None:
    again = runs[1](short, SCENE, EXACT)
    assert same(exact, again)
    result = compare(exact, again, None)
    assert result.all.tracks.n >= 3
    assert result.all.sightings.rate == 1.0
    assert faults(result, Bounds()) == []


def test_a_run_tells_what_it_cost(exact: ClipRun) -> None:
    assert exact.frames == pytest.approx(50, abs=2)
    assert exact.decoded == pytest.approx(250, abs=2)
    assert exact.seconds == pytest.approx(10.0, abs=0.3)
    assert exact.aspect == pytest.approx(4 / 3)
    assert exact.incidents
    assert exact.luma > 90


def test_savings_decide_alike_each_time_and_are_compared(
    runs: tuple[RunClip, RunClip], short: Path, exact: ClipRun
) -> None:
    mode = USUAL.without(["rate", "idle"])
    first, again = runs[1](short, SCENE, mode), runs[1](short, SCENE, mode)
    assert same(first, again)
    assert first.frames == exact.frames
    assert 0 < first.canvases < exact.canvases
    result = compare(exact, first, None)
    assert result.test.canvases == first.canvases
    assert result.all.incidents.rate == 1.0


def test_what_is_no_video_is_told(runs: tuple[RunClip, RunClip], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    with pytest.raises(StreamUnreadable):
        runs[0](broken, SCENE, EXACT)


def test_an_engine_that_there_is_none_of_is_told() -> None:
    with pytest.raises(ModelError, match="abacus"):
        guard_runs(catalog(), MODEL, "abacus", "auto", "always", 5.0)

"""The benches still fit the core that they measure. No figure is asserted."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from api.cli.analyze import DEFAULT_MODEL, load_detector
from detect.mode import EXACT, USUAL, Mode
from detect.scene import Scene
from ingest.sources.encode import encode_images
from tests.bench.overhead import Stopwatch, timed
from tests.bench.paced import Paced, groups_of
from tests.bench.peers.__main__ import CONTESTANTS
from tests.bench.peers.field import Course
from tests.bench.peers.ours import SCENE
from tests.bench.peers.runner import Conditions, network, run
from tests.bench.peers.stamp import stamp
from tests.support.rtsp import moving_images

FPS = 25
PICTURES = 75
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 720p, each picture with its number."""
    file = tmp_path_factory.mktemp("bench") / "moving.h264"
    images = enumerate(itertools.islice(moving_images(PICTURES, 1280, 720), PICTURES))
    stamped = (stamp(image, number) for number, image in images)
    encode_images(stamped, file, width=1280, height=720, fps=FPS)
    return file


def test_groups_of_pictures_are_found(video: Path) -> None:
    groups = groups_of(video.read_bytes())
    assert len(groups) == PICTURES // FPS
    assert b"".join(groups) == video.read_bytes()


@pytest.mark.parametrize("mode", [EXACT, USUAL])
def test_paced_core_plays_the_video(video: Path, mode: Mode) -> None:
    paced = Paced(video, 2, load_detector(DEFAULT_MODEL, 1), mode, Scene.parse(SCENE))
    try:
        outcome = paced.run(2.0)
    finally:
        paced.close()
    assert outcome.decoded >= 2 * 2 * FPS - 2 * FPS
    if mode == EXACT:
        assert outcome.frames == 2 * 2 * 5
    assert outcome.frames > 0
    assert outcome.cpu_s > 0


def test_every_stage_that_always_works_is_timed(video: Path) -> None:
    detector, watch = load_detector(DEFAULT_MODEL, 1), Stopwatch()
    with timed(watch, detector):
        paced = Paced(video, 1, detector, USUAL, Scene.parse(SCENE))
        try:
            paced.run(2.0)
        finally:
            paced.close()
    wanted = {"demux", "decode", "convert", "gate", "plan", "infer", "decode boxes", "suppress"}
    assert wanted | {"track", "rules", "batch", "pipeline", "learn, pace"} <= set(watch.calls)


@pytest.mark.rtsp
@pytest.mark.parametrize("name", ["exact", "regions"])
def test_our_core_runs_in_the_race(video: Path, name: str) -> None:
    who = next(one for one in CONTESTANTS if one.name == name)
    course = Course("moving", video, PICTURES, ())
    cpus = tuple(sorted(os.sched_getaffinity(0)))
    result = run(who, 1, 2.0, Conditions(course, network(DEFAULT_MODEL), 5.0, cpus, 0.5))
    assert "done" in result, result["failures"]
    assert result["done"] > 0
    assert result["unreadable"] == 0
    assert result["rss_mb"] > 0

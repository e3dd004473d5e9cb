"""`qalqan evaluate` and `analyze --annotate` over real video with the real model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from api.cli.main import main
from detect.annotate import picture_of
from ingest.camera import CameraId
from ingest.frame import FrameSize
from ingest.sources.file import open_file
from ingest.sources.video_writer import VideoWriter
from tests.support.assets import clip

pytestmark = pytest.mark.model

FROM_S, TO_S = 48.0, 62.0
LAWN = [[0, 0.42], [0.15, 0.44], [0.4, 0.56], [0.6, 0.68], [0.8, 0.86], [0.9, 1], [0, 1]]
EVENT = {"type": "intrusion", "start_s": 3.5, "end_s": 14.0, "polygon": LAWN}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people step on the lawn; a truth file says so, another one is wrong."""
    folder = tmp_path_factory.mktemp("clips")
    with VideoWriter(folder / "lawn.mp4", fps=10) as writer:
        for frame in open_file(str(clip()), CameraId("lawn"), 10, FrameSize(16, 16)):
            if FROM_S <= frame.t_s < TO_S:
                writer.write(picture_of(frame, 2, 1280), frame.t_s - FROM_S)
            elif frame.t_s >= TO_S:
                break
    (folder / "lawn.truth.json").write_text(json.dumps({"events": [EVENT]}), "utf-8")
    (folder / "noise.mp4").write_bytes(b"no video")
    (folder / "noise.truth.json").write_text("{}", "utf-8")
    return folder


def test_a_real_clip_is_judged_and_a_broken_one_named(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    options = ["--kinds", "intrusion,fire", "--hard", "rain", "--json", "--out", str(page)]
    assert main(["evaluate", str(folder), *options]) == 1
    said = capsys.readouterr()
    data: dict[str, Any] = json.loads(said.out)
    intrusion = data["kinds"]["intrusion"]
    assert (intrusion["found"], intrusion["false"]["count"]) == (1, 0)
    assert -1 < intrusion["delay_p50_s"] < 2.5
    assert data["hard"]["rain"]["intrusion"]["events"] == 1
    assert data["clips"]["lawn.mp4"]["seconds"] == pytest.approx(TO_S - FROM_S, abs=0.5)
    assert data["clips"]["lawn.mp4"]["cuts_s"] == []
    assert list(data["failed"]) == ["noise.mp4"]
    assert said.err.splitlines()[-1].startswith("qalqan: 1 clips could not be judged: noise.mp4")
    assert "data:image/jpeg;base64," in page.read_text("utf-8")


def test_what_is_seen_is_drawn_into_a_video_that_plays(folder: Path, tmp_path: Path) -> None:
    scene, out = tmp_path / "scene.json", tmp_path / "seen.mp4"
    rules = [{"kind": "intrusion", "zone": "көгал"}]
    zones = [{"name": "көгал", "polygon": LAWN}]
    scene.write_text(json.dumps({"version": 1, "zones": zones, "rules": rules}), "utf-8")
    arguments = [str(folder / "lawn.mp4"), "--scene", str(scene), "--annotate", str(out)]
    incidents = tmp_path / "incidents.jsonl"
    assert main(["analyze", *arguments, "--out", str(incidents), "--language", "kk"]) == 0
    assert len(incidents.read_text("utf-8").splitlines()) == 1
    with av.open(str(out)) as video:
        frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    assert frames[0].shape == (720, 960, 3)
    assert len(frames) > 40
    orange = (np.abs(frames[-1].astype(int) - (0, 120, 255)).max(2) < 60).sum()
    assert orange > 1500  # banner and boxes of the intrusion
    assert (np.abs(frames[2].astype(int) - (0, 120, 255)).max(2) < 60).sum() < 500


def test_one_video_at_a_time_is_drawn_upon(folder: Path, tmp_path: Path) -> None:
    sources = [str(folder / "lawn.mp4")] * 2
    assert main(["analyze", *sources, "--annotate", str(tmp_path / "a.mp4")]) == 2
    missing = str(tmp_path / "no" / "a.mp4")
    assert main(["analyze", sources[0], "--annotate", missing]) == 1

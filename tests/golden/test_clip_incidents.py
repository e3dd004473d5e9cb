"""The lawn of the opencv-doc clip: one intrusion, one loitering, nothing else, twice the same.

Two people step on the lawn at 51.5 s, one of them stays until about 74 s; then somebody walks along
its edge on the path, which is no intrusion.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from detect.analyze import detected
from detect.detections import Detections
from detect.detector import Detector
from detect.incident import Incident, IncidentId
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.schedule import Sampler
from ingest.sources.file import open_file
from tests.support.assets import catalog, clip
from tests.support.incidents import NOON

pytestmark = pytest.mark.model

GOLDEN = Path(__file__).with_name("lawn.incidents.jsonl")
SCENE = Path(__file__).with_name("lawn.scene.json")
CLOCK = ("started_at", "detected_at", "ended_at")
TIMES_WITHIN_S, REST_WITHIN = 0.41, 0.05
"""Two analysed frames; the arithmetic differs a little from processor to processor."""


EXACT = ("--exact", "--engine", "onnxruntime", "--precision", "fp32")
"""The same numbers on every machine, or nearly."""
IDLE = ("--economy", "always")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The lines of two runs of `qalqan analyze` in exact mode."""
    return [analyzed(tmp_path_factory.mktemp("exact"), *EXACT) for _ in range(2)]


def analyzed(folder: Path, *options: str) -> list[str]:
    out = folder / "incidents.jsonl"
    assert main(["analyze", str(clip()), "--scene", str(SCENE), "--out", str(out), *options]) == 0
    return out.read_text("utf-8").splitlines()


@pytest.mark.parametrize("options", [(), IDLE], ids=["usual", "idle"])
def test_with_all_savings_the_same_two_incidents_and_twice_the_same(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    one, other = (
        [without_ids_and_clock(line) for line in analyzed(tmp_path, *options)] for _ in range(2)
    )
    assert one == other
    intrusion, loitering = map(json.loads, one)
    assert (intrusion["kind"], loitering["kind"]) == ("intrusion", "loitering")
    assert intrusion["start_s"] == pytest.approx(51.5, abs=1)
    assert 51 <= loitering["start_s"] <= 57
    assert intrusion["end_s"] == pytest.approx(74, abs=2.5)
    assert loitering["end_s"] == pytest.approx(74, abs=2.5)


def without_ids_and_clock(line: str) -> str:
    line = re.sub(r'"id":"[0-9a-f-]{36}"', '"id":"-"', line)
    return re.sub(rf'"({"|".join(CLOCK)})":"[^"]+"', r'"\1":"-"', line)


def without_numbers(sentence: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "N", sentence)


def test_twice_the_same_bytes_apart_from_ids_and_wall_clock(runs: list[list[str]]) -> None:
    one, other = ([without_ids_and_clock(line) for line in lines] for lines in runs)
    assert one == other
    assert len({json.loads(line)["id"] for lines in runs for line in lines}) == 4


def test_the_golden_incidents(runs: list[list[str]]) -> None:
    golden = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    found = [json.loads(without_ids_and_clock(line)) for line in runs[0]]
    assert [one["kind"] for one in found] == [one["kind"] for one in golden]
    for got, wanted in zip(found, golden, strict=True):
        assert list(got) == list(wanted)
        for key in got.keys() - {"boxes", "why", "why_in", "paths", "scores"}:
            within = TIMES_WITHIN_S if key.endswith("_s") else REST_WITHIN
            number = isinstance(wanted[key], float)
            assert got[key] == (pytest.approx(wanted[key], abs=within) if number else wanted[key])
        assert without_numbers(got["why"]) == wanted["why"]
        assert {k: without_numbers(v) for k, v in got["why_in"].items()} == wanted["why_in"]
        assert got["scores"] == pytest.approx(wanted["scores"], abs=2)
        steps = [step for path in got["paths"] for step in path["points"]]
        assert steps
        assert all(0 <= x <= 1 and 0 <= y <= 1 for _, x, y in steps)
        first, wanted_first = got["boxes"][0], wanted["boxes"][0]
        assert list(first) == list(wanted_first)
        assert first["label"] == "person"
        assert first["t_s"] == got["detected_s"]
        assert first["xyxy"] == pytest.approx(wanted_first["xyxy"], abs=0.1)


def test_wall_clock_and_media_time_agree(runs: list[list[str]]) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text)

    for one in map(json.loads, runs[0]):
        begins = [at(one[key]) - timedelta(seconds=one[s]) for key, s in _pairs()]
        assert max(begins) - min(begins) <= timedelta(milliseconds=2)


def _pairs() -> list[tuple[str, str]]:
    return list(zip(CLOCK, ("start_s", "detected_s", "end_s"), strict=True))


@pytest.fixture(scope="module")
def seen() -> tuple[Detector, list[tuple[float, Detections]]]:
    """What the detector sees in every frame of the clip's later half."""
    detector = Detector.load(catalog(), "nanodet-g-416", threads=1)
    frames = open_file(str(clip()), CameraId("clip"), 10, detector.size)
    later = (frame for frame in frames if frame.t_s >= 40)
    return detector, [(frame.t_s, found) for frame, found in detected(later, detector, 2)]


@pytest.mark.parametrize("fps", [2, 3, 4, 5, 8, 10])
def test_the_same_two_incidents_at_every_rate(
    seen: tuple[Detector, list[tuple[float, Detections]]], fps: float
) -> None:
    detector, frames = seen
    scene: Any = json.loads(SCENE.read_text("utf-8"))
    numbers = iter(range(1000))
    watch = CameraWatch(
        CameraId("clip"),
        Scene.parse(scene),
        detector.classes,
        detector.ref,
        lambda: IncidentId(str(next(numbers))),
    )
    sampler = Sampler(fps)
    changes: list[Incident] = []
    for t_s, detections in frames:
        if sampler.due(t_s):
            changes += watch.see(t_s, NOON + timedelta(seconds=t_s), detections)
    final = {change.id: change for change in changes + watch.finish()}
    intrusion, loitering = sorted(final.values(), key=lambda one: one.kind)
    assert (intrusion.kind, loitering.kind) == ("intrusion", "loitering")
    assert intrusion.start_s == pytest.approx(51.5, abs=1)
    assert intrusion.end_s == pytest.approx(74, abs=1)
    assert 51 <= loitering.start_s <= 57
    assert loitering.end_s == intrusion.end_s

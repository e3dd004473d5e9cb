"""Which engine a model runs on: measured once, remembered, never at the cost of what is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import detect.choosing
from detect.catalog import Catalog, Prepared
from detect.choosing import Job, choose, disagreement, fastest, reason_for
from detect.detections import Detections
from detect.detector import Detector
from detect.engines.base import Engine
from detect.engines.build import candidates
from detect.engines.choice import KEPT, Candidate, Choice, ChoiceFile, key_of
from detect.engines.machine import machine
from detect.engines.race import Clocks, race
from detect.engines.samples import street
from detect.errors import InferenceFailed, WrongGraph
from detect.looking.agreement import Found
from ingest.frame import FrameSize, Image
from tests.support.models import NAME, install

ORT, ORT_INT8 = Candidate("onnxruntime", "fp32"), Candidate("onnxruntime", "int8")
OV, BF16 = Candidate("openvino", "fp32"), Candidate("openvino", "bf16")
BOX = Detections(
    np.array([[0.1, 0.1, 0.5, 0.5]], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int32)
)


class Fake:
    """An engine that takes its time by a clock of its own, and sees a box or not."""

    any_size = True
    batch_frames = 1

    def __init__(self, way: Candidate, clock: list[float], seconds: float) -> None:
        self.way, self.clock, self.seconds = way, clock, seconds
        self.name = str(way)

    def run(self, batch: np.ndarray) -> Sequence[np.ndarray]:
        self.clock[0] += self.seconds
        return [np.zeros((len(batch), 1), np.float32)]


class Sees:
    """A detector over one."""

    usual_slot = FrameSize(64, 64)

    def __init__(self, engine: Engine, blind: Sequence[str], broken: Sequence[str]) -> None:
        self.engine, self.blind, self.broken = engine, blind, broken

    def try_out(self) -> None:
        if self.engine.name in self.broken:
            raise WrongGraph("it cannot be run")

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        return [Detections.none() if self.engine.name in self.blind else BOX for _ in images]


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> dict[Candidate, float]:
    """What a frame takes on each engine; engines are fakes that take it."""
    taken = {ORT: 0.03, OV: 0.02, BF16: 0.005, ORT_INT8: 0.01}
    clock = [0.0]

    def build(way: Candidate, graph: Path, int8: Path | None, threads: int) -> Engine:
        return Fake(way, clock, taken[way])

    def timed(engines: dict[Candidate, Engine], picture: Image, lanes: int, **_: bool) -> object:
        clocks = Clocks(lambda: clock[0], lambda: clock[0])
        return race(engines, picture, 1, clocks=clocks)

    monkeypatch.setattr(detect.choosing, "build", build)
    monkeypatch.setattr(detect.choosing, "race", timed)
    return taken


def job(
    folder: Path,
    precisions: tuple[str, ...] = ("fp32", "bf16"),
    blind: Sequence[str] = (),
    broken: Sequence[str] = (),
) -> Job:
    prepared = Prepared(folder / "model.onnx", "0", None, ("graph",))
    return Job(prepared, precisions, 1, lambda engine: Sees(engine, blind, broken))


def test_the_fastest_is_taken_and_said(tmp_path: Path, seconds: dict[Candidate, float]) -> None:
    chosen = choose(job(tmp_path))
    assert chosen.choice.candidate == BF16
    assert chosen.choice.reason == (
        "openvino bf16 5.0 ms a frame; openvino fp32 20.0; onnxruntime fp32 30.0"
    )
    assert chosen.is_tried


def test_it_is_measured_once(tmp_path: Path, seconds: dict[Candidate, float]) -> None:
    first = choose(job(tmp_path))
    seconds[BF16] = 9.0  # were it measured again, another would be taken
    again = choose(job(tmp_path))
    assert again.choice == first.choice
    assert again.is_tried
    other = choose(job(tmp_path, ("fp32",)))
    assert other.choice.candidate == OV


def test_one_that_sees_something_else_is_out(
    tmp_path: Path, seconds: dict[Candidate, float]
) -> None:
    chosen = choose(job(tmp_path, blind=[str(BF16)]))
    assert chosen.choice.candidate == OV
    assert "openvino bf16 is out: sees only 0 of 8 sure boxes the same" in chosen.choice.reason


def test_one_that_cannot_run_it_is_out(tmp_path: Path, seconds: dict[Candidate, float]) -> None:
    chosen = choose(job(tmp_path, broken=[str(BF16), str(OV)]))
    assert chosen.choice.candidate == ORT
    assert "openvino fp32 is out: it cannot be run" in chosen.choice.reason


def test_full_precision_decides_whether_the_graph_is_right(
    tmp_path: Path, seconds: dict[Candidate, float]
) -> None:
    with pytest.raises(WrongGraph, match="cannot be run"):
        choose(job(tmp_path, broken=[str(ORT)]))
    assert not (tmp_path / "engine.json").exists()


def test_what_is_asked_for_is_not_measured(tmp_path: Path, seconds: dict[Candidate, float]) -> None:
    chosen = choose(job(tmp_path), "openvino", "fp32")
    assert (chosen.choice.candidate, chosen.is_tried) == (OV, False)
    assert choose(job(tmp_path), "openvino").choice.candidate == BF16
    with pytest.raises(WrongGraph, match="cannot run in int8"):
        choose(job(tmp_path), precision="int8")
    with pytest.raises(ValueError, match="'tvm' is not one of auto, onnxruntime, openvino"):
        choose(job(tmp_path), "tvm")
    with pytest.raises(ValueError, match="'fp8' is not one of"):
        choose(job(tmp_path), precision="fp8")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"choices": [{"key": 1}]}', "\0"])
def test_a_memory_that_cannot_be_read_only_costs_time(
    tmp_path: Path, seconds: dict[Candidate, float], content: str
) -> None:
    (tmp_path / "engine.json").write_text(content)
    assert choose(job(tmp_path)).choice.candidate == BF16
    assert json.loads((tmp_path / "engine.json").read_text())["choices"][0]["precision"] == "bf16"


def test_a_memory_that_cannot_be_written_is_no_failure(
    tmp_path: Path, seconds: dict[Candidate, float]
) -> None:
    assert choose(job(tmp_path / "none")).choice.candidate == BF16


def test_the_memory_is_bounded(tmp_path: Path) -> None:
    file = ChoiceFile(tmp_path / "engine.json")
    for number in range(KEPT + 3):
        file.keep(str(number), Choice(ORT, "why"))
    assert file.recall("2") is None
    assert file.recall(str(KEPT + 2)) == Choice(ORT, "why")
    assert len(json.loads((tmp_path / "engine.json").read_text())["choices"]) == KEPT


def test_the_key_knows_all_that_matters() -> None:
    keys = {
        key_of(["a"], {"cores": "2"}, [ORT], 1),
        key_of(["b"], {"cores": "2"}, [ORT], 1),
        key_of(["a"], {"cores": "4"}, [ORT], 1),
        key_of(["a"], {"cores": "2"}, [ORT, OV], 1),
        key_of(["a"], {"cores": "2"}, [ORT], 2),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("taken", "best"),
    [
        ({ORT: 10.0, BF16: 5.0}, BF16),
        ({ORT: 10.0, BF16: 9.5}, ORT),  # not worth less precision
        ({ORT: 10.0, OV: 9.0, BF16: 9.0}, OV),
        ({BF16: 9.0, ORT_INT8: 8.0}, ORT_INT8),
    ],
)
def test_less_precision_must_be_worth_it(taken: dict[Candidate, float], best: Candidate) -> None:
    assert fastest(taken) == best


def test_the_words_of_a_choice() -> None:
    assert disagreement(Found(90, 100)) is None
    assert disagreement(Found(89, 100)) == "sees only 89 of 100 sure boxes the same"
    assert reason_for(ORT, {ORT: 0.01}, {OV: "broken"}) == (
        "onnxruntime fp32 10.0 ms a frame; openvino fp32 is out: broken"
    )


def test_full_precision_comes_first() -> None:
    assert candidates(("bf16", "fp32", "int8"))[0] == ORT
    assert candidates(("fp32", "bf16"), engine="openvino") == [OV, BF16]
    assert candidates(("fp32",), precision="int8") == []


def test_the_machine_is_told_apart(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("model name\t: A\nflags\t: fpu avx2\n\nmodel name\t: B\n")
    found = machine(info)
    assert (found["model name"], found["flags"]) == ("A", "fpu avx2")
    assert "onnxruntime" in found
    assert "model name" not in machine(tmp_path / "none")


def test_what_will_be_needed_can_be_imported_beforehand(tmp_path: Path) -> None:
    install(tmp_path)
    told = f"""
import sys
from pathlib import Path
from detect.catalog import Catalog
from detect.choosing import preload
catalog = Catalog(Path({str(tmp_path / "models")!r}), Path({str(tmp_path / "weights")!r}))
preload(catalog.manifest("{NAME}"), catalog.prepared("{NAME}"), threads=1)
print("onnxruntime" in sys.modules, "openvino" in sys.modules)
"""

    def imported() -> list[str]:
        done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
        return done.stdout.split()

    assert imported() == ["False", "False"]
    detector = Detector.load(Catalog(tmp_path / "models", tmp_path / "weights"), NAME, threads=1)
    is_openvino = detector.engine_name.startswith("openvino")
    assert imported() == [str(not is_openvino), str(is_openvino)]


def test_a_race_that_fails_is_a_failure() -> None:
    class Broken(Fake):
        def run(self, batch: np.ndarray) -> Sequence[np.ndarray]:
            raise InferenceFailed("inference failed")

    with pytest.raises(InferenceFailed):
        race({ORT: Broken(ORT, [0.0], 1.0)}, street(FrameSize(64, 64), 0), 2)


def test_drawn_streets_are_the_same_each_time() -> None:
    size = FrameSize(96, 64)
    assert street(size, 3).shape == (64, 96, 3)
    assert np.array_equal(street(size, 3), street(size, 3))
    assert not np.array_equal(street(size, 3), street(size, 4))


def test_the_real_engines_are_measured(tmp_path: Path) -> None:
    install(tmp_path)
    detector = Detector.load(Catalog(tmp_path / "models", tmp_path / "weights"), NAME, threads=1)
    assert "onnxruntime fp32" in detector.reason
    assert "openvino fp32" in detector.reason
    assert (tmp_path / "weights" / NAME / "engine.json").is_file()

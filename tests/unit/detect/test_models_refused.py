"""A model that is wrong in any way starts nothing: one clear line and exit status 2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from onnx import TensorProto

import api.home
from api.cli.main import main
from detect.catalog import Catalog
from detect.detector import Detector
from tests.support.assets import clip
from tests.support.models import CELLS, CLASSES, NAME, SOURCE, install


def file(folder: Path, name: str) -> Path:
    place = "models" if name == "model.toml" else "weights"
    return folder / place / NAME / name


def edited(old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        install(folder)
        path = file(folder, "model.toml")
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def missing(folder: Path) -> None:
    install(folder)
    file(folder, "model.onnx").unlink()


def corrupt(folder: Path) -> None:
    install(folder)
    path = file(folder, "model.onnx")
    path.write_bytes(path.read_bytes()[:-9])


def bad_stamp(folder: Path) -> None:
    install(folder)
    file(folder, "stamp.json").write_text("{")


def fewer_classes(folder: Path) -> None:
    install(folder)
    (folder / "models" / NAME / "classes.txt").write_text("\n".join(CLASSES[:-1]))


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "weights missing": (missing, "qalqan models fetch small"),
    "weights of another hash": (edited(SOURCE, "1" * 64), "not what was fetched"),
    "graph corrupt": (corrupt, "damaged"),
    "stamp corrupt": (bad_stamp, "cannot be read"),
    "opset unknown": (lambda at: install(at, opset=99), "Opset 99"),
    "input not bytes": (lambda at: install(at, kind=TensorProto.FLOAT), "not uint8"),
    "input of another size": (lambda at: install(at, size=32), "cannot be run"),
    "batch fixed": (lambda at: install(at, batch=3), "batch is fixed at 3"),
    "outputs of another grid": (lambda at: install(at, rows=CELLS + 1), "outputs are"),
    "outputs of more classes": (lambda at: install(at, columns=9 + 1), "outputs are"),
    "fewer classes named": (fewer_classes, "outputs are"),
    "numbers that are none": (lambda at: install(at, factor=float("nan")), "not finite"),
    "endless numbers": (lambda at: install(at, factor=float("inf")), "not finite"),
    "scores beyond one": (lambda at: install(at, factor=1.0), "not 0 to 1"),
    "no such decoder": (edited('"yolox"', '"dreams"'), "decoder"),
    "key misspelt": (edited("min_score", "min_scores"), "min_score"),
    "not TOML": (edited("[source]", "[source"), "not TOML"),
}
wrong = pytest.mark.parametrize(("break_it", "said"), WRONG.values(), ids=WRONG.keys())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose models and weights lie in the folder."""
    monkeypatch.setattr(api.home, "manifests", lambda: tmp_path / "models")
    monkeypatch.setattr(api.home, "weights", lambda: tmp_path / "weights")
    return tmp_path


def test_the_small_model_itself_is_right(here: Path) -> None:
    install(here)
    detector = Detector.load(Catalog(here / "models", here / "weights"), NAME, threads=1)
    assert detector.classes == CLASSES
    assert detector.batch_frames >= 1


@wrong
def test_analyze_refuses(
    here: Path, capfd: pytest.CaptureFixture[str], break_it: Callable[[Path], None], said: str
) -> None:
    break_it(here)
    assert main(["analyze", str(clip()), "--model", NAME]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("qalqan: ")
    assert said in line


@pytest.mark.parametrize("name", ["weights missing", "graph corrupt", "numbers that are none"])
def test_a_node_refuses(tmp_path: Path, name: str) -> None:
    break_it, said = WRONG[name]
    break_it(tmp_path)
    options = {"--models": "models", "--weights": "weights", "--data": ".", "--socket": "none.sock"}
    ended = subprocess.run(
        [sys.executable, "-m", "detect.node", "--model", NAME]
        + [part for key, value in options.items() for part in (key, str(tmp_path / value))],
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    (line,) = [line for line in ended.stderr.splitlines() if not line.startswith("INFO")]
    assert line.startswith("CRITICAL detect.node: ")
    assert said in line


def test_an_unknown_model_names_those_there_are(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    install(here)
    assert main(["analyze", str(clip()), "--model", "other"]) == 2
    assert "there is no model 'other'; there are: small" in capfd.readouterr().err

"""`qalqan evaluate`: which clips it takes, what it prints, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api.cli import evaluate as part
from api.cli.evaluate import SomeFailed, clips_of, evaluate
from api.errors import BadInput
from detect.evaluation.figures import ClipResult
from detect.evaluation.match import judge
from detect.evaluation.run import Case
from ingest.errors import StreamUnreadable
from tests.support.incidents import incident

TRUTH = {"events": [{"type": "fire", "start_s": 1, "end_s": 30}], "negative_for": ["fall"]}


class Player:
    """Finds the fire in every clip, and a fall in those that are called so."""

    asked: list[Case] = []  # noqa: RUF012 - one for each test

    def __init__(self, *options: object, **more: object) -> None:
        self.options = more
        type(self).asked = []

    def run(self, case: Case) -> ClipResult:
        self.asked.append(case)
        if "broken" in case.name:
            raise StreamUnreadable(f"{case.clip} is not a video file that can be read")
        found = [incident(1, kind="fire", zone=None, boxes=())]
        if "fall" in case.name:
            found.append(incident(2, kind="person_down", zone=None, start_s=5, detected_s=6))
        judged = judge(
            found, case.truth, {rule.kind for rule in case.scene.rules}, by_name=case.by_name
        )
        return ClipResult(case.name, case.truth, case.scene, tuple(found), judged, 60.0, 300)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(part, "Evaluator", Player)
    monkeypatch.setattr(part, "load_detector", lambda *options: None)
    add(tmp_path / "fires", "a.mp4")
    return tmp_path


def add(folder: Path, name: str, truth: object = TRUTH) -> Path:
    folder.mkdir(exist_ok=True)
    clip = folder / name
    clip.write_bytes(b"")
    clip.with_suffix(".truth.json").write_text(json.dumps(truth), "utf-8")
    return clip


def call(*arguments: object) -> Any:
    app = typer.Typer()
    app.command()(evaluate)
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_every_clip_with_a_truth_is_run_and_told(folder: Path) -> None:
    add(folder, "fall.mp4")
    (folder / "lonely.mp4").write_bytes(b"")
    result = call(folder)
    assert [case.name for case in Player.asked] == ["fall.mp4", "fires/a.mp4"]
    assert "fires/a.mp4 (60.0 s): all 1 events found, nothing false" in result.stdout
    assert "false: person_down" in result.stdout
    data = json.loads(call(folder, "--json").stdout)
    assert data["kinds"]["fire"]["found"] == 2
    assert data["kinds"]["person_down"]["false"]["count"] == 1
    assert data["hard"] == {}


def test_one_that_cannot_be_judged_is_said_and_the_rest_goes_on(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    add(folder, "broken.mp4")
    add(folder, "wrong.mp4", {"events": [{"type": "fire"}]})
    page = folder / "out.html"
    with pytest.raises(SomeFailed, match=r"2 clips could not be judged: wrong\.mp4, broken\.mp4"):
        call(folder, "--out", page)
    text = page.read_text("utf-8")
    assert "is not a video file" in text
    assert "event 1: it lacks start_s and end_s" in text
    assert "fires/a.mp4" in text


def test_a_scene_beside_the_clip_or_given_goes_before_the_truth_s(folder: Path) -> None:
    scene = {"version": 1, "rules": [{"kind": "fire"}, {"kind": "smoke"}]}
    given = folder / "given.json"
    given.write_text(json.dumps(scene), "utf-8")
    call(folder, "--scene", given, "--kinds", "smoke")
    (case,) = Player.asked
    assert ([rule.kind for rule in case.scene.rules], case.by_name) == (["smoke"], False)
    (folder / "fires" / "a.scene.json").write_text(json.dumps(scene), "utf-8")
    call(folder)
    assert [rule.kind for rule in Player.asked[0].scene.rules] == ["fire", "smoke"]


def test_kinds_and_negatives_are_chosen(folder: Path) -> None:
    call(folder, "--kinds", "fire, crowd")
    assert [rule.kind for rule in Player.asked[0].scene.rules] == ["fire", "crowd"]
    call(folder, "--no-negatives")
    assert [rule.kind for rule in Player.asked[0].scene.rules] == ["fire"]


def test_hard_cases_run_again_and_stand_beside(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def write(clip: Path, out: Path, case: Any, span: object, seed: int) -> None:
        written.append(f"{case.name} {seed} {span is None}")
        out.write_bytes(b"")

    monkeypatch.setattr("detect.evaluation.hard_clips.write_harder", write)
    result = call(folder, "--hard", "rain,cover", "--seed", 5, "--keep", folder / "kept")
    assert written == ["rain 5 True", "cover 5 False"]
    assert [case.clip.parent.name for case in Player.asked] == ["fires", "kept", "kept"]
    (row,) = [
        r for r in result.stdout.splitlines() if r.startswith("camera_tamper") and "+" not in r
    ][-1:]
    assert row.split() == ["camera_tamper", "-", "-", "0/1"]
    assert "fires/a.mp4: missed: camera_tamper 24.0 to 44.0 s" in result.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kinds", "ghost"], "--kinds: 'ghost' is not one of abandoned_object"),
        (["--hard", "snow"], "--hard: 'snow' is not one of all"),
        (["--out", "no/such/folder.html"], "cannot write"),
    ],
)
def test_wrong_options_are_named(folder: Path, options: list[str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        call(folder, *options)


def test_a_folder_without_clips_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        clips_of(tmp_path / "none")
    (tmp_path / "b.truth.json").write_text("{}", "utf-8")
    with pytest.raises(BadInput, match="holds no video with"):
        clips_of(tmp_path)
    assert "b.truth.json: there is no video beside it" in capsys.readouterr().err

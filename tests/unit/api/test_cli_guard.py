"""`qalqan bench guard`: what it compares, prints, and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api.cli import guard as part
from api.cli.guard import BelowBounds, guard
from api.errors import BadInput
from detect.errors import SceneError
from detect.guard.runs import ClipRun
from detect.guard.truth import TruthError
from detect.mode import EXACT, USUAL, Mode
from detect.scene import Scene
from tests.support.runs import happening, path, run, walk

SEEN = run([happening(5.0, 6.0, 20.0)], [path(walk(5.0, 20.0, (0.2, 0.7), (0.8, 0.7)))])


class Player:
    """Gives a run for each clip and remembers how it was asked."""

    def __init__(self, given: ClipRun = SEEN) -> None:
        self.given = given
        self.asked: list[tuple[str, Scene, Mode]] = []

    def __call__(self, clip: Path, scene: Scene, mode: Mode) -> ClipRun:
        self.asked.append((clip.name, scene, mode))
        return self.given


@pytest.fixture
def players(monkeypatch: pytest.MonkeyPatch) -> tuple[Player, Player]:
    both = Player(), Player()
    monkeypatch.setattr(part, "_runs", lambda *options: both)
    return both


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "gate.mp4"
    path.write_bytes(b"")
    return path


def call(*arguments: object) -> Any:
    app = typer.Typer()
    app.command()(guard)
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_both_ways_run_with_one_scene_and_agree(players: tuple[Player, Player], clip: Path) -> None:
    reference, test = players
    result = call(clip, "--without", "idle,audit", "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["ok"] is True
    assert data["rows"]["all"]["incidents"]["n"] == 1
    assert data["by_clip"]["gate.mp4"]["tracks"]["hits"] == 1
    assert reference.asked[0][1] == test.asked[0][1]
    assert reference.asked[0][2] == EXACT
    assert test.asked[0][2] == USUAL.without(["idle", "audit"])


def test_one_below_the_bounds_fails_in_one_line(players: tuple[Player, Player], clip: Path) -> None:
    players[1].given = run()
    with pytest.raises(BelowBounds) as failed:
        call(clip)
    assert "incident recall 0.000 (0 of 1) is below 0.98" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert call(clip, "--least-recall", 0).exit_code == 0


@pytest.mark.usefixtures("players")
def test_people_get_a_table_and_a_page(clip: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    result = call(clip, "--report", page)
    assert "1/1 = 1.000" in result.stdout
    assert "The bounds are kept." in page.read_text("utf-8")
    with pytest.raises(BadInput, match="cannot write"):
        call(clip, "--report", tmp_path / "no" / "out.html")


def test_the_scene_comes_from_a_file_from_beside_or_from_the_truth(
    players: tuple[Player, Player], clip: Path, tmp_path: Path
) -> None:
    def rules(*arguments: object) -> list[dict[str, Any]]:
        call(clip, *arguments)
        return players[0].asked[-1][1].to_dict()["rules"]

    assert [rule["zone"] for rule in rules()] == [None] * 3
    truth = {"events": [{"type": "loitering", "start_s": 5, "end_s": 20}]}
    (tmp_path / "gate.truth.json").write_text(json.dumps(truth))
    assert [rule["kind"] for rule in rules()] == ["loitering"]
    assert len(rules("--grid")) == 12
    beside = {"version": 1, "rules": [{"kind": "intrusion", "seconds": 7}]}
    (tmp_path / "gate.scene.json").write_text(json.dumps(beside))
    assert rules()[0]["seconds"] == 7
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"version": 1, "rules": [{"kind": "intrusion", "seconds": 9}]}))
    assert rules("--scene", given)[0]["seconds"] == 9
    given.write_text(json.dumps({"version": 1, "colour": 1}))
    with pytest.raises(SceneError, match="colour"):
        rules("--scene", given)


def test_clips_of_one_name_are_kept_apart(players: tuple[Player, Player], clip: Path) -> None:
    other = clip.parent / "other" / clip.name
    other.parent.mkdir()
    other.write_bytes(b"")
    data = json.loads(call(clip, other, "--json").stdout)
    assert data["clips"] == 2
    assert len(data["by_clip"]) == 2
    assert len(players[0].asked) == 2


@pytest.mark.usefixtures("players")
def test_wrong_use_is_told(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        call(tmp_path / "nowhere.mp4")
    with pytest.raises(BadInput, match="'speed' is not one of regions"):
        call(clip, "--without", "speed")
    with pytest.raises(BadInput, match="--mode: 'fast' is not one of usual, exact"):
        call(clip, "--mode", "fast")
    (tmp_path / "gate.truth.json").write_text("{")
    with pytest.raises(TruthError, match=r"gate\.truth\.json"):
        call(clip)

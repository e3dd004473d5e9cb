"""The rules of fire and smoke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from detect.aids import NO_AIDS, Floats, Head, NoAids
from detect.burning import flames, plumes
from detect.detections import Detections
from detect.heads import Heads
from detect.incident import ModelRef
from detect.rules import KINDS, Finding, RuleJudge
from detect.scene import Scene
from detect.view import View
from tests.support.burning import Paint, blinking, flame, frames, smoke, wall


@dataclass
class Says:
    """A head that says the same of every place."""

    score: float
    ref: ModelRef = field(default_factory=lambda: ModelRef("said", "0" * 64))

    def run(self, inputs: Mapping[str, npt.NDArray[np.generic]]) -> Floats:
        return np.full((len(inputs["features"]), 1), self.score, np.float32)


class Aided(NoAids):
    def __init__(self, score: float) -> None:
        self._says = Says(score)

    def head(self, name: str) -> Head | None:
        return self._says


def judge_of(kind: str, aids: NoAids, zones: Sequence[dict[str, object]] = ()) -> RuleJudge:
    rule: dict[str, object] = {"kind": kind}
    if zones:
        rule["zone"] = zones[0]["name"]
    scene = Scene.parse({"version": 1, "zones": list(zones), "rules": [rule]})
    return KINDS[kind].judge(scene.rules[0], scene, aids)


def zone(name: str, low: float, high: float) -> dict[str, object]:
    return {"name": name, "polygon": [[low, low], [high, low], [high, high], [low, high]]}


def judged(judge: RuleJudge, paint: Paint, seconds: float = 9.0) -> list[Finding]:
    found = []
    for t_s, image in frames(paint, seconds):
        found += judge.judge(View(t_s, [], Detections.none(), image=image))
    return found


PAINTS = {"fire": flame, "smoke": smoke}


@pytest.mark.parametrize("kind", ["fire", "smoke"])
def test_what_the_head_is_sure_of_is_found_and_said(kind: str) -> None:
    findings = judged(judge_of(kind, Aided(0.95)), PAINTS[kind]())
    assert findings
    last = findings[-1]
    assert {finding.key for finding in findings} == {kind}
    assert last.box is not None
    assert last.box[0] < 0.5 < last.box[2]
    assert last.score == pytest.approx(0.95)
    assert last.model is not None
    assert last.scores is not None
    assert set(last.scores) == {"certainty", "lasts_s", "places"}
    assert "95 % certain" in last.said.en
    assert "уверенность 95 %" in last.said.ru
    assert "сенімділігі 95 %" in last.said.kk


@pytest.mark.parametrize("kind", ["fire", "smoke"])
def test_what_the_head_doubts_is_none_yet_looked_at_closely(kind: str) -> None:
    judge = judge_of(kind, Aided(0.6))
    assert not judged(judge, PAINTS[kind]())
    assert judge.asks_fps >= 4


@pytest.mark.parametrize("kind", ["fire", "smoke"])
def test_nothing_is_said_and_nothing_asked_for_where_nothing_moves(kind: str) -> None:
    judge = judge_of(kind, Aided(0.95))
    assert not judged(judge, wall)
    assert judge.asks_fps == 0


@pytest.mark.parametrize("kind", ["fire", "smoke"])
def test_without_its_head_or_a_picture_it_says_nothing(kind: str) -> None:
    assert not judged(judge_of(kind, NO_AIDS), PAINTS[kind]())
    assert judge_of(kind, NO_AIDS).judge(View(0.0, [], Detections.none())) == []


def test_what_burns_outside_the_zone_is_none() -> None:
    corner: dict[str, object] = {
        "name": "shed",
        "polygon": [[0, 0], [0.2, 0], [0.2, 0.2], [0, 0.2]],
    }
    assert not judged(judge_of("fire", Aided(0.95), [corner]), flame())
    yard: dict[str, object] = {
        "name": "yard",
        "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 1], [0.2, 1]],
    }
    findings = judged(judge_of("fire", Aided(0.95), [yard]), flame())
    assert 'in "yard"' in findings[-1].said.en


@pytest.mark.parametrize("kind", ["fire", "smoke"])
def test_it_is_watched_although_nothing_is_detected(kind: str) -> None:
    rule = KINDS[kind].rule.model_validate({"kind": kind})
    assert rule.always_fps == 1.0
    assert rule.PIXELS


HEADS = Heads(Path(__file__).parents[3] / "models" / "heads")


class OurHeads(NoAids):
    def head(self, name: str) -> Head | None:
        return HEADS.load(name)


@pytest.mark.parametrize(("kind", "features"), [("fire", flames), ("smoke", plumes)])
def test_the_heads_take_what_is_measured(kind: str, features: object) -> None:
    count = len(flames.FEATURES if features is flames else plumes.FEATURES)
    scores = HEADS.load(kind).run({"features": np.zeros((3, count), np.float32)})
    assert scores.shape == (3, 1)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_head_tells_a_flame_from_a_lamp_that_blinks() -> None:
    assert judged(judge_of("fire", OurHeads()), flame())
    assert not judged(judge_of("fire", OurHeads()), blinking)

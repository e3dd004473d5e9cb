"""The weights of person_down: fitted, with the signs that they must have."""

from __future__ import annotations

from pathlib import Path

import pytest

from detect.fallen.lying import WEIGHTS, Evidence, Posture
from detect.training.lying_looks import Looked, Watched, read, write
from detect.training.person_down import AGAINST, IN_USE, across, figures, fit, spoke_s

LIES = Evidence(turned_score=0.5, lowness=1.0, fell=True, remains=1.0, posture=Posture(85.0, 0.5))
STANDS = Evidence(upright_score=0.7, lowness=0.3, posture=Posture(4.0, 0.7))
WALKED_ON = Evidence(lowness=1.0, fell=True)


def scene(name: str, seen: Evidence, *, lies: bool, part: str = "fit") -> Watched:
    looks = [Looked(0, 0.5 * n, seen, float(lies)) for n in range(12)]
    return Watched(name, f"place of {name}", part, lies, 0.0, 6.0, looks)


SCENES = [
    scene("falls", LIES, lies=True),
    scene("stands", STANDS, lies=False),
    scene("walks on", WALKED_ON, lies=False),
    scene("real fall", LIES, lies=True, part="real"),
    scene("real street", STANDS, lies=False, part="real"),
]


def test_the_weights_part_who_lies_from_who_does_not_and_keep_their_signs() -> None:
    found = fit(SCENES)

    assert found.likelihood(LIES) > 0.8
    assert found.likelihood(STANDS) < 0.1
    assert found.likelihood(WALKED_ON) < 0.2
    assert set(found.of) == set(WEIGHTS)
    assert all((value <= 0) == (name in AGAINST) or value == 0 for name, value in found.of.items())


def test_what_the_looks_say_nothing_of_stays_as_it_was() -> None:
    assert fit(SCENES).of["other"] == pytest.approx(WEIGHTS["other"], abs=0.01)


def test_a_scene_is_judged_again_as_the_rule_would() -> None:
    at_s = spoke_s(SCENES[0], IN_USE)
    assert at_s is not None
    assert 3.0 <= at_s <= 4.0
    assert spoke_s(SCENES[1], IN_USE) is None
    told = figures(SCENES, [IN_USE] * len(SCENES))
    assert told["found"] == "2/2"
    assert told["false"] == "0/3"


def test_a_real_clip_is_judged_without_its_place() -> None:
    judged, weights = across(SCENES)
    assert {one.name for one in judged} == {"real fall", "real street"}
    assert len(weights) == len(judged)


def test_looks_are_kept_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert list(write(path, SCENES)) == SCENES
    assert read(path) == SCENES

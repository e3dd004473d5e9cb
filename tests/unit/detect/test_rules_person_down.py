"""Person down: who lies is told; who stands, bends or walks on is not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from detect.aids import NO_AIDS, Aids
from detect.detections import Detections
from detect.rules.base import Finding
from detect.rules.person_down import PersonDown, PersonDownRule
from detect.scene import Scene
from detect.track import Box, Track
from detect.view import View
from tests.support.scenery import ArrayPicture
from tests.unit.detect.test_closer import SeesUpright

STEP_S = 0.2
WALKS: Box = (0.46, 0.4, 0.52, 0.7)
LIES: Box = (0.44, 0.62, 0.62, 0.72)
BENDS: Box = (0.45, 0.5, 0.53, 0.7)
Seen = tuple[Box, float] | None


def judged(
    seen: Iterable[Seen], *, seconds: float = 3.0, zone: bool = False, step_s: float = STEP_S
) -> list[list[Finding]]:
    """What a rule without pictures says of one track, frame by frame."""
    left = {"name": "left", "polygon": [[0.0, 0.0], [0.4, 0.0], [0.4, 1.0], [0.0, 1.0]]}
    scene = Scene.model_validate({"version": 1, "zones": [left], "rules": []})
    rule = PersonDownRule(kind="person_down", seconds=seconds, zone="left" if zone else None)
    down, found = PersonDown(rule, scene, NO_AIDS), []
    for number, one in enumerate(seen):
        tracks, detections = [], Detections.none()
        if one is not None:
            box, score = one
            tracks = [Track(1, "person", box, score, number * step_s, 0.0)]
            detections = Detections(
                np.array([box], np.float32),
                np.array([score], np.float32),
                np.zeros(1, np.int32),
            )
        found.append(down.judge(View(number * step_s, tracks, detections, ("person",))))
    return found


def spoke(found: list[list[Finding]]) -> list[float]:
    return [round(number * STEP_S, 1) for number, findings in enumerate(found) if findings]


def stay(box: Box, seconds: float, score: float = 0.6) -> list[Seen]:
    return [(box, score)] * round(seconds / STEP_S)


def test_who_falls_and_lies_is_told_after_the_time() -> None:
    found = judged(stay(WALKS, 3) + stay(LIES, 5))

    times = spoke(found)
    assert 6.0 <= times[0] <= 6.6
    assert times[-1] == 7.8
    (said,) = found[round(times[0] / STEP_S)]
    assert said.since_s == pytest.approx(3.0)
    assert said.said.en == "A person has been lying for 3 s in view of the camera."
    assert said.said.ru == "Человек лежит 3 с в поле зрения камеры."
    assert said.tracks[0].id == 1
    assert said.scores is not None
    assert said.scores["low"] == 1.0


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (stay(WALKS, 9), "stands"),
        (stay(WALKS, 3) + stay(LIES, 2) + stay(WALKS, 5), "gets up"),
        (stay(WALKS, 3) + stay(BENDS, 4) + stay(WALKS, 2), "bends"),
        (stay(WALKS, 3) + [None] * 30, "gone, and no picture"),
        (stay((0.0, 0.62, 0.1, 0.7), 8), "cut by the edge"),
    ],
)
def test_who_does_not_lie_is_not_told(seen: list[Seen], why: str) -> None:
    assert spoke(judged(seen)) == [], why


def test_a_wide_box_alone_is_not_enough() -> None:
    assert spoke(judged(stay(LIES, 8))) == []


def test_the_time_asked_for_counts_at_a_low_rate_too() -> None:
    found = judged(stay(WALKS, 0.6) + stay(LIES, 3), seconds=5.0, step_s=1.0)
    first = next(number for number, findings in enumerate(found) if findings)
    assert 3 + 5 <= first <= 3 + 7


def test_outside_its_zone_it_says_nothing() -> None:
    assert spoke(judged(stay(LIES, 6), zone=True)) == []


def picture(t_s: float, box: Box | None, aids: Aids, down: PersonDown) -> list[Finding]:
    """Nothing is detected upright: what is seen is seen by turning."""
    rng = np.random.default_rng(3)
    array = rng.integers(90, 100, (360, 640, 3)).astype(np.uint8)
    if box is not None:
        rows = slice(round(box[1] * 360), round(box[3] * 360))
        array[rows, round(box[0] * 640) : round(box[2] * 640)] = 255
    view = View(t_s, [], Detections.none(), ("person",), image=array[::2, ::2],
                picture=ArrayPicture(array))  # fmt: skip
    return down.judge(view)


def test_who_was_never_detected_is_found_by_turning_the_picture() -> None:
    aids = SeesUpright()
    scene = Scene.model_validate({"version": 1, "rules": []})
    down = PersonDown(PersonDownRule(kind="person_down"), scene, aids)

    found = [picture(number * STEP_S, LIES, aids, down) for number in range(40)]

    times = spoke(found)
    assert times
    assert times[0] <= 6.0
    assert found[-1][0].box == pytest.approx(LIES, abs=0.02)


def test_an_empty_place_costs_a_look_now_and_then() -> None:
    aids = SeesUpright()
    scene = Scene.model_validate({"version": 1, "rules": []})
    down = PersonDown(PersonDownRule(kind="person_down"), scene, aids)

    assert not any(picture(number * STEP_S, None, aids, down) for number in range(100))
    assert aids.looks <= 11
    assert down.asks_fps == 0.0

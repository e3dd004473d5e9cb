"""Which steps over a line count, on tracks made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.rules.line_crossing import LineCrossing, LineCrossingRule
from detect.scene import Scene
from detect.view import View
from tests.support.walks import HEIGHT, track

NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))
SCENE = Scene.parse(
    {
        "version": 1,
        "zones": [],
        "lines": [{"name": "gate", "points": [[0.5, 1], [0.5, 0]]}],
        "rules": [{"kind": "line_crossing", "line": "gate"}],
    }
)


def crossings(steps: list[float], gap_s: float = 0.2) -> list[int]:
    """Steps at which one is told; a step is how far right of the line a foot is, in heights."""
    judge = LineCrossing(LineCrossingRule(kind="line_crossing", line="gate"), SCENE, NO_AIDS)
    told = []
    for number, off in enumerate(steps):
        seen = [track(1, (0.5 + off * HEIGHT, 0.6))]
        if judge.judge(View(number * gap_s, seen, NOTHING, ("person",))):
            told.append(number)
    return told


def test_a_box_that_jumps_over_the_line_for_one_look_is_no_crossing() -> None:
    assert crossings([-0.3, -0.2, 0.15, -0.2, -0.2, -0.3]) == []


def test_near_the_line_a_second_look_must_show_the_same() -> None:
    assert crossings([-0.3, -0.2, 0.15, 0.2, 0.3]) == [3]


def test_the_second_look_may_come_after_one_on_the_line_itself() -> None:
    assert crossings([-0.3, 0.15, 0.02, 0.15]) == [3]


def test_plainly_over_it_one_look_is_enough() -> None:
    assert crossings([-0.3, -0.2, 0.3]) == [2]


@pytest.mark.parametrize(("gap_s", "told"), [(0.4, [2]), (0.6, [1])])
def test_where_looks_are_rare_one_is_enough(gap_s: float, told: list[int]) -> None:
    assert crossings([-0.3, 0.15, 0.2], gap_s) == told

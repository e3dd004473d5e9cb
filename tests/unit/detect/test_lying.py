"""Whether somebody lies: posture, height of who stands there, and the decision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detect.aids import KEYPOINTS, Pose
from detect.fallen.lying import (
    Evidence,
    Posture,
    Standing,
    aspect,
    is_cut,
    likelihood,
    lowness,
    posture,
    same_place,
    tallness,
    torso_says,
)

BENDS = Evidence(
    turned_score=0.6, wide_score=0.5, posture=Posture(90, 0.6), lowness=1.0, remains=1.0, fell=True,
    tall=1.0,
)  # fmt: skip
"""The trunk is level as if it lay: but the whole thing is as tall as who stands on legs."""


def body(hips: tuple[float, float], shoulders: tuple[float, float], score: float = 0.8) -> Pose:
    points = np.full((17, 2), 0.5, np.float32)
    for index, name in enumerate(KEYPOINTS):
        if "hip" in name:
            points[index] = hips
        elif "shoulder" in name:
            points[index] = shoulders
    return Pose(points, np.full(17, score, np.float32))


@pytest.mark.parametrize(
    ("hips", "shoulders", "degrees"),
    [
        ((0.5, 0.6), (0.5, 0.4), 0),  # stands
        ((0.3, 0.5), (0.7, 0.5), 90),  # lies, head to the right
        ((0.7, 0.5), (0.3, 0.5), 90),
        ((0.4, 0.5), (0.5, 0.4), 45),
        ((0.5, 0.4), (0.5, 0.6), 180),  # head down
    ],
)
def test_the_torso_against_straight_down(
    hips: tuple[float, float], shoulders: tuple[float, float], degrees: float
) -> None:
    seen = posture(body(hips, shoulders))
    assert seen is not None
    assert seen.torso_deg == pytest.approx(degrees, abs=1e-3)
    assert seen.certain == pytest.approx(0.8)


def test_who_stands_beside_the_place_is_not_who_lies_there() -> None:
    assert posture(body((0.1, 0.5), (0.1, 0.3)), within=(0.2, 0.4, 0.8, 0.6)) is None


def test_joints_of_low_score_say_nothing() -> None:
    assert torso_says(Posture(90.0, 0.1)) == 0.0
    assert torso_says(None) == 0.0
    assert torso_says(Posture(90.0, 0.6)) == 1.0
    assert torso_says(Posture(5.0, 0.6)) == -1.0


def test_height_is_learnt_where_people_stand() -> None:
    standing = Standing()
    assert standing.expected(0.9) is None
    for _ in range(4):
        standing.learn((0.4, 0.5, 0.5, 0.9))
        standing.learn((0.4, 0.2, 0.45, 0.35))
    assert standing.expected(0.9) == pytest.approx(0.4)
    assert standing.expected(0.35) == pytest.approx(0.15)
    assert standing.expected(0.6) is None


def test_shape_is_as_it_looks_in_a_wide_frame() -> None:
    assert aspect((0.4, 0.4, 0.5, 0.5), 16 / 9) == pytest.approx(16 / 9)
    assert is_cut((0.0, 0.4, 0.1, 0.5))
    assert is_cut((0.4, 0.8, 0.5, 1.0))
    assert not is_cut((0.4, 0.4, 0.5, 0.5))


@pytest.mark.parametrize(
    ("box", "standing", "wanted"),
    [
        ((0.40, 0.30, 0.50, 0.70), 0.4, 0.0),  # stands
        ((0.30, 0.60, 0.60, 0.70), 0.4, 1.0),  # lies across
        ((0.42, 0.58, 0.50, 0.70), 0.4, 1.0),  # lies away from the camera: low, not wide
        ((0.43, 0.58, 0.50, 0.70), None, 0.0),  # nobody knows how tall they stand there
    ],
)
def test_lowness(
    box: tuple[float, float, float, float], standing: float | None, wanted: float
) -> None:
    assert lowness(box, 4 / 3, standing) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("seen", "lies"),
    [
        (Evidence(), False),
        (Evidence(lowness=1.0), False),  # a wide box alone is nothing
        (Evidence(turned_score=0.4, lowness=1.0), False),  # a spot on the ground may look so
        (Evidence(turned_score=0.6, lowness=1.0), False),
        (Evidence(turned_score=0.5, lowness=1.0, fell=True), True),
        (Evidence(turned_score=0.5, lowness=1.0, turned_posture=Posture(10, 0.6)), True),
        (Evidence(turned_score=0.5, lowness=1.0, posture=Posture(5, 0.7)), False),  # sits
        (Evidence(turned_score=0.4, lowness=1.0, posture=Posture(85, 0.6)), True),
        (Evidence(wide_score=0.6, lowness=1.0, upright_score=0.6), False),  # two who stand close
        (Evidence(remains=1.0, fell=True, lowness=1.0), True),  # fell and is not detected
        (Evidence(remains=0.9, fell=True, lowness=0.7), True),  # along the line of sight
        (BENDS, False),
        (replace(BENDS, tall=0.0), True),
        (Evidence(turned_score=0.6, posture=Posture(85, 0.6), lowness=1.0, other_score=0.6), True),
        (Evidence(remains=0.0, fell=True, lowness=1.0), False),  # walked on
        (Evidence(turned_score=0.5, lowness=1.0, other_score=0.6), False),  # a lorry
    ],
)
def test_the_decision(seen: Evidence, lies: bool) -> None:
    assert (likelihood(seen) >= 0.5) is lies


def test_places_are_the_same_when_they_share_a_part() -> None:
    assert same_place((0.1, 0.1, 0.3, 0.2), (0.2, 0.1, 0.4, 0.2))
    assert not same_place((0.1, 0.1, 0.3, 0.2), (0.3, 0.1, 0.4, 0.2))


@pytest.mark.parametrize(("height", "wanted"), [(0.1, 0.0), (0.2, 0.0), (0.26, 1.0), (0.4, 1.0)])
def test_who_bends_is_taller_than_who_lies(height: float, wanted: float) -> None:
    assert tallness(height, 0.4) == pytest.approx(wanted)

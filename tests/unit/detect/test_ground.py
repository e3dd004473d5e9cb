"""From the picture to the ground, and calibrations that give no ground."""

from __future__ import annotations

from math import cos, sin

import pytest

from detect.errors import SceneError
from detect.geometry import Point
from detect.scene import Scene
from detect.traffic.ground import Ground

PITCH, HEIGHT_M, FOCAL = 0.15, 6.0, 1.2


def seen(x_m: float, y_m: float) -> Point:
    """A pinhole camera 6 m over the origin, looking along y and slightly down."""
    depth = y_m * cos(PITCH) + HEIGHT_M * sin(PITCH)
    down = HEIGHT_M * cos(PITCH) - y_m * sin(PITCH)
    return 0.5 + FOCAL * x_m / depth, 0.5 + FOCAL * 16 / 9 * down / depth


MARKS: list[Point] = [(-4.0, 18.0), (4.0, 18.0), (4.0, 40.0), (-4.0, 40.0)]


@pytest.fixture
def ground() -> Ground:
    return Ground([seen(*mark) for mark in MARKS], MARKS)


def test_metres_between_and_beyond_the_marks(ground: Ground) -> None:
    assert ground.metres(seen(1.0, 27.0)) == pytest.approx((1.0, 27.0))
    assert ground.metres(seen(-6.0, 45.0)) == pytest.approx((-6.0, 45.0))
    assert ground.error == pytest.approx(0, abs=1e-9)


def test_the_sky_is_no_ground(ground: Ground) -> None:
    assert ground.metres((0.5, 0.0)) is None
    assert not ground.knows((0.5, 0.0))
    assert ground.knows(seen(0.0, 27.0))
    assert not ground.knows(seen(0.0, 150.0))


def test_area_of_a_zone_and_of_one_that_reaches_the_sky(ground: Ground) -> None:
    square = [seen(x, y) for x, y in [(-1, 22), (1, 22), (1, 25), (-1, 25)]]
    assert ground.area_m2(square) == pytest.approx(6.0)
    whole = ground.area_m2([(0, 0), (1, 0), (1, 1), (0, 1)])
    assert 100 < whole < 1e6
    assert ground.area_m2([(0, 0), (1, 0), (1, 0.01), (0, 0.01)]) == 0.0


def test_a_step_up_the_picture_is_more_metres_than_one_aside(ground: Ground) -> None:
    aside, down = ground.scale(seen(0.0, 30.0))
    near_aside, _ = ground.scale(seen(0.0, 18.0))
    assert down > aside > near_aside


IMAGE = [seen(*mark) for mark in MARKS]


@pytest.mark.parametrize(
    ("image", "metres", "says"),
    [
        (IMAGE, [*MARKS, (0.0, 17.0)], "4 points of the picture but 5"),
        ([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.4, 0.4)], MARKS, "picture lie on one line"),
        (IMAGE, [(0, 0), (1, 1), (2, 2), (3, 3)], "ground lie on one line"),
        ([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.9, 0.4)], MARKS, "three of the four"),
        ([IMAGE[0], IMAGE[2], IMAGE[1], IMAGE[3]], MARKS, "both sides of the horizon"),
        (
            [*IMAGE, (0.5, 0.6), (0.4, 0.6)],
            [*MARKS, (4.0, 22.0), (-9.0, 30.0)],
            "not lie on one plane",
        ),
        (IMAGE, [(0, 0), (1, 0), (1, 1), (0, float("inf"))], "finite"),
    ],
)
def test_a_calibration_that_is_none(image: list[Point], metres: list[Point], says: str) -> None:
    with pytest.raises(SceneError, match=says) as error:
        Scene.parse({"version": 1, "calibration": {"image": image, "metres": metres}})
    assert error.value.pointer.startswith("/calibration")


def test_a_calibration_of_more_points_than_four() -> None:
    marks = [*MARKS, (0.0, 27.0), (1.0, 31.1)]
    data = {
        "version": 1,
        "calibration": {"image": [seen(x, y * 1.001) for x, y in marks], "metres": marks},
    }
    scene = Scene.parse(data)
    assert scene.calibration is not None
    assert 0 < scene.calibration.ground.error < 0.01
    assert Scene.parse(scene.to_dict()) == scene

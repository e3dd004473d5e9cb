"""The ways of tracks, across changed ids."""

from __future__ import annotations

import pytest

from detect.track import Track
from detect.traffic.courses import Course, Courses, at_edge
from tests.support.vehicles import car


def follow(courses: Courses, frames: list[list[Track]]) -> list[Course]:
    return [courses.update(tracks, step * 0.2) for step, tracks in enumerate(frames)][-1]


def test_what_goes_step_by_step_has_moved_and_what_leaps_has_not() -> None:
    goes = [[car(1, (0.2 + 0.03 * step, 0.6))] for step in range(8)]
    assert follow(Courses(["car"]), goes)[0].moved
    xs = [0.2, 0.2, 0.2, 0.34, 0.382, 0.395, 0.4, 0.4, 0.4]  # a leap as a tracker smooths it
    assert not follow(Courses(["car"]), [[car(1, (x, 0.6))] for x in xs])[0].moved
    trembles = [[car(1, (0.5 + 0.01 * (step % 2), 0.6))] for step in range(20)]
    assert not follow(Courses(["car"]), trembles)[0].moved


def test_a_course_goes_on_under_a_new_id_where_it_is_expected() -> None:
    before = [[car(1, (0.2 + 0.03 * step, 0.6))] for step in range(6)]
    unseen: list[list[Track]] = [[]] * 4
    ahead = [[car(2, (0.2 + 0.03 * (10 + step), 0.6), age_s=0.2)] for step in range(3)]
    course = follow(Courses(["car"]), before + unseen + ahead)[0]
    assert (course.key, course.ids) == (1, 2)
    elsewhere = [[car(2, (0.9, 0.9), age_s=0.2)] for _ in range(3)]
    assert follow(Courses(["car"]), before + unseen + elsewhere)[0].key == 2


def test_speed_is_in_lengths() -> None:
    course = follow(Courses(["car"]), [[car(1, (0.2 + 0.02 * step, 0.6))] for step in range(8)])[0]
    assert course.speed(0.0, 1.4) == pytest.approx(1.0)
    assert course.expected(2.4)[0] == pytest.approx(0.44)


def test_edges_of_the_frame() -> None:
    assert at_edge((0.0, 0.4, 0.2, 0.6))
    assert at_edge((0.8, 0.4, 0.9, 1.0))
    assert not at_edge((0.1, 0.4, 0.9, 0.9))

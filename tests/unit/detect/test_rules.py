"""What rules remember of tracks, on tracks made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detect.rules.handover import vanished_near
from detect.rules.presence import Presence, Stay
from detect.track import Track
from tests.support.walks import Foot, track

RIGHT_HALF = [(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]
STEP_S = 0.2


def since(presence: Presence, frames: list[list[Track]], start_s: float = 0.0) -> list[list[float]]:
    """When those who are surely inside came in, frame by frame."""
    return [
        [round(stay.since_s, 1) for stay in presence.update(tracks, start_s + step * STEP_S)]
        for step, tracks in enumerate(frames)
    ]


def one(*xs: float, identity: int = 1) -> list[list[Track]]:
    return [[track(identity, (x, 0.6))] for x in xs]


def test_time_inside_begins_at_the_edge_and_counts_once_it_is_sure() -> None:
    assert since(Presence(RIGHT_HALF, ["person"]), one(0.49, 0.51, 0.53, 0.56)) == [
        *([], [], [], [0.2])
    ]


def test_a_short_step_outside_keeps_the_time() -> None:
    presence = Presence(RIGHT_HALF, ["person"])
    assert since(presence, one(0.6, 0.49, 0.51, 0.4, 0.4, 0.6)) == [[0], [], [0], [], [], [0]]


def test_who_has_stepped_clearly_outside_must_come_clearly_in_again() -> None:
    presence = Presence(RIGHT_HALF, ["person"])
    assert since(presence, one(0.6, 0.4, 0.51, 0.52, 0.51)) == [[0.0], [], [], [], []]


def test_whole_frame_and_classes() -> None:
    car = replace(track(2, (0.3, 0.6)), label="car")
    assert since(Presence(None, ["person"]), [[track(1, (0.1, 0.6)), car]]) == [[0.0]]
    hidden = [track(1, (0.1, 0.6), unseen_s=0.2)]
    assert since(Presence(None, ["person"]), [hidden]) == [[]]


def known(foot: Foot, last_s: float, identity: int = 1) -> dict[int, Stay]:
    return {identity: Stay(0.0, last_s, track(identity, foot), 0.0)}


def fresh(foot: Foot, age_s: float = 0.2) -> Track:
    return replace(track(9, foot), age_s=age_s)


@pytest.mark.parametrize(
    ("new", "t_s", "seen", "wanted"),
    [
        (fresh((0.52, 0.6)), 5.0, set(), 1),
        (fresh((0.52, 0.6)), 5.0, {1}, None),  # still in sight
        (fresh((0.62, 0.6)), 5.0, set(), None),  # too far in no time,
        (fresh((0.62, 0.6)), 6.0, set(), 1),  # but not in a second
        (fresh((0.52, 0.6), age_s=3.0), 5.0, set(), None),  # was seen beside it
        (replace(fresh((0.52, 0.6)), label="car"), 5.0, set(), None),
    ],
)
def test_who_takes_over_from_whom(
    new: Track, t_s: float, seen: set[int], wanted: int | None
) -> None:
    assert vanished_near(new, t_s, known((0.5, 0.6), last_s=4.8), seen) == wanted


def test_the_nearest_is_taken_over() -> None:
    both = known((0.5, 0.6), 4.8, 1) | known((0.54, 0.6), 4.8, 2)
    assert vanished_near(fresh((0.53, 0.6)), 5.0, both, set()) == 2
    assert vanished_near(fresh((0.53, 0.6)), 5.0, {}, set()) is None

"""A thing that somebody put down and left, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.left.background import DualBackground
from detect.rules.abandoned_object import AbandonedObject, AbandonedObjectRule
from detect.rules.base import Finding
from detect.scene import Scene
from detect.track import Track
from detect.view import View
from ingest.frame import Image

HEIGHT, WIDTH = 234, 416
RNG = np.random.default_rng(3)
FLOOR = np.clip(
    110 + np.repeat(np.repeat(RNG.normal(0, 12, (26, 52, 3)), 9, 0), 8, 1), 0, 255
).astype(np.uint8)
NOISE = RNG.integers(-3, 4, (8, HEIGHT, WIDTH, 3))
BAG = (0.40, 0.68, 0.44, 0.76)
"""Of a person 0.3 high whose feet are at 0.75."""
Where = Callable[[float], float | None]


def painted(image: Image, box: tuple[float, float, float, float], colour: int) -> None:
    x1, y1, x2, y2 = box
    rows, columns = (
        slice(int(y1 * HEIGHT), int(y2 * HEIGHT)),
        slice(int(x1 * WIDTH), int(x2 * WIDTH)),
    )
    image[rows, columns] = (colour, colour // 2, colour)


def person(identity: int, x: float) -> Track:
    return Track(identity, "person", (x - 0.03, 0.45, x + 0.03, 0.75), 0.8, 5.0, 0.0)


def run(
    owner: Where,
    bag: Callable[[float], bool],
    *,
    passer: Where = lambda t_s: None,
    seconds: float = 30.0,
    fps: float = 5.0,
    zone: bool = False,
    also: Callable[[Image, float], None] = lambda image, t_s: None,
    **keys: object,
) -> list[tuple[float, Finding]]:
    """The findings of a story, the rule's time being ten seconds."""
    scene = Scene.parse(
        {"version": 1, "zones": [{"name": "hall", "polygon": [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]}]}
    )
    rule = AbandonedObjectRule.model_validate(
        {"kind": "abandoned_object", "seconds": 10.0, "zone": "hall" if zone else None, **keys}
    )
    judge, found = AbandonedObject(rule, scene, NO_AIDS), []
    for number in range(int(seconds * fps)):
        t_s = number / fps
        image = np.clip(FLOOR + NOISE[number % 8], 0, 255).astype(np.uint8)
        also(image, t_s)
        if bag(t_s):
            painted(image, BAG, 30)
        tracks = []
        for identity, where in ((1, owner), (2, passer)):
            x = where(t_s)
            if x is not None and 0 <= x <= 1:
                tracks.append(person(identity, x))
                painted(image, tracks[-1].xyxy, 200 + identity)
        found += [
            (t_s, finding)
            for finding in judge.judge(View(t_s, tracks, Detections.none(), image=image))
        ]
    return found


def leaves(t_s: float) -> float | None:
    """Comes by 5 s, puts it down, is out of the picture at 12 s."""
    return 0.1 * t_s if t_s < 4.2 else 0.42 + 0.08 * max(0.0, t_s - 6)


def put(t_s: float) -> bool:
    return t_s >= 5


@pytest.mark.parametrize("fps", [5.0, 1.0])
def test_a_bag_whose_owner_has_left(fps: float) -> None:
    found = run(leaves, put, fps=fps)
    assert found
    t_s, first = found[0]
    assert 16 <= t_s <= 25
    box = found[-1][1].box
    assert box == pytest.approx(BAG, abs=0.03)
    assert "left alone" in first.said.en
    assert "owner is gone" in first.said.en
    assert first.scores is not None
    assert first.scores["alone_s"] >= 10
    assert len({finding.key for _, finding in found}) == 1


def test_who_walks_past_does_not_attend_it() -> None:
    assert run(leaves, put, passer=lambda t_s: 0.12 * (t_s - 12))


def test_it_is_over_when_it_is_taken() -> None:
    found = run(leaves, lambda t_s: 5 <= t_s < 24)
    assert found
    assert found[-1][0] <= 27


def test_an_owner_who_waits_far_off_has_left_it() -> None:
    found = run(lambda t_s: min(leaves(t_s) or 0, 0.95), put)
    assert found
    assert "heights away" in found[0][1].said.en


def stays(t_s: float) -> float | None:
    return min(leaves(t_s) or 0, 0.5)


ORDINARY: dict[str, tuple[Where, Callable[[float], bool]]] = {
    "nobody and nothing": (lambda t_s: None, lambda t_s: False),
    "the owner stands by": (stays, put),
    "it was there before": (leaves, lambda t_s: True),
    "it is taken away": (leaves, lambda t_s: t_s < 5),
    "it is fetched soon": (leaves, lambda t_s: 5 <= t_s < 14),
    "nobody brought it": (lambda t_s: None, put),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_says_nothing_of_what_is_ordinary(name: str) -> None:
    owner, bag = ORDINARY[name]
    assert run(owner, bag) == []


def lit(gain: float) -> Callable[[Image, float], None]:
    """Light, or a shadow, where the bag would be, with hard edges."""

    def change(image: Image, t_s: float) -> None:
        if t_s >= 5:
            part = image[158:180, 162:186]
            part[:] = np.clip(part * gain, 0, 255).astype(np.uint8)

    return change


@pytest.mark.parametrize("gain", [0.5, 1.6])
def test_light_and_shadow_are_no_things(gain: float) -> None:
    assert run(leaves, lambda t_s: False, also=lit(gain)) == []


def moved(image: Image, t_s: float) -> None:
    """A chair that stands elsewhere from 5 s on."""
    painted(image, (0.36, 0.62, 0.40, 0.74) if t_s < 5 else (0.44, 0.62, 0.48, 0.74), 30)


def test_a_chair_that_somebody_moved_is_no_thing_left_behind() -> None:
    assert run(leaves, lambda t_s: False, also=moved) == []


def sways(image: Image, t_s: float) -> None:
    """Somebody whom the detector does not see: in one place, but never quite the same."""
    if t_s >= 5:
        dark = (20, 120) if int(t_s / 4) % 2 else (120, 20)
        painted(image, (0.40, 0.62, 0.44, 0.69), dark[0])
        painted(image, (0.40, 0.69, 0.44, 0.76), dark[1])


def test_what_does_not_keep_still_is_not_raised() -> None:
    assert run(leaves, lambda t_s: False, also=sways) == []


def test_only_in_its_zone() -> None:
    assert run(leaves, put, zone=True) == []


def test_things_without_a_name_may_be_left_out() -> None:
    assert run(leaves, put, unknown=False) == []


def test_another_view_makes_nothing_new() -> None:
    background = DualBackground()
    for number in range(20):
        background.see(FLOOR, number / 5)
    for number in range(20, 60):
        background.see(FLOOR[::-1, ::-1] // 2, number / 5)
    assert background.regions() == []
    assert background.resets == 2


def test_without_a_picture_nothing_is_said() -> None:
    rule = AbandonedObjectRule(kind="abandoned_object")
    judge = AbandonedObject(rule, Scene(version=1), NO_AIDS)
    assert judge.judge(View(0.0, (), Detections.none())) == []

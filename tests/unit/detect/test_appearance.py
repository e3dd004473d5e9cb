"""Things, light and ghosts, told by what they make of the ground."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detect.left.appearance import Kind, Looks, Plane

SIDE = 30
INSIDE = (slice(8, 22), slice(8, 22))
RNG = np.random.default_rng(5)
TILES: Plane = (110 + RNG.normal(0, 12, (SIDE, SIDE))).astype(np.float32)
PLAIN: Plane = np.full((SIDE, SIDE), 110, np.float32)
Change = Callable[[Plane], None]


def looks(ground: Plane, change: Change, before: Change = lambda plane: None) -> Looks:
    """A ground of little colour before and after a change of its middle, with a camera's noise."""
    was = np.stack([ground, 0.1 * ground]).astype(np.float32)
    now = was.copy()
    before(was)
    change(now)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[INSIDE] = True
    noise = RNG.normal(0, 0.6, (2, *was.shape)).astype(np.float32)
    return Looks(np.clip(now + noise[0], -255, 255), np.clip(was + noise[1], -255, 255), mask)


def lit(gain: float) -> Change:
    def change(plane: Plane) -> None:
        plane[:, *INSIDE] = np.minimum(plane[:, *INSIDE] * gain, 255)

    return change


def covered(grey: float, colour: float, texture: float) -> Change:
    def change(plane: Plane) -> None:
        plane[0][INSIDE] = grey + RNG.normal(0, texture, (14, 14))
        plane[1][INSIDE] = colour

    return change


@pytest.mark.parametrize("gain", [0.4, 0.6, 1.5, 2.0])
def test_light_and_shadow_leave_the_texture_of_the_ground(gain: float) -> None:
    assert looks(TILES, lit(gain)).kind is Kind.LIGHT


def test_what_is_burnt_out_is_light() -> None:
    assert looks(PLAIN + np.float32(80), lit(1.6)).kind is Kind.LIGHT


@pytest.mark.parametrize("gain", [0.5, 1.6])
def test_light_on_plain_ground_is_never_a_thing(gain: float) -> None:
    assert looks(PLAIN, lit(gain)).kind in (Kind.LIGHT, Kind.UNSURE)


@pytest.mark.parametrize("ground", [TILES, PLAIN])
@pytest.mark.parametrize(
    "change",
    [covered(60, 6, 8), covered(70, 60, 1), covered(12, 1, 1)],
    ids=["of its own texture", "of another colour", "black"],
)
def test_a_thing_hides_the_ground(ground: Plane, change: Change) -> None:
    assert looks(ground, change).kind is Kind.THING


def test_a_plain_grey_thing_on_plain_ground_may_be_a_shadow() -> None:
    assert looks(PLAIN, covered(65, 6.5, 1)).kind is Kind.UNSURE


def test_what_was_taken_away_leaves_a_ghost() -> None:
    assert looks(TILES, lambda plane: None, covered(20, 60, 3)).kind is Kind.GHOST


def test_what_sways_drifts_and_what_stands_does_not() -> None:
    first = looks(TILES, covered(40, 60, 8))
    moved = Looks(np.roll(first.now, 6, axis=2), first.before, first.mask)
    assert first.drift(Looks(first.now + 1, first.before, first.mask)) < 0.1
    assert first.drift(moved) > 0.3
    assert first.drift(Looks(first.now, first.before, first.mask[:-1])) == float("inf")

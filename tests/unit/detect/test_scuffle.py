"""Scuffle: what people do to each other's pictures over two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from detect.fighting.scuffle import CUT_CELL_PX, Scuffle, Seen, is_cut, shrunk
from detect.fighting.scuffle_window import FEATURES, SCALES

HEIGHT, WIDTH = 234, 416
NOBODY = np.zeros((0, 4), np.float32)
Place = Callable[[float], tuple[float, float]]


def ground(seed: int = 3) -> np.ndarray:
    coarse = np.random.default_rng(seed).uniform(60, 120, (HEIGHT // 13, WIDTH // 13))
    return np.kron(coarse, np.ones((13, 13))).astype(np.uint8)


def person(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (10, 4)).repeat(6, 0).repeat(6, 1)


def shown(t_s: float, ways: list[Place]) -> tuple[np.ndarray, Seen]:
    """People of 60 by 24 pixels, at the places of their ways."""
    picture, boxes = ground(), []
    for index, way in enumerate(ways):
        x, y = (round(value) for value in way(t_s))
        picture[y : y + 60, x : x + 24] = person(index)
        boxes.append((x / WIDTH, y / HEIGHT, (x + 24) / WIDTH, (y + 60) / HEIGHT))
    people = np.array(boxes, np.float32).reshape(-1, 4)
    return picture, Seen(people, np.full(len(people), 0.8, np.float32), NOBODY)


def measured(ways: list[Place], *, fps: float = 5.0, until_s: float = 3.0) -> dict[str, float]:
    scuffle, found = Scuffle(), None
    for index in range(int(until_s * fps) + 1):
        if scuffle.step(index / fps, *shown(index / fps, ways)):
            found = scuffle.measures()
    assert found is not None
    assert found.dtype == np.float32
    assert len(found) == len(FEATURES)
    return dict(zip(FEATURES, found.tolist(), strict=True))


def walking(x: float, speed: float = 40.0) -> Place:
    return lambda t_s: (x + speed * t_s, 100.0)


def struggling(x: float, phase: float) -> Place:
    return lambda t_s: (x + 12 * np.sin(9 * t_s + phase), 100 + 8 * np.cos(7 * t_s + 2 * phase))


def test_who_struggles_moves_against_the_other_and_on_the_spot() -> None:
    walk = measured([walking(80), walking(110)])
    fight = measured([struggling(180, 0.0), struggling(196, 2.5)])

    assert fight["order"] < walk["order"] - 0.2
    assert fight["shear"] > walk["shear"]
    assert fight["drift"] < walk["drift"]
    assert fight["persists"] > walk["persists"]
    assert fight["overlap"] > walk["overlap"]


def test_measures_do_not_depend_on_the_rate_of_pictures() -> None:
    ways = [struggling(180, 0.0), struggling(196, 2.5)]
    usual, fast = measured(ways), measured(ways, fps=10)

    for name in ("energy", "near", "two", "height"):
        assert abs(usual[name] - fast[name]) < 0.25, name


def test_too_little_time_and_too_few_pictures_say_nothing() -> None:
    ways = [walking(80)]
    scuffle = Scuffle()

    assert not any(scuffle.step(float(t), *shown(float(t), ways)) for t in range(5))
    assert scuffle.measures() is None
    for index in range(4):
        scuffle.step(5 + index / 5, *shown(5 + index / 5, ways))
    assert scuffle.measures() is None


def test_after_a_cut_all_is_forgotten() -> None:
    def pictures() -> Iterator[tuple[float, np.ndarray, Seen]]:
        for index in range(10):
            yield index / 5, *shown(index / 5, [walking(80)])
        other = np.roll(255 - ground(9), 60, axis=1)
        yield 2.0, other, Seen(NOBODY, np.zeros(0, np.float32), NOBODY)

    scuffle = Scuffle()
    taken = [scuffle.step(*one) for one in pictures()]

    assert taken[-2:] == [True, False]
    assert scuffle.measures() is None
    lighter = np.minimum(ground() + 30, 255).astype(np.uint8)
    assert not is_cut(shrunk(ground(), CUT_CELL_PX), shrunk(lighter, CUT_CELL_PX))


def test_without_people_the_motion_alone_is_measured() -> None:
    scuffle = Scuffle()
    nobody = Seen(NOBODY, np.zeros(0, np.float32), NOBODY)
    for index in range(12):
        picture, _ = shown(index / 5, [struggling(180, 0.0), struggling(196, 2.5)])
        scuffle.step(index / 5, picture, nobody)

    found = scuffle.measures()
    assert found is not None
    assert np.isfinite(found).all()
    assert scuffle.near == 0
    x1, y1, x2, y2 = scuffle.place
    assert x1 < 195 / WIDTH < x2
    assert y1 < 130 / HEIGHT < y2


def test_only_the_part_that_counts_is_looked_at() -> None:
    left = Scuffle(inside=(0.0, 0.0, 0.4, 1.0))
    for index in range(8):
        left.step(index / 5, *shown(index / 5, [struggling(330, 0.0), walking(20, 8)]))

    assert left.place[0] < 0.4


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_a_shrunk_picture_is_the_mean_of_blocks(step: int) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (30, 45)).astype(np.uint8)
    rows, columns = 30 // step, 45 // step

    cut = picture[: rows * step, : columns * step].reshape(rows, step, columns, step)

    np.testing.assert_allclose(shrunk(picture, step), cut.mean(axis=(1, 3)), rtol=1e-6)


def test_after_a_cut_it_is_not_compared_with_what_was_before() -> None:
    nobody = Seen(NOBODY, np.zeros(0, np.float32), NOBODY)
    cut, fresh = Scuffle(), Scuffle()
    for index in range(4):
        cut.step(index / 5, np.roll(255 - ground(9), 60, axis=1), nobody)
    for index in range(4, 14):
        picture, _ = shown(index / 5, [struggling(180, 0.0), struggling(196, 2.5)])
        cut.step(index / 5, picture, nobody)
        fresh.step(index / 5, picture, nobody)

    found, expected = cut.measures(), fresh.measures()
    assert found is not None
    assert expected is not None
    np.testing.assert_array_equal(found, expected)


def test_names_of_scales_are_names_of_measures() -> None:
    assert set(FEATURES) >= SCALES

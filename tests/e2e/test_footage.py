"""The footage made by script: the same recipe gives the same video, and its truth is true."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from ingest.frame import Image
from tests.support.footage import Footage, Recipe, Walk, footage
from tests.support.weather import Weather

RECIPE = Recipe(
    seconds=4.0,
    size=(320, 180),
    fps=5.0,
    weather=Weather(noise=2.0),
    walks=(Walk(1.0, height=0.3, speed=2.0, foot=0.8, who=4),),
)


def _images(made: Footage) -> list[Image]:
    with av.open(str(made.path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def test_a_walker_is_where_the_truth_says_and_nowhere_else(tmp_path: Path) -> None:
    made = footage(RECIPE, tmp_path)
    images = _images(made)
    assert len(images) == 20
    (arrival,) = made.arrivals
    assert 1.0 <= arrival.begins_s < 2.0
    empty = np.stack(images[:5]).mean(axis=0)
    t_s, (x1, y1, x2, y2) = arrival.boxes[-1]
    off = np.abs(images[round(t_s * RECIPE.fps)] - empty).max(axis=2) > 40
    rows, columns = np.nonzero(off)
    assert off.sum() > 100
    assert x1 * 320 - 3 <= np.percentile(columns, 2)
    assert np.percentile(columns, 98) <= x2 * 320 + 3
    assert y1 * 180 - 3 <= np.percentile(rows, 2)
    assert np.percentile(rows, 98) <= y2 * 180 + 3
    # The stock is made once, the video is found again, and made anew it is the same.
    again = footage(RECIPE, tmp_path)
    assert again == made
    before = made.path.read_bytes()
    made.path.unlink()
    assert footage(RECIPE, tmp_path).path.read_bytes() == before

"""Suppression of whole batches gives what plain loops give, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import detect.postprocess
from detect.postprocess import MAX_CANDIDATES, nms
from tests.support.plain import plain_nms

corner = st.integers(0, 12)
box = st.tuples(corner, corner, corner, corner, st.integers(1, 9), st.integers(0, 2))
frames = st.lists(st.lists(box, max_size=12), max_size=4)


def plain(rows: list[tuple[int, ...]], iou: float) -> list[tuple[float, ...]]:
    return plain_nms([as_row(row) for row in rows], iou)


def as_row(row: tuple[int, ...]) -> tuple[float, ...]:
    x, y, width, height, tenths, label = row
    return (float(x), float(y), float(x + width), float(y + height), np.float32(tenths / 10), label)


@given(frames, st.sampled_from([0.0, 0.3, 0.6, 1.0]), st.booleans())
def test_like_plain_loops_frame_by_frame(
    batch: list[list[tuple[int, ...]]], iou: float, many: bool
) -> None:
    rows = [as_row(row) for frame in batch for row in frame]
    array = np.array(rows, np.float32).reshape(-1, 6)
    frame = np.repeat(np.arange(len(batch)), [len(one) for one in batch])
    with pytest.MonkeyPatch.context() as patch:
        if many:  # as if there were more boxes than every pair is looked at of
            patch.setattr(detect.postprocess, "FEW", 0)
        kept = nms(array[:, :4], array[:, 4], array[:, 5].astype(np.int32), iou, frame)
    wanted = [(index, row) for index, one in enumerate(batch) for row in plain(one, iou)]
    assert [(int(frame[index]), rows[index]) for index in kept] == wanted


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_no_more_than_the_best_of_a_frame_are_looked_at(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    each = MAX_CANDIDATES + 5
    score = rng.random(count * each).astype(np.float32)
    apart = np.arange(count * each, dtype=np.float32)[:, None] * 10 + [0, 0, 1, 1]
    frame = np.repeat(np.arange(count), each)
    kept = nms(apart, score, np.zeros(len(score), np.int32), 0.5, frame)
    for one in range(count):
        mine = score[frame == one]
        assert np.array_equal(score[kept[frame[kept] == one]], np.sort(mine)[::-1][:MAX_CANDIDATES])

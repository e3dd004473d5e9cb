"""What the bench of zone rules takes for true, on ways made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.mot.sequence import Footage, Truth, people
from tests.bench.mot.walks import Spell, Walk, crossings, merged, stays, walks
from tests.bench.zones import judged

FPS = 10.0
RIGHT = [(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]
START, END = (0.5, 1.0), (0.5, 0.0)


def walk(*xs: float) -> Walk:
    """From place to place, a second each, at a height of 0.2."""
    x = np.interp(np.arange(0, len(xs) - 1 + 1e-9, 1 / FPS), range(len(xs)), xs)
    feet = np.stack([x, np.full(len(x), 0.6)], axis=1)
    return Walk(np.arange(len(x)) / FPS, feet, np.full(len(x), 0.2))


def footage(*ways: Walk) -> Footage:
    frames = []
    for step in range(max(len(way.t_s) for way in ways)):
        here = [(n, way.foot[step]) for n, way in enumerate(ways) if step < len(way.t_s)]
        boxes = [[x - 0.03, y - 0.2, x + 0.03, y] for _, (x, y) in here]
        ids = np.array([n for n, _ in here], np.int64)
        frames.append(Truth(ids, np.array(boxes, np.float64).reshape(-1, 4)))
    return Footage("made", FPS, 100, 100, frames)


def test_a_stay_is_sure_once_it_has_lasted_as_long_as_asked_for() -> None:
    sure, maybe = stays([walk(0.3, 0.7, 0.7, 0.7, 0.3)], RIGHT, 1.0)
    (spell,) = sure
    assert spell.start_s == pytest.approx(1.5, abs=0.1)
    assert spell.end_s == pytest.approx(3.5, abs=0.1)
    assert maybe[0].start_s < spell.start_s


def test_who_walks_along_the_edge_may_be_inside_but_surely_is_not() -> None:
    sure, maybe = stays([walk(0.46, 0.52, 0.52, 0.46)], RIGHT, 1.0)
    assert sure == []
    assert len(maybe) == 1


def test_spells_near_one_another_are_one() -> None:
    assert merged([Spell(5, 6), Spell(0, 3)], 2.0) == [Spell(0, 6)]
    assert merged([Spell(5, 6), Spell(0, 3)], 1.0) == [Spell(0, 3), Spell(5, 6)]


def test_a_crossing_is_sure_where_both_sides_were_clear() -> None:
    (one,) = crossings([walk(0.3, 0.49, 0.51, 0.49, 0.7)], START, END)[-1:]
    assert (one.is_sure, one.to_right) == (True, True)
    assert [c.is_sure for c in crossings([walk(0.3, 0.53, 0.3)], START, END)] == [False, False]
    assert crossings([walk(0.2, 0.4)], START, END) == []


def test_ways_are_smoothed_and_cut_where_somebody_was_away() -> None:
    way = walk(0.2, 0.8, 0.2, 0.8, 0.2, 0.8)
    whole = footage(way)
    away = [
        frame if not 10 <= step < 40 else Truth(frame.id[:0], frame.xyxy[:0])
        for step, frame in enumerate(whole.truth)
    ]
    assert len(walks(whole)) == 1
    assert len(walks(Footage("made", FPS, 100, 100, away))) == 2


def test_what_a_perfect_detector_sees_is_found_without_false_ones() -> None:
    way = walk(0.1, 0.3, 0.5, 0.7, 0.9, 0.7, 0.5, 0.3, 0.1)
    truth = footage(way)
    seen = [people(frame.xyxy.tolist(), [0.8] * len(frame.id)) for frame in truth.truth]
    found = judged(truth, seen, places=8, seed=1, rates=[5.0])
    crossed = found["line_crossing", 5.0]
    assert crossed.events > 3
    assert crossed.found >= crossed.events - 1
    assert (crossed.again, crossed.false) == (0, 0)
    inside = found["intrusion", 5.0]
    assert inside.found == inside.events > 0
    assert inside.false == 0

"""Any two runs: matching is one to one, shares are shares, a run has all of itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.guard.bounds import Share
from detect.guard.incidents import Span, match
from detect.guard.runs import TrackPath
from detect.guard.tracks import cover
from tests.support.runs import path, walk

TIMES = st.integers(0, 100).map(float)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_s, length_s = draw(TIMES), draw(st.integers(0, 20))
    key = draw(st.sampled_from("ab"))
    return Span(key, start_s, start_s + length_s, start_s, key == "b")


@st.composite
def paths(draw: st.DrawFn) -> TrackPath:
    places = st.tuples(st.floats(0.1, 0.9), st.floats(0.3, 0.9))
    start_s, seconds = draw(st.integers(0, 5)), draw(st.integers(1, 8))
    label = draw(st.sampled_from(["person", "car"]))
    moments = walk(start_s, start_s + seconds, draw(places), draw(places), step_s=0.5)
    return path(moments, number=draw(st.integers(1, 10_000)), label=label)


@given(st.lists(spans(), max_size=12), st.lists(spans(), max_size=12))
def test_matching_is_one_to_one(wanted: list[Span], got: list[Span]) -> None:
    matched = match(wanted, got)
    rows, columns = [row for row, _ in matched.pairs], [column for _, column in matched.pairs]
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    assert set(rows) <= matched.found
    assert not set(columns) & matched.extra
    assert all(wanted[row].key == got[column].key for row, column in matched.pairs)
    crossings = {row for row, span in enumerate(wanted) if span.is_momentary}
    assert matched.found & crossings == set(rows) & crossings


@given(st.lists(spans(), max_size=12))
def test_a_run_has_all_of_its_own_incidents(own: list[Span]) -> None:
    matched = match(own, own)
    assert len(matched.found) == len(own)
    assert not matched.extra


@settings(deadline=None)
@given(
    st.lists(paths(), max_size=5, unique_by=lambda one: one.id),
    st.lists(paths(), max_size=5, unique_by=lambda one: one.id),
)
def test_no_box_covers_two_at_a_time(wanted: list[TrackPath], got: list[TrackPath]) -> None:
    taken: Counter[tuple[float, int]] = Counter()
    for covered in cover(wanted, got):
        assert 0 <= covered.share <= 1
        taken.update(
            (t_s, by)
            for t_s, by in zip(covered.path.t_s.tolist(), covered.by.tolist(), strict=True)
            if by
        )
    assert max(taken.values(), default=0) <= 1


@settings(deadline=None)
@given(st.lists(paths(), min_size=1, max_size=5, unique_by=lambda one: one.id))
def test_a_run_covers_itself(own: list[TrackPath]) -> None:
    assert all(np.isclose(covered.share, 1.0) for covered in cover(own, own))


@given(st.integers(0, 300), st.integers(0, 300))
def test_bounds_hold_the_estimate_and_tighten_with_more(hits: int, misses: int) -> None:
    share, more = Share(hits, hits + misses), Share(10 * hits, 10 * (hits + misses))
    assert 0 <= share.low() <= (share.rate or 0.0) or share.rate is None
    assert (share.rate or 0.0) <= share.high() <= 1
    assert more.high() - more.low() <= share.high() - share.low()

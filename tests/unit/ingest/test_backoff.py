from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ingest.backoff import CAP_S, FIRST_S, Backoff


class Whole(random.Random):
    """No jitter: the whole of each wait."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_it_doubles_to_its_cap_and_begins_again() -> None:
    backoff = Backoff(Whole())
    assert [backoff.next_s() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next_s() == FIRST_S


@given(st.integers())
def test_jitter_takes_away_at_most_half(seed: int) -> None:
    drawn, whole = Backoff(random.Random(seed)), Backoff(Whole())
    for _ in range(10):
        wait_s, most_s = drawn.next_s(), whole.next_s()
        assert most_s / 2 <= wait_s <= most_s <= CAP_S


def test_cameras_that_fail_together_do_not_come_back_together() -> None:
    waits = {Backoff(random.Random(seed)).next_s() for seed in range(64)}
    assert len(waits) == 64

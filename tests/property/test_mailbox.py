from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.backoff import CAP_S, Backoff
from ingest.mailbox import Mailbox
from ingest.schedule import Sampler


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=60))
def test_bounded_newest_wins_and_every_item_is_accounted_for(cap: int, puts: list[bool]) -> None:
    mailbox: Mailbox[int] = Mailbox(cap)
    taken: list[int] = []
    sent = 0
    for is_put in puts:
        if is_put:
            mailbox.put(sent)
            sent += 1
        elif (item := mailbox.take()) is not None:
            taken.append(item)
        assert len(mailbox) <= cap
    left = len(mailbox)
    assert sent == len(taken) + left + mailbox.drops.get("overrun", 0)
    assert taken == sorted(taken)
    if left:
        rest = [mailbox.take() for _ in range(left)]
        assert rest[-1] == sent - 1
    mailbox.close()
    mailbox.put(0)
    assert mailbox.take() is None


@given(st.floats(0.5, 30), st.lists(st.floats(0.001, 0.5), min_size=1, max_size=200))
def test_sampler_never_exceeds_its_rate(fps: float, steps: list[float]) -> None:
    sampler = Sampler(fps)
    t_s, due = 0.0, 0
    for step in steps:
        due += sampler.due(t_s)
        t_s += step
    assert due <= t_s * fps + 1


def test_backoff_doubles_to_its_cap_and_resets() -> None:
    class Whole:
        def uniform(self, low: float, high: float) -> float:
            return high

    backoff = Backoff(Whole())  # type: ignore[arg-type]
    waits = [backoff.next_s() for _ in range(8)]
    assert waits[:5] == [0.5, 1, 2, 4, 8]
    assert waits[-1] == CAP_S
    backoff.reset()
    assert backoff.next_s() == 0.5

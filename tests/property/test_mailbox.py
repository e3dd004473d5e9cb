from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mailbox import Mailbox


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=60), st.integers(0, 60))
def test_bounded_newest_wins_and_every_item_is_accounted_for(
    cap: int, puts: list[bool], closes_at: int
) -> None:
    mailbox: Mailbox[int] = Mailbox(cap)
    taken: list[int] = []
    sent = rung = 0

    def ring() -> None:
        nonlocal rung
        rung += 1

    mailbox.on_item = ring
    for number, is_put in enumerate(puts):
        if number == closes_at:
            mailbox.close()
        if is_put:
            mailbox.put(sent)
            sent += 1
        elif (item := mailbox.take()) is not None:
            taken.append(item)
        assert len(mailbox) <= cap
        if is_put and number < closes_at:
            assert rung == sent
    left = len(mailbox)
    assert sent == len(taken) + left + sum(mailbox.drops.values())
    assert taken == sorted(taken)
    assert set(mailbox.drops) <= {"overrun", "closed"}
    if left:
        rest = [mailbox.take() for _ in range(left)]
        assert rest == list(range(sent - left, sent)), "the newest are kept, in order"
    mailbox.close()
    mailbox.put(0)
    assert mailbox.take() is None


@pytest.mark.parametrize("cap", [1, 2])
def test_nothing_is_lost_between_threads(cap: int) -> None:
    mailbox: Mailbox[int] = Mailbox(cap)
    count, taken, done = 5000, [], threading.Event()

    def take() -> None:
        while not (done.is_set() and len(mailbox) == 0):
            if (item := mailbox.take()) is not None:
                taken.append(item)

    taker = threading.Thread(target=take)
    taker.start()
    for number in range(count):
        mailbox.put(number)
    done.set()
    taker.join()
    assert len(taken) + mailbox.drops.get("overrun", 0) == count
    assert taken == sorted(set(taken))
    assert taken[-1] == count - 1


def test_a_mailbox_holds_something() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Mailbox(0)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.packets import KeptPackets
from ingest.sources.base import Packet


def packet(number: int, *, is_key: bool = False, size: int = 10, at_s: float = 0.0) -> Packet:
    return Packet(number, size, is_key, None, None, at_s)


def line(keys: str, **more: float) -> KeptPackets:
    """`K` for a key frame, anything else for another packet; one a second."""
    kept = KeptPackets(**more)  # type: ignore[arg-type]
    for number, letter in enumerate(keys):
        kept.put(packet(number, is_key=letter == "K", at_s=number))
    return kept


def numbers(kept: KeptPackets) -> list[int]:
    taken = []
    while (one := kept.take()[0]) is not None:
        taken.append(one.data)
    return taken


def test_in_order_from_the_first_key_frame_on() -> None:
    kept = line("ppKppK", most_s=100)
    assert (len(kept), kept.size_bytes, kept.seconds, kept.forgotten) == (4, 40, 3, 2)
    head, key = kept.head(), kept.key_after_head()
    assert head is not None
    assert key is not None
    assert (head.data, key.data) == (2, 5)
    assert numbers(kept) == [2, 3, 4, 5]
    assert (kept.head(), kept.key_after_head(), kept.seconds) == (None, None, 0)
    assert kept.take() == (None, False)


def test_a_key_frame_becomes_the_head() -> None:
    kept = line("KppKpKp", most_s=100)
    key = kept.key_after_head()
    assert key is not None
    kept.forget_before(key)
    assert numbers(kept) == [3, 4, 5, 6]
    assert kept.forgotten == 0, "seen, not lost"


@pytest.mark.parametrize(
    ("keys", "skipped", "left"),
    [("KpKpp", 2, 3), ("ppp", 0, 0), ("Kppp", 0, 4), ("KKK", 2, 1), ("KpKpKp", 4, 2)],
)
def test_skipping_goes_to_the_newest_key_frame(keys: str, skipped: int, left: int) -> None:
    kept = line(keys, most_s=100)
    assert kept.skip_to_newest_key() == skipped
    assert len(kept) == left


def test_skipping_what_was_begun_goes_to_the_key_frame_behind() -> None:
    kept = line("KppKp", most_s=100)
    kept.take()
    assert kept.skip_to_newest_key() == 2
    assert numbers(kept) == [3, 4]


def test_too_much_is_forgotten_group_by_group_and_told() -> None:
    kept = line("KppKppKp", most_s=5)
    taken, was_broken = kept.take()
    assert taken is not None
    assert (taken.data, was_broken, kept.forgotten) == (3, True, 3)
    assert kept.take()[1] is False


def test_too_much_with_no_later_key_frame_is_forgotten_until_one_comes() -> None:
    kept = line("KppppppK", most_s=4)
    assert numbers(kept) == [7]
    assert kept.forgotten == 7


@given(
    st.lists(st.tuples(st.sampled_from("KKp.<>"), st.integers(1, 60)), max_size=80),
    st.integers(50, 200),
)
def test_bounded_and_each_packet_once_in_order_or_accounted_for(
    acts: list[tuple[str, int]], most_bytes: int
) -> None:
    kept, put, taken, skipped, last_was_broken = KeptPackets(6.0, most_bytes), 0, [], 0, False
    begun = False
    for number, (act, size) in enumerate(acts):
        if act in "Kp":
            kept.put(packet(put, is_key=act == "K", size=size, at_s=float(number)))
            put += 1
        elif act == "<":
            skipped += kept.skip_to_newest_key()
            begun = False if kept.head() is None else begun
        else:
            one, last_was_broken = kept.take()
            if one is not None:
                if last_was_broken:
                    assert one.is_key
                taken.append(one.data)
        assert kept.size_bytes <= most_bytes
        assert kept.seconds <= 6.0
    left = len(kept)
    taken += numbers(kept)
    assert taken == sorted(set(taken))
    assert len(taken) + skipped + kept.forgotten == put
    assert left == 0 or kept.size_bytes == 0

"""Evidence over time."""

from __future__ import annotations

from detect.burning.suspicion import Suspicions, hull

HERE, THERE = (0.4, 0.4, 0.5, 0.5), (0.8, 0.1, 0.9, 0.2)


def lasting(suspicions: Suspicions, scores: list[float], from_s: float = 0.0) -> list[bool]:
    """Whether the place is proven at each of five looks a second."""
    return [
        bool(suspicions.update(from_s + number / 5, [(HERE, score)] if score else []))
        for number, score in enumerate(scores)
    ]


def test_one_look_is_no_proof_and_the_time_asked_for_is() -> None:
    suspicions = Suspicions(1.0, 0.8)
    proven = lasting(suspicions, [0.9] * 8)
    assert proven.index(True) == 5
    assert all(proven[5:])


def test_doubtful_looks_are_evidence_against() -> None:
    assert not any(lasting(Suspicions(1.0, 0.8), [0.9, 0.9, 0.9, 0.1] * 3 + [0.1] * 5)[:6])


def test_what_is_proven_survives_a_doubtful_look() -> None:
    suspicions = Suspicions(1.0, 0.8)
    lasting(suspicions, [0.9] * 12)
    assert suspicions.update(2.4, [(HERE, 0.1)])
    assert suspicions.update(2.6, [])


def test_it_is_over_when_nothing_is_seen_for_long() -> None:
    suspicions = Suspicions(1.0, 0.8)
    lasting(suspicions, [0.9] * 12)
    assert not any(lasting(suspicions, [0.0] * 30, from_s=2.4)[-5:])
    assert not suspicions.any


def test_two_places_do_not_prove_each_other() -> None:
    suspicions = Suspicions(1.0, 0.8)
    for number in range(10):
        place = HERE if number % 2 else THERE
        assert not suspicions.update(number / 5, [(place, 0.9)])


def test_at_one_look_a_second_the_time_asked_for_still_holds() -> None:
    suspicions = Suspicions(2.0, 0.8)
    assert [bool(suspicions.update(float(n), [(HERE, 0.9)])) for n in range(4)] == [
        False,
        False,
        True,
        True,
    ]


def test_the_box_round_all() -> None:
    assert hull([HERE, THERE]) == (0.4, 0.1, 0.9, 0.5)


def test_what_fades_out_is_no_less_certain_than_it_was() -> None:
    suspicions = Suspicions(1.0, 0.8)
    for n in range(20):
        suspicions.update(n / 5, [(HERE, 0.95)])
    for n in range(20, 24):
        proven = suspicions.update(n / 5, [(HERE, 0.0)])
    assert proven[0].score < 0.5
    assert proven[0].best > 0.9

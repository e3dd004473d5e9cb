"""Places where somebody may lie, over time."""

from __future__ import annotations

from detect.fallen.lying import Evidence, Posture
from detect.fallen.suspects import FORGIVEN_S, LEAVES_S, MOST, REST_S, VAIN_LOOKS, Suspects
from detect.track import Box

HERE: Box = (0.4, 0.6, 0.6, 0.7)
LIES = Evidence(turned_score=0.6, lowness=1.0, fell=True)
STANDS = Evidence(upright_score=0.6, posture=Posture(3, 0.8))


def test_what_is_believed_follows_what_is_seen() -> None:
    one = Suspects().add(HERE, 0.0)
    assert one is not None
    levels = []
    for number in range(6):
        one.judge(LIES, number * 0.5)
        levels.append(one.level)
    assert levels == sorted(levels)
    assert levels[-1] > 0.8
    for number in range(6, 12):
        one.judge(STANDS, number * 0.5)
    assert one.level < 0.1


def test_a_place_is_one_however_its_box_wavers() -> None:
    suspects = Suspects()
    assert suspects.add(HERE, 0.0) is suspects.add((0.42, 0.61, 0.63, 0.7), 0.2)
    assert suspects.add((0.1, 0.1, 0.2, 0.15), 0.2) is not suspects.all[0]


def test_a_place_in_vain_is_left_alone_for_longer_and_longer() -> None:
    suspects, rests, t_s = Suspects(), [], 0.0
    for _ in range(3):
        one = suspects.add(HERE, t_s)
        assert one is not None
        for number in range(VAIN_LOOKS):
            one.judge(STANDS, t_s + number * 0.5)
        t_s += (VAIN_LOOKS - 1) * 0.5
        suspects.forget(t_s)
        began_s = t_s
        while suspects.add(HERE, t_s) is None:
            t_s += 0.25
        suspects.all.clear()
        rests.append(t_s - began_s)
    assert rests == [REST_S, 2 * REST_S, 4 * REST_S]
    suspects.forget(t_s + FORGIVEN_S + 60)
    assert suspects.add(HERE, t_s) is not None


def test_a_place_for_which_nothing_speaks_is_forgotten() -> None:
    suspects = Suspects()
    suspects.add(HERE, 0.0)
    suspects.forget(LEAVES_S - 0.1)
    assert suspects.all
    suspects.forget(LEAVES_S)
    assert not suspects.all


def test_the_least_likely_gives_way() -> None:
    suspects = Suspects()
    for number in range(MOST):
        one = suspects.add((0.1, number * 0.1, 0.2, number * 0.1 + 0.05), 0.0)
        assert one is not None
        one.level = 0.9 if number else 0.2
    suspects.add(HERE, 0.0)
    assert len(suspects.all) == MOST
    assert min(one.level for one in suspects.all) > 0.3


def test_who_waited_longest_is_looked_at_first() -> None:
    suspects = Suspects()
    first, second = suspects.add(HERE, 0.0), suspects.add((0.1, 0.1, 0.2, 0.15), 0.0)
    assert first is not None
    assert second is not None
    first.looked_s = 1.0
    assert list(suspects.due(1.2, 0.5, 5)) == [second]
    second.looked_s = 1.2
    assert list(suspects.due(1.7, 0.5, 5)) == [first, second]
    assert list(suspects.due(1.7, 0.5, 1)) == [first]


def test_the_time_counts_from_when_it_was_not_refuted_any_more() -> None:
    one = Suspects().add(HERE, 0.0)
    assert one is not None
    for number in range(4):
        one.judge(STANDS, number * 0.5)
    assert one.since_s == 1.5
    for number in range(4, 10):
        one.judge(LIES, number * 0.5)
    assert one.since_s <= 2.0
    assert one.born_s == 0.0


def test_in_a_crowd_a_likely_place_comes_before_the_new_ones() -> None:
    suspects = Suspects()
    likely = suspects.add(HERE, 0.0)
    assert likely is not None
    likely.level, likely.looked_s = 0.7, 1.0
    for number in range(3):
        suspects.add((0.1, number * 0.1, 0.2, number * 0.1 + 0.05), 1.4)
    assert suspects.due(1.5, 0.5, 1)[0] is likely
    likely.level = 0.1
    assert suspects.due(1.5, 0.5, 1)[0] is not likely


def test_three_looks_that_nothing_speaks_for_are_enough() -> None:
    suspects = Suspects()
    one = suspects.add(HERE, 0.0)
    assert one is not None
    for number in range(VAIN_LOOKS):
        assert suspects.all
        one.judge(Evidence(lowness=1.0), number * 0.5)
        suspects.forget(number * 0.5)
    assert not suspects.all

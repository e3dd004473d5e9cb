"""How one thing is taken to move, without a tracker around it."""

from __future__ import annotations

import numpy as np
import pytest

from detect.track import Box
from detect.tracking.followed import COAST_S, SPEED, Followed


def box_at(x: float, wide: float = 0.06, high: float = 0.2) -> Box:
    return x - wide / 2, 0.5 - high / 2, x + wide / 2, 0.5 + high / 2


def walked(speed: float, gap_s: float, steps: int, noise: float = 0.0) -> Followed:
    rng = np.random.default_rng(1)
    one = Followed.begin(1, box_at(0.1), 0.8, 0, 0.0)
    for step in range(1, steps):
        one.advance((step - 1) * gap_s, gap_s)
        at = 0.1 + speed * step * gap_s + noise * float(rng.normal())
        one.correct(box_at(at), 0.8, 0, step * gap_s)
    return one


@pytest.mark.parametrize("gap_s", [0.04, 0.2, 0.6])
def test_the_speed_of_a_steady_walk_is_learnt_at_every_rate(gap_s: float) -> None:
    one = walked(0.08, gap_s, round(4 / gap_s))
    assert one.vx == pytest.approx(0.08, rel=0.1)
    assert one.vy == pytest.approx(0.0)


def test_noise_of_a_detector_is_no_speed() -> None:
    assert abs(walked(0.0, 0.1, 60, noise=0.005).vx) < 0.02


def test_it_is_less_sure_the_longer_nothing_is_seen_and_surer_when_it_is() -> None:
    one = walked(0.05, 0.2, 20)
    unsure = [one.unsure]
    for step in range(20, 25):
        one.advance((step - 1) * 0.2, 0.2)
        unsure.append(one.unsure)
    assert unsure == sorted(unsure)
    one.correct(box_at(one.x), 0.8, 0, 24 * 0.2)
    assert one.unsure < unsure[1]


def test_what_is_out_of_sight_comes_to_rest() -> None:
    one = walked(0.05, 0.2, 30)
    for step in range(30, 200):
        one.advance((step - 1) * 0.2, 0.2)
    furthest = 0.1 + 0.05 * (29 * 0.2 + COAST_S)
    assert one.x == pytest.approx(furthest, abs=0.02)


def test_after_is_where_advance_brings_it() -> None:
    one = walked(0.05, 0.2, 10)
    ahead = one.after(9 * 0.2, 0.5)
    one.advance(9 * 0.2, 0.5)
    assert one.box == pytest.approx(ahead)


def test_a_size_is_believed_slowly_at_a_high_rate() -> None:
    quick, slow = walked(0.0, 0.04, 50), walked(0.0, 0.5, 50)
    for one, gap_s in ((quick, 0.04), (slow, 0.5)):
        one.advance(49 * gap_s, gap_s)
        one.correct(box_at(0.1, high=0.4), 0.8, 0, 50 * gap_s)
    assert 0.2 < quick.height < 0.22 < 0.28 < slow.height < 0.4


def test_variances_stay_those_of_something_possible() -> None:
    rng = np.random.default_rng(2)
    one = Followed.begin(1, box_at(0.5), 0.8, 0, 0.0)
    t_s = 0.0
    for _ in range(500):
        gap_s = float(rng.choice([0.0, 0.04, 0.2, 1.0, 5.0]))
        one.advance(t_s, gap_s)
        t_s += gap_s
        if rng.random() < 0.7:
            one.correct(box_at(float(rng.uniform(0.2, 0.8))), 0.8, 0, t_s)
        assert one.place_var > 0
        assert 0 < one.speed_var <= SPEED**2 + 1e-9
        assert one.both_var**2 <= one.place_var * one.speed_var + 1e-9

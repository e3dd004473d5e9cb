"""Motion that comes to nothing is looked at ever more rarely, as long as it looks the same."""

from __future__ import annotations

import numpy as np
import pytest

from detect.looking.patience import FORGOTTEN_S, LONGEST_WAIT_S, MOST, Patience
from detect.track import Box

FLAG: Box = (0.4, 0.4, 0.5, 0.5)


def look(patience: Patience, box: Box, t_s: float, *, found: bool = False) -> bool:
    """Whether it was due; if so it is looked at."""
    is_due = patience.is_due(box, t_s)
    if is_due:
        patience.learn([(box, found)], t_s)
    return is_due


def looked(patience: Patience, box: Box, times: np.ndarray, *, found: bool = False) -> list[float]:
    return [t_s for t_s in times.tolist() if look(patience, box, t_s, found=found)]


TIMES = np.arange(0, 20, 0.1).round(3)


def test_waits_grow_up_to_the_longest_and_no_further() -> None:
    seen = looked(Patience(), FLAG, TIMES)
    gaps = np.diff(seen)
    assert gaps[0] == pytest.approx(0.1)
    assert (np.diff(gaps) >= -0.101).all()
    assert gaps[-1] == pytest.approx(LONGEST_WAIT_S)
    assert gaps.max() <= LONGEST_WAIT_S + 0.101


def test_a_flag_that_flutters_is_one_place() -> None:
    rng, patience = np.random.default_rng(1), Patience()
    count = 0
    for t_s in TIMES.tolist():
        x, y = rng.uniform(-0.015, 0.015, 2)
        size = rng.uniform(0.06, 0.1)
        count += look(patience, (0.4 + x, 0.4 + y, 0.4 + x + size, 0.4 + y + size), t_s)
    assert count < 50


def test_what_is_found_makes_the_place_like_any_other() -> None:
    patience = Patience()
    looked(patience, FLAG, TIMES)
    assert looked(patience, FLAG, 21 + TIMES, found=True)[1:] == pytest.approx(21 + TIMES[1:])


@pytest.mark.parametrize(
    "other",
    [(0.38, 0.3, 0.55, 0.6), (0.6, 0.4, 0.7, 0.5), (0.46, 0.4, 0.56, 0.5)],
    ids=["larger", "elsewhere", "moved on"],
)
def test_motion_that_looks_different_is_due_at_once(other: Box) -> None:
    patience = Patience()
    looked(patience, FLAG, TIMES)
    assert patience.is_due(other, 19.95)


def test_what_goes_on_walking_is_always_due() -> None:
    patience = Patience()
    walk = [(x, 0.5, x + 0.02, 0.56) for x in np.arange(0.1, 0.9, 0.006).tolist()]
    assert all(look(patience, box, n / 10) for n, box in enumerate(walk))


@pytest.mark.parametrize("forget", [True, False], ids=["the view changed", "long still"])
def test_places_are_forgotten(forget: bool) -> None:
    patience = Patience()
    last_s = looked(patience, FLAG, TIMES)[-1]
    if forget:
        patience.forget()
        assert patience.is_due(FLAG, last_s + 0.05)
    else:
        patience.learn([], last_s + FORGOTTEN_S + 1)
        assert look(patience, FLAG, last_s + FORGOTTEN_S + 1)
        assert look(patience, FLAG, last_s + FORGOTTEN_S + 1.1)


def test_few_places_are_remembered_however_much_moves() -> None:
    patience = Patience()
    for n in range(MOST * 3):
        x, y = (n % 12) / 12, (n // 12) / 12
        look(patience, (x, y, x + 0.04, y + 0.04), 0.01 * n)
    assert len(patience._places) <= MOST

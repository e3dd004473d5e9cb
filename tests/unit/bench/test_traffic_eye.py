"""The simulated detector wavers where things change, and not where they stand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.traffic import Street
from tests.support.traffic_eye import GOOD, POOR, Eye, film

STILL_S = 20.0


class Parked(Street):
    """A place where nothing but parked cars is."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.things = [thing for thing in self.things if thing.lane < 0]

    def _arrive(self) -> None:
        """Nobody comes."""


def wavering(eye: Eye) -> tuple[float, int]:
    """How much the number of boxes changes a frame, and how many frames there were."""
    changes, frames = 0, 0
    for seed in range(8):
        numbers = [len(seen) for _, seen in film(Parked(seed), STILL_S, 5.0, eye)]
        changes += int(np.abs(np.diff(numbers)).sum())
        frames += len(numbers)
    return changes / frames, frames


def test_what_stands_is_seen_the_same_again() -> None:
    calm = Eye(false=0.0)
    restless = Eye(false=0.0, waver=1.0, seen=0.8)
    assert wavering(calm)[0] < 0.5 * wavering(restless)[0]


@pytest.mark.parametrize("eye", [GOOD, POOR])
def test_the_same_seed_gives_the_same_film(eye: Eye) -> None:
    one, other = (
        [seen.xyxy.tolist() for _, seen in film(Street(3), 2.0, 5.0, eye)] for _ in range(2)
    )
    assert one == other

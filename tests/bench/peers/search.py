"""How many cameras a contestant sustains, found with few runs. Pure."""

from __future__ import annotations

from collections.abc import Callable

STEP = 1.35
"""From one probe to the next while the limit is not yet bracketed."""
MOST = 128


def most_sustained(
    guess: int, keeps_up: Callable[[int], bool], confirmed: Callable[[int], bool], *, least: int = 1
) -> int:
    """The most cameras that a probe and then a longer run confirm; 0 when not even `least`.

    Steps up or down from `guess` until the limit lies between two probes, halves the gap, and
    confirms downwards. What more cameras sustain fewer do, too: each number is probed once.
    """
    good, bad = _bracket(guess, keeps_up, least)
    while good is not None and bad is not None and bad - good > 1:
        middle = (good + bad) // 2
        if keeps_up(middle):
            good = middle
        else:
            bad = middle
    while good is not None and good >= least:
        if confirmed(good):
            return good
        good -= max(1, good // 16)
    return 0


def _bracket(
    guess: int, keeps_up: Callable[[int], bool], least: int
) -> tuple[int | None, int | None]:
    """A number that is sustained and one above it that is not."""
    at = max(least, guess)
    if keeps_up(at):
        good = at
        while good < MOST:
            up = min(MOST, max(good + 1, round(good * STEP)))
            if not keeps_up(up):
                return good, up
            good = up
        return good, None
    while at > least:
        down = max(least, min(at - 1, round(at / STEP)))
        if keeps_up(down):
            return down, at
        at = down
    return None, at

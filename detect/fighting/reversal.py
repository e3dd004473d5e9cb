"""Whether what changes changes back: who walks by changes a pixel once, who fights to and fro."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

MOVES, GOES_BACK = 8.0, 6.0
"""Grey levels by which a pixel must have changed once; by which it must each time to have gone
back."""
NOISES = 4.0
"""Or so many times the noise: noise by itself goes back."""
FEWEST = 6
"""Pixels that say something."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """Two changes one after the other, of the pixels that moved."""

    like: float
    """How alike they are, as a cosine: -1 to 1; below 0 where the second undoes the first."""
    back: float
    """Part of the pixels that went up and down or down and up."""


def reversal(earlier: Plane, before: Plane, now: Plane, noise: float) -> Reversal | None:
    """Of three grey pictures of one shape; `noise` in grey levels. None: hardly anything moved."""
    first, second = before - earlier, now - before
    size = np.abs(first), np.abs(second)
    least = max(1.0, NOISES * noise / MOVES)
    moves = np.maximum(*size) > MOVES * least
    count = int(moves.sum())
    if count < FEWEST:
        return None
    product = (first * second)[moves]
    norms = float((first[moves] ** 2).sum()) * float((second[moves] ** 2).sum())
    goes = (product < 0) & (np.minimum(*size)[moves] > GOES_BACK * least)
    return Reversal(float(product.sum()) / (norms**0.5 + 1e-6), float(goes.mean()))

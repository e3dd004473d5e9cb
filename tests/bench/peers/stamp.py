"""Numbers on pictures that everybody can read and nobody's motion gate sees.

A strip along the top edge holds the picture's number in blocks of two colours that have the same
luma and the same green, so that a comparison of luma planes finds nothing changed there. It can be
read from the full picture and from one scaled down to a model's input. Needs numpy alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BITS = 13
STRIP_PX = 16
"""Height of the strip: one macroblock."""
BLOCK_PX = 32
WIDTH_PX = 1280
"""Of the pictures that are stamped."""
ONE = (208, 128, 97)
ZERO = (48, 128, 158)
"""BGR; both have luma 128."""


def stamp(image: Any, number: int) -> Any:
    """A copy of a BGR picture (h, 1280, 3) with the number on it, 0 to 8191."""
    marked = image.copy()
    for place, bit in enumerate(_bits(number)):
        left = place * BLOCK_PX
        marked[:STRIP_PX, left : left + BLOCK_PX] = ONE if bit else ZERO
    return marked


def read_stamp(image: Any) -> int | None:
    """The number on a BGR picture of any size, aspect kept; None when it cannot be read."""
    scale = image.shape[1] / WIDTH_PX
    top, bottom = int(STRIP_PX * 0.3 * scale), int(STRIP_PX * 0.7 * scale)
    rows = image[top : max(bottom, top + 1)].astype(np.int16)
    blueness = (rows[:, :, 0] - rows[:, :, 2]).mean(axis=0)
    centres = (np.arange(2 * BITS) + 0.5) * BLOCK_PX * scale
    reach = max(1, int(BLOCK_PX * scale / 4))
    columns = centres.astype(int)[:, None] + np.arange(-reach, reach)[None, :]
    bits = blueness[columns].mean(axis=1) > 0
    if not (bits[:BITS] ^ bits[BITS:]).all():
        return None
    return int((bits[:BITS] * (1 << np.arange(BITS))).sum())


def _bits(number: int) -> list[bool]:
    bits = [bool(number >> place & 1) for place in range(BITS)]
    return bits + [not bit for bit in bits]

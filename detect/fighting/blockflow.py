"""How blocks of a picture moved, and how much of the change is no movement at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

STILL_BONUS = 0.075
"""Grey levels, for each pixel of way, that a movement must fit better than none: noise moves
nothing."""


@dataclass(frozen=True, slots=True)
class BlockFlow:
    """Movement of square blocks between two pictures; arrays of shape (rows, columns)."""

    vx: Plane
    """Pixels to the right."""
    vy: Plane
    """Pixels downwards."""
    rest: Plane
    """Mean difference that is left after the best movement, grey levels."""
    raw: Plane
    """Mean difference without any."""


def block_flow(before: Plane, now: Plane, block_px: int, reach_px: int) -> BlockFlow | None:
    """Exhaustive block matching of two grey pictures of one shape, up to `reach_px` each way.

    None where not even two by two blocks fit.
    """
    rows, columns = (side // block_px for side in now.shape)
    if rows < 2 or columns < 2:
        return None
    height, width = rows * block_px, columns * block_px
    padded = np.pad(before[:height, :width], reach_px, mode="edge")
    shifted = np.lib.stride_tricks.sliding_window_view(padded, (height, width))
    shifts = shifted.reshape(-1, height, width)
    off = np.abs(shifts - now[:height, :width])
    # Sums over short axes are slow in numpy; as products with zeros and ones they are not.
    across = np.repeat(np.eye(columns, dtype=np.float32), block_px, axis=0)
    down = np.repeat(np.eye(rows, dtype=np.float32), block_px, axis=1)
    sums = (off.reshape(-1, width) @ across).reshape(-1, height, columns)
    off = (down @ sums) / np.float32(block_px**2)
    way = np.arange(-reach_px, reach_px + 1, dtype=np.float32)
    dy, dx = (axis.ravel() for axis in np.meshgrid(way, way, indexing="ij"))
    best = np.argmin(off + (STILL_BONUS * np.hypot(dx, dy))[:, None, None], axis=0)
    rest = np.take_along_axis(off, best[None], axis=0)[0]
    return BlockFlow(-dx[best], -dy[best], rest, off[len(off) // 2])

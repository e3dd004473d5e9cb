"""The lasting structure of a camera's view: where its edges are, however the light falls on them.

The picture's gradients are averaged over time with their signs, so that people, cars and noise
vanish and walls, kerbs and posts remain. A block of the picture has kept its structure when its
gradients now correlate with the learnt ones: that does not depend on light, contrast or the switch
of an infrared filter, which leave edges where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from detect.view import Luma

Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BLOCK_PX = 8
"""Side of a block of the small luma."""
KEPT = 0.4
"""Correlation of a block's gradients with the learnt ones that counts as kept."""
FLOOR = 5.0
"""Root mean square gradient (grey levels over two pixels) below which a block has no structure,"""
WEAK = 2.5
"""and below which there is nothing but noise and coding in it."""


@dataclass(frozen=True, slots=True)
class Gradients:
    """Of one small luma, over two pixels, after a mean over 3 x 3 (which a shake survives)."""

    x: Plane
    y: Plane
    energy: Plane
    """Mean square of both over each block."""

    @classmethod
    def of(cls, luma: Luma) -> Gradients:
        """Cut to whole blocks: of 139 x 78 pixels 17 x 9 blocks remain."""
        smooth = smoothed(luma.astype(np.float32))
        rows, columns = (side // BLOCK_PX * BLOCK_PX for side in np.subtract(smooth.shape, 2))
        x = (smooth[1:-1, 2:] - smooth[1:-1, :-2])[:rows, :columns]
        y = (smooth[2:, 1:-1] - smooth[:-2, 1:-1])[:rows, :columns]
        return cls(x, y, blocks(x * x + y * y))

    def mixed(self, other: Gradients, part: float) -> Gradients:
        """With `part` (0 to 1) of another one's."""
        x = self.x + (other.x - self.x) * part
        y = self.y + (other.y - self.y) * part
        return Gradients(x, y, blocks(x * x + y * y))

    def moved(self, right_px: int, down_px: int) -> Gradients:
        """As they would be had the picture's content moved; what comes in is empty."""
        x, y = (_moved(plane, right_px, down_px) for plane in (self.x, self.y))
        return Gradients(x, y, blocks(x * x + y * y))


def likeness(now: Gradients, then: Gradients) -> Plane:
    """Correlation of the gradients of each block, 0 to 1, whatever their sign."""
    common = blocks(now.x * then.x + now.y * then.y)
    return np.asarray(np.abs(common) / np.sqrt(now.energy * then.energy + 1e-3), np.float32)


def gains(now: Gradients, then: Gradients) -> Plane:
    """Contrast of each block's learnt edges now beside then, 0 for gone, 1 for unchanged."""
    common = blocks(now.x * then.x + now.y * then.y)
    return np.asarray(np.abs(common) / (then.energy + 1e-3), np.float32)


def structured(gradients: Gradients, floor: float = FLOOR) -> Mask:
    """The blocks that have edges to be recognised by."""
    return np.asarray(gradients.energy > floor**2)


def kept(now: Gradients, then: Gradients) -> float:
    """The part of the structured blocks of `then` that have kept their structure."""
    has = structured(then)
    return float((likeness(now, then) > KEPT)[has].mean()) if has.any() else 1.0


def shift(now: Gradients, then: Gradients) -> tuple[int, int]:
    """By how many pixels (right, down) the content has moved most probably.

    Phase correlation (Kuglin & Hines, 1975) of both gradients at once, as a complex plane.
    """
    one, other = (fft.fft2(g.x + 1j * g.y) for g in (now, then))
    cross = one * np.conj(other)
    surface = np.abs(fft.ifft2(cross / (np.abs(cross) + 1e-6)))
    down, right = np.unravel_index(int(np.argmax(surface)), surface.shape)
    height, width = surface.shape
    return (
        int(right) - width if right > width // 2 else int(right),
        int(down) - height if down > height // 2 else int(down),
    )


def blocks(plane: Plane) -> Plane:
    """Mean over each block."""
    rows, columns = plane.shape[0] // BLOCK_PX, plane.shape[1] // BLOCK_PX
    tiled = plane.reshape(rows, BLOCK_PX, columns, BLOCK_PX)
    return np.asarray(tiled.mean(axis=(1, 3)), np.float32)


def smoothed(plane: Plane) -> Plane:
    """Mean over 3 x 3; a pixel less at each edge."""
    rows = plane[:-2] + plane[1:-1] + plane[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9, np.float32)


def _moved(plane: Plane, right: int, down: int) -> Plane:
    height, width = plane.shape
    out = np.zeros_like(plane)
    out[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = plane[
        max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)
    ]
    return out

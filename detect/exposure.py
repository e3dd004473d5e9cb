"""Takes an exposure that hunts out of a camera's pictures.

An automatic exposure that goes up and down changes every pixel by the same factor; rules that
measure change in the picture itself would take that for what flickers and drifts. The factor is the
median over blocks of how bright they are against what is usual there: a flame or a lorry changes
some blocks and not the median.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.frame import Image

BLOCKS = 12
"""Blocks a side."""
DARK, BRIGHT = 12.0, 235.0
"""Grey levels outside of which a block says nothing of the factor."""
LEAST = 0.25
"""Part of the blocks that must say something."""
EVEN = 0.05
"""Factors nearer to 1 than this are left."""
MOST = 1.8
"""What changes by more is another light, not an exposure that hunts."""
USUAL_S = 8.0
"""Time in which what is usual is forgotten to a third: a hunt lasts some seconds."""

Blocks = npt.NDArray[np.float32]


class Exposure:
    """Of one camera. Pictures in order."""

    def __init__(self) -> None:
        self._usual: Blocks | None = None
        self._last_s = 0.0
        self.factor = 1.0
        """By which the last picture was brighter than usual."""

    def see(self, t_s: float, image: Image) -> Image:
        """The picture as bright as usual: (h, w, 3) uint8, the same when it is."""
        blocks = _blocks(image)
        if self._usual is None or not 0 < t_s - self._last_s < USUAL_S:
            self._usual = blocks
        passed_s, self._last_s = t_s - self._last_s, t_s
        self.factor = _factor(blocks, self._usual)
        self._usual += min(1.0, passed_s / USUAL_S) * (blocks - self._usual)
        if abs(self.factor - 1) < EVEN:
            self.factor = 1.0
            return image
        table = np.clip(np.arange(256) / self.factor, 0, 255).round().astype(np.uint8)
        return np.asarray(table[image])


def _blocks(image: Image) -> Blocks:
    grey = image[::2, ::2, 1]
    height, width = (side // BLOCKS * BLOCKS for side in grey.shape)
    shape = (BLOCKS, height // BLOCKS, BLOCKS, width // BLOCKS)
    means = grey[:height, :width].reshape(shape).mean(axis=(1, 3), dtype=np.float32)
    return np.asarray(means, np.float32)


def _factor(blocks: Blocks, usual: Blocks) -> float:
    tells = (blocks > DARK) & (blocks < BRIGHT) & (usual > DARK) & (usual < BRIGHT)
    if tells.mean() < LEAST:
        return 1.0
    factor = float(np.median(blocks[tells] / usual[tells]))
    return factor if 1 / MOST < factor < MOST else 1.0

"""How sharp the picture is beside how sharp this camera's picture usually is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.frame import Image

Plane = npt.NDArray[np.float32]

GREEN = 1
"""Of a BGR picture: most of the luma, and the least noise."""
TILE_PX = 26
DETAIL = 8.0
"""Root mean square of the Laplacian (grey levels) that a tile needs to be judged by,"""
LEAST_TILES = 6
"""and so many such tiles that a picture needs."""
UPPER = 0.75
"""The quantile of the tiles that is judged by: what is out of focus is so nearly everywhere, but a
bus takes the detail from half of the picture."""
LEARN_S = 60.0


def fine(image: Image) -> Plane:
    """Energy of the finest detail (mean square of the Laplacian) in each tile of the picture."""
    green = image[..., GREEN].astype(np.int16)
    laplacian = 4 * green[1:-1, 1:-1]
    laplacian -= green[:-2, 1:-1] + green[2:, 1:-1]
    laplacian -= green[1:-1, :-2] + green[1:-1, 2:]
    rows, columns = (side // TILE_PX for side in laplacian.shape)
    cut = laplacian[: rows * TILE_PX, : columns * TILE_PX].astype(np.float32)
    tiled = (cut * cut).reshape(rows, TILE_PX, columns, TILE_PX)
    return np.asarray(tiled.mean(axis=(1, 3)), np.float32)


class Sharpness:
    """Learns each tile's usual detail."""

    def __init__(self) -> None:
        self._usual: Plane | None = None
        self._learnt_s = 0.0

    def ratio(self, detail: Plane, gain: float) -> float | None:
        """The detail of now beside the usual one, at the upper quarter of the tiles that have any:
        1 as usual, 0 none. `gain` is how much contrast the picture has now beside usually. None
        where nothing is learnt, or a picture has no detail to judge by.
        """
        if self._usual is None or self._usual.shape != detail.shape:
            return None
        judged = self._usual >= max(DETAIL**2, float(np.median(self._usual)))
        if int(judged.sum()) < LEAST_TILES:
            return None
        part = detail[judged] / self._usual[judged]
        return float(np.quantile(part, UPPER)) / max(0.05, gain) ** 2

    def learn(self, detail: Plane, step_s: float) -> None:
        """Take the detail of a picture that is as it should be, `step_s` after the last one."""
        if self._usual is None or self._usual.shape != detail.shape:
            self._usual, self._learnt_s = detail, 0.0
            return
        self._learnt_s = min(LEARN_S, self._learnt_s + step_s)
        self._usual += (detail - self._usual) * min(1.0, step_s / (self._learnt_s + step_s))

"""Which clips show the same place, so that none is trained on what another is judged by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from detect.aids import Floats

Grey = npt.NDArray[np.uint8]

CELLS = 36, 64
"""Rows and columns that a background is brought to."""
SAME = 0.3
"""Backgrounds whose edges correlate more show the same place. Of 10,296 pairs looked through, none
above this were two places; cameras that were moved or zoomed lie below: `joined` names those."""


def background(greys: Sequence[Grey]) -> Floats:
    """Edges of the median picture, of length 1, shape (D,)."""
    median = np.median(np.stack(greys), axis=0)
    rows, columns = (
        np.linspace(0, side, cells + 1).astype(int)
        for side, cells in zip(median.shape, CELLS, strict=True)
    )
    sums = np.add.reduceat(np.add.reduceat(median, rows[:-1], 0), columns[:-1], 1)
    small = sums / np.outer(np.diff(rows), np.diff(columns))
    across, down = np.diff(small, axis=1)[:-1], np.diff(small, axis=0)[:, :-1]
    edges = np.concatenate([across.ravel(), down.ravel()])
    edges = np.sign(edges) * np.sqrt(np.abs(edges))
    edges -= edges.mean()
    return np.asarray(edges / (np.linalg.norm(edges) + 1e-9), np.float32)


def places(
    names: Sequence[str], backgrounds: Sequence[Floats], joined: Sequence[Sequence[str]]
) -> list[int]:
    """The number of each clip's place, from 0. `joined`: clips known to show one place."""
    parent = list(range(len(names)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    stacked = np.stack(backgrounds)
    for first, second in np.argwhere(np.triu(stacked @ stacked.T > SAME, 1)).tolist():
        parent[root(first)] = root(second)
    known = {name: index for index, name in enumerate(names)}
    for group in joined:
        here = [known[name] for name in group if name in known]
        for index in here[1:]:
            parent[root(here[0])] = root(index)
    roots = [root(index) for index in range(len(names))]
    numbers = {found: number for number, found in enumerate(dict.fromkeys(roots))}
    return [numbers[found] for found in roots]

"""Joints of one person in a square crop, for posture alone: never who it is.

MoveNet Lightning (Google, 2021, Apache-2.0): one person in the middle of a picture of 192x192
pixels; gives y, x and a score for each of 17 joints.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.aids import KEYPOINTS, Pose
from detect.catalog import Catalog
from detect.engines.small import SmallGraph
from detect.errors import InferenceFailed, WrongGraph
from detect.incident import ModelRef
from detect.preprocess import lay
from ingest.frame import Image

DEFAULT_POSE = "movenet-lightning"
GIVES = (1, 1, len(KEYPOINTS), 3)


class PoseModel:
    """One graph on one thread. Thread-safe. Raises `ModelError` when it cannot be used."""

    def __init__(self, catalog: Catalog, name: str = DEFAULT_POSE) -> None:
        prepared = catalog.prepared(name)
        self._input = catalog.manifest(name).input
        self._graph = SmallGraph(f"model {name}", prepared.graph.read_bytes())
        self.ref = ModelRef(name, prepared.source_sha256)
        if len(self._graph.inputs) != 1:
            raise WrongGraph(f"model {name}: takes {len(self._graph.inputs)} inputs, not one")
        try:
            self._run(np.full((self._input.height, self._input.width, 3), 114, np.uint8))
        except InferenceFailed as error:
            raise WrongGraph(f"model {name} cannot be run: {error}") from error

    @property
    def size_px(self) -> int:
        """Side of the square it looks at: larger crops gain nothing."""
        return self._input.width

    def poses(self, images: Sequence[Image]) -> list[Pose]:
        """The joints in each picture (h, w, 3) BGR that fits its size. Raises `InferenceFailed`."""
        return [self._pose(image) for image in images]

    def _pose(self, image: Image) -> Pose:
        given = self._input
        slot = np.empty((given.height, given.width, 3), np.uint8)
        box = lay(image, slot, given.letterbox, given.pad)
        found = self._run(slot)
        points = np.stack(
            [
                (found[:, 1] * given.width - box.left) / box.width,
                (found[:, 0] * given.height - box.top) / box.height,
            ],
            axis=1,
        )
        return Pose(points.astype(np.float32), found[:, 2].copy())

    def _run(self, slot: Image) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Rows of y, x (fractions of the slot) and score."""
        output = self._graph.run({self._graph.inputs[0]: slot[None]})[0]
        if output.shape != GIVES or not np.isfinite(output).all():
            raise InferenceFailed(f"model {self.ref.name}: gave no joints")
        return np.asarray(output[0, 0], np.float32)

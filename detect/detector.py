"""A model made ready: manifest, engine and decoder behind one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from detect.catalog import Catalog
from detect.decoders import DECODERS, Decoder
from detect.detections import Detections
from detect.engines.base import Engine
from detect.engines.onnx import OnnxEngine
from detect.errors import InferenceFailed, ManifestError, WrongGraph
from detect.incident import ModelRef
from detect.manifest import ModelManifest
from detect.postprocess import nms
from detect.preprocess import lay
from ingest.frame import FrameSize, Image

TRIED_FRAMES = 2
"""Frames of the batch that a model is tried with: one would not show that batches work."""


class Detector:
    """Pictures in, detections out. Thread-safe: shares nothing between calls but the engine.

    `weights_sha256` is that of the file the weights came from; it goes into every incident.
    """

    def __init__(
        self, manifest: ModelManifest, engine: Engine, decoder: Decoder, weights_sha256: str
    ) -> None:
        self._manifest = manifest
        self._engine = engine
        self._decoder = decoder
        self.size = FrameSize(manifest.input.width, manifest.input.height)
        self.classes = manifest.classes
        self.ref = ModelRef(manifest.name, weights_sha256)

    @classmethod
    def load(cls, catalog: Catalog, name: str, threads: int) -> Self:
        """Make a model ready and try it. Raises `ModelError`: never silently zero detections."""
        manifest = catalog.manifest(name)
        if manifest.decoder not in DECODERS:
            known = ", ".join(sorted(DECODERS))
            raise ManifestError(
                f"{name}: decoder: {manifest.decoder!r} is not one of those there are: {known}"
            )
        decoder = DECODERS[manifest.decoder](
            manifest.input.width, manifest.input.height, len(manifest.classes)
        )
        prepared = catalog.prepared(name)
        engine = OnnxEngine(prepared.graph, threads)
        detector = cls(manifest, engine, decoder, prepared.source_sha256)
        detector.try_out()
        return detector

    @property
    def engine_name(self) -> str:
        return self._engine.name

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Detections of each picture (h, w, 3) BGR uint8 that fits `size`, in their order.

        Raises `InferenceFailed` when the engine fails or gives scores that are not numbers.
        """
        if not images:
            return []
        manifest = self._manifest
        shape = (len(images), self.size.height_px, self.size.width_px, 3)
        batch = np.empty(shape, np.uint8)
        boxes = [
            lay(image, slot, manifest.input.letterbox, manifest.input.pad)
            for image, slot in zip(images, batch, strict=True)
        ]
        outputs = self._engine.run(batch)
        found = []
        for index, box in enumerate(boxes):
            seen = self._decoder.decode(outputs, index, manifest.min_score)
            keep = nms(seen.xyxy, seen.score, seen.label, manifest.nms_iou)
            xyxy = box.to_fractions(seen.xyxy[keep])
            found.append(Detections(xyxy, seen.score[keep], seen.label[keep]))
        return found

    def try_out(self) -> None:
        """Run a grey batch: shapes must be the decoder's and every number finite.

        Raises `WrongGraph`.
        """
        name, size = self.ref.name, self.size
        grey = np.full((TRIED_FRAMES, size.height_px, size.width_px, 3), 114, np.uint8)
        try:
            outputs = self._engine.run(grey)
        except InferenceFailed as error:
            raise WrongGraph(f"model {name} cannot be run: {error}") from error
        wrong = self._decoder.check([output.shape[1:] for output in outputs])
        if wrong:
            raise WrongGraph(f"model {name}: {wrong}")
        if any(len(output) != TRIED_FRAMES for output in outputs):
            raise WrongGraph(f"model {name} mixes up the frames of a batch")
        if not all(np.isfinite(output).all() for output in outputs):
            raise WrongGraph(f"model {name} gives numbers that are not finite")

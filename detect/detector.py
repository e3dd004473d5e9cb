"""A model made ready: manifest, engine and decoder behind one call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Self

import numpy as np

from detect.catalog import Catalog
from detect.decoders import DECODERS, Candidates, Decoder
from detect.detections import Detections, Floats
from detect.engines.base import Engine
from detect.engines.onnx import OnnxEngine
from detect.errors import InferenceFailed, ManifestError, WrongGraph
from detect.incident import ModelRef
from detect.manifest import COARSEST_PX, ModelManifest
from detect.postprocess import nms
from detect.preprocess import lay, slot_size
from ingest.frame import FrameSize, Image

TRIED_FRAMES = 2
"""Frames of the batch that a model is tried with: one would not show that batches work."""


class Detector:
    """Pictures in, detections out. Thread-safe: shares nothing between calls but the engine.

    `weights_sha256` is that of the file the weights came from; it goes into every incident.
    Raises `ManifestError` when there is no such decoder.
    """

    def __init__(self, manifest: ModelManifest, engine: Engine, weights_sha256: str) -> None:
        if manifest.decoder not in DECODERS:
            known = ", ".join(sorted(DECODERS))
            raise ManifestError(
                f"{manifest.name}: decoder: {manifest.decoder!r} is not one of those there are: "
                f"{known}"
            )
        make, classes = DECODERS[manifest.decoder], len(manifest.classes)

        @cache  # a camera's pictures are all of one size, and a fitted size has few values
        def decoder(size: FrameSize) -> Decoder:
            return make(size.width_px, size.height_px, classes)

        self._manifest = manifest
        self._engine = engine
        self._decoder = decoder
        self._multiple_px = COARSEST_PX if manifest.input.pad_to == "stride" else None
        self.size = FrameSize(manifest.input.width, manifest.input.height)
        """The box that pictures are to be scaled into."""
        self.classes = manifest.classes
        self.ref = ModelRef(manifest.name, weights_sha256)

    @classmethod
    def load(cls, catalog: Catalog, name: str, threads: int) -> Self:
        """Make a model ready and try it. Raises `ModelError`: never silently zero detections."""
        manifest = catalog.manifest(name)
        prepared = catalog.prepared(name)
        engine = OnnxEngine(prepared.graph, threads, prepared.int8)
        detector = cls(manifest, engine, prepared.source_sha256)
        detector.try_out()
        return detector

    @property
    def engine_name(self) -> str:
        return self._engine.name

    @property
    def batch_frames(self) -> int:
        """Pictures that are best given together."""
        return self._engine.batch_frames

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Detections of each picture (h, w, 3) BGR uint8 that fits `size`, in their order.

        Raises `InferenceFailed` when the engine fails or gives numbers that make no sense.
        """
        slots = [slot_size(image, self.size, self._multiple_px) for image in images]
        found: dict[int, Detections] = {}
        for size in dict.fromkeys(slots):  # pictures of one shape run together
            alike = [index for index, slot in enumerate(slots) if slot == size]
            seen = self._detect_alike([images[index] for index in alike], size)
            found.update(zip(alike, seen, strict=True))
        return [found[index] for index in range(len(images))]

    def _detect_alike(self, images: Sequence[Image], size: FrameSize) -> list[Detections]:
        """Detections of pictures whose slots are all of this size."""
        where, pad = self._manifest.input.letterbox, self._manifest.input.pad
        batch = np.empty((len(images), size.height_px, size.width_px, 3), np.uint8)
        boxes = [lay(image, slot, where, pad) for image, slot in zip(images, batch, strict=True)]
        outputs = self._engine.run(batch)
        decoder = self._decoder(size)
        found = []
        for index, box in enumerate(boxes):
            seen = self._suppressed(self._decoded(decoder, outputs, index))
            found.append(Detections(box.to_fractions(seen.xyxy), seen.score, seen.label))
        return found

    def _decoded(self, decoder: Decoder, outputs: Sequence[Floats], index: int) -> Candidates:
        with np.errstate(over="ignore", invalid="ignore"):  # told by what comes out
            seen = decoder.decode(outputs, index, self._manifest.min_score)
        if not np.isfinite(seen.xyxy).all():
            raise InferenceFailed("the model gave boxes that are not finite")
        return seen

    def _suppressed(self, seen: Candidates) -> Candidates:
        keep = nms(seen.xyxy, seen.score, seen.label, self._manifest.nms_iou)
        return Candidates(seen.xyxy[keep], seen.score[keep], seen.label[keep])

    def try_out(self) -> None:
        """Run grey batches of each shape: what comes out must be what the decoder reads.

        Raises `WrongGraph`.
        """
        name = self.ref.name
        if self._multiple_px is not None and not self._engine.any_size:
            raise WrongGraph(f"model {name}: input.pad_to is stride, but the graph's size is fixed")
        sizes = [self.size]
        if self._multiple_px is not None:
            sizes += [
                FrameSize(self.size.width_px, COARSEST_PX),
                FrameSize(COARSEST_PX, COARSEST_PX),
            ]
        for size in sizes:
            try:
                self._try(size)
            except InferenceFailed as error:
                raise WrongGraph(f"model {name} cannot be run: {error}") from error

    def _try(self, size: FrameSize) -> None:
        grey = np.full((TRIED_FRAMES, size.height_px, size.width_px, 3), 114, np.uint8)
        name, decoder = self.ref.name, self._decoder(size)
        outputs = self._engine.run(grey)
        wrong = decoder.check([output.shape[1:] for output in outputs])
        if wrong:
            raise WrongGraph(f"model {name}: {wrong}")
        if any(len(output) != TRIED_FRAMES for output in outputs):
            raise WrongGraph(f"model {name} mixes up the frames of a batch")
        if not all(np.isfinite(output).all() for output in outputs):
            raise WrongGraph(f"model {name} gives numbers that are not finite")
        self._decoded(decoder, outputs, 0)

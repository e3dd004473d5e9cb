"""A model made ready: manifest, engine and decoder behind one call."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from detect.catalog import Catalog
from detect.choosing import Job, allowed, choose
from detect.decoders import DECODERS, Candidates, Decoder
from detect.detections import Detections, Floats
from detect.engines.base import Engine
from detect.errors import InferenceFailed, ManifestError, WrongGraph
from detect.incident import ModelRef
from detect.manifest import COARSEST_PX, ModelManifest
from detect.postprocess import nms
from detect.preprocess import Letterbox, lay, slot_size, to_fractions
from ingest.frame import FrameSize, Image

log = logging.getLogger(__name__)

TRIED_FRAMES = 2
"""Frames of the batch that a model is tried with: one would not show that batches work."""
WIDE = 9 / 16
"""Most cameras' pictures are this high, for their width."""

Observe = Callable[[int, FrameSize, float], None]
"""Told the frames of a batch, the size of each and the seconds that the engine took."""


class Detector:
    """Pictures in, detections out. Thread-safe: what a call needs is its thread's own.

    `weights_sha256` is that of the file the weights came from; it goes into every incident.
    `reason` says why the engine is this one. `observe` is told of each run of the engine. Raises
    `ManifestError` when there is no such decoder.
    """

    def __init__(
        self,
        manifest: ModelManifest,
        engine: Engine,
        weights_sha256: str,
        *,
        reason: str = "",
        observe: Observe | None = None,
    ) -> None:
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

        self.manifest = self._manifest = manifest
        self._engine = engine
        self._decoder = decoder
        is_fitted = manifest.input.pad_to == "stride" and engine.any_size
        self._multiple_px = COARSEST_PX if is_fitted else None
        self._slots = _Slots()
        self.size = FrameSize(manifest.input.width, manifest.input.height)
        """The box that pictures are to be scaled into."""
        self.classes = manifest.classes
        self.ref = ModelRef(manifest.name, weights_sha256)
        self.reason = reason
        self.observe = observe
        self.catalog: Catalog | None = None
        """Where it was loaded from; what works beside it lies there too."""

    @classmethod
    def load(
        cls,
        catalog: Catalog,
        name: str,
        threads: int,
        *,
        engine: str = "auto",
        precision: str = "auto",
    ) -> Self:
        """Make a model ready and try it. Raises `ModelError`: never silently zero detections.

        `threads` work on each frame; several frames may run side by side. `auto` takes the engine
        and the precision that are fastest on this machine, which is measured once (some seconds).
        Raises ValueError when there is no such engine or precision.
        """
        manifest = catalog.manifest(name)
        prepared = catalog.prepared(name)
        job = Job(
            prepared,
            allowed(manifest, prepared, precision),
            threads,
            lambda built: cls(manifest, built, prepared.source_sha256),
        )
        chosen = choose(job, engine, precision)
        reason = chosen.choice.reason
        detector = cls(manifest, chosen.engine, prepared.source_sha256, reason=reason)
        detector.catalog = catalog
        if chosen.is_tried:
            detector._try_out([detector.usual_slot])
        else:
            detector.try_out()
        log.info("inference by %s: %s", chosen.engine.name, reason)
        return detector

    @property
    def engine_name(self) -> str:
        return self._engine.name

    @property
    def batch_frames(self) -> int:
        """Pictures that are best given together."""
        return self._engine.batch_frames

    @property
    def is_accelerated(self) -> bool:
        """Whether frames gain from being run together, which is so on an accelerator."""
        return self._engine.batch_frames > 1

    @property
    def usual_slot(self) -> FrameSize:
        """Size that a wide picture takes in the batch."""
        if self._multiple_px is None:
            return self.size
        wide = round(self.size.width_px * WIDE)
        height_px = min(self.size.height_px, -(-wide // self._multiple_px) * self._multiple_px)
        return FrameSize(self.size.width_px, height_px)

    def slot_px(self, image: Image) -> int:
        """Pixels that a picture takes in the batch, its padding included."""
        size = slot_size(image, self.size, self._multiple_px)
        return size.width_px * size.height_px

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Detections of each picture (h, w, 3) BGR uint8 that fits `size`, in their order.

        Raises `InferenceFailed` when the engine fails or gives numbers that make no sense.
        """
        by_slot: dict[FrameSize, list[int]] = {}
        for index, image in enumerate(images):
            by_slot.setdefault(slot_size(image, self.size, self._multiple_px), []).append(index)
        found: dict[int, Detections] = {}
        for size, alike in by_slot.items():  # pictures of one shape run together
            seen = self._detect_alike([images[index] for index in alike], size)
            found.update(zip(alike, seen, strict=True))
        return [found[index] for index in range(len(images))]

    def _detect_alike(self, images: Sequence[Image], size: FrameSize) -> list[Detections]:
        """Detections of pictures whose slots are all of this size."""
        batch, boxes = self._laid(images, size)
        began = time.perf_counter()
        outputs = self._engine.run(batch)
        if self.observe is not None:
            self.observe(len(images), size, time.perf_counter() - began)
        seen = self._suppressed(self._decoded(self._decoder(size), outputs))
        xyxy = to_fractions(seen.xyxy, seen.frame, boxes)
        ends = np.searchsorted(seen.frame, np.arange(len(images) + 1)).tolist()
        return [
            Detections(xyxy[start:end], seen.score[start:end], seen.label[start:end])
            for start, end in pairwise(ends)
        ]

    def _laid(
        self, images: Sequence[Image], size: FrameSize
    ) -> tuple[npt.NDArray[np.uint8], list[Letterbox]]:
        """The batch, and where in it each picture lies."""
        if len(images) == 1 and images[0].shape[:2] == (size.height_px, size.width_px):
            return images[0][None], [Letterbox(0, 0, size.width_px, size.height_px)]
        where, pad = self._manifest.input.letterbox, self._manifest.input.pad
        batch = self._slots.take(len(images), size)
        return batch, [
            lay(image, slot, where, pad) for image, slot in zip(images, batch, strict=True)
        ]

    def _decoded(self, decoder: Decoder, outputs: Sequence[Floats]) -> Candidates:
        with np.errstate(over="ignore", invalid="ignore"):  # told by what comes out
            seen = decoder.decode(outputs, self._manifest.min_score)
        if not np.isfinite(seen.xyxy).all():
            raise InferenceFailed("the model gave boxes that are not finite")
        return seen

    def _suppressed(self, seen: Candidates) -> Candidates:
        return seen.take(nms(seen.xyxy, seen.score, seen.label, self._manifest.nms_iou, seen.frame))

    def try_out(self) -> None:
        """Run grey batches of each shape: what comes out must be what the decoder reads.

        Raises `WrongGraph`.
        """
        sizes = [self.size]
        if self._multiple_px is not None:
            sizes += [
                FrameSize(self.size.width_px, COARSEST_PX),
                FrameSize(COARSEST_PX, COARSEST_PX),
            ]
        self._try_out(sizes)

    def _try_out(self, sizes: Sequence[FrameSize]) -> None:
        for size in sizes:
            try:
                self._try(size)
            except InferenceFailed as error:
                raise WrongGraph(f"model {self.ref.name} cannot be run: {error}") from error

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
        self._decoded(decoder, outputs)


class _Slots(threading.local):
    """Memory for one batch, a thread its own, used again for the next."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)

    def take(self, frames: int, size: FrameSize) -> npt.NDArray[np.uint8]:
        """Shape (frames, H, W, 3); what it holds is what the last batch left there."""
        shape = (frames, size.height_px, size.width_px, 3)
        needed = int(np.prod(shape))
        if len(self._memory) < needed:
            self._memory = np.empty(needed, np.uint8)
        return self._memory[:needed].reshape(shape)

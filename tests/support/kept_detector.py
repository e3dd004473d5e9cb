"""A detector that remembers what it saw: benches repeat rules over the same pictures."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from detect.aids import NoAids
from detect.detections import Detections
from detect.detector import Detector
from ingest.frame import Image


class KeptDetector(NoAids):
    """Answers as the detector does; what it said of a picture is kept in a file, by its pixels."""

    def __init__(self, detector: Detector, file: Path | None) -> None:
        self._detector = detector
        self._file = file
        self._known: dict[int, Detections] = {}
        self._is_changed = False
        if file is not None and file.is_file():
            self._known = _read(file)

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The detections of each picture, one at a time, so that they do not depend on others."""
        return [self._one(image) for image in images]

    def save(self) -> None:
        """Write what was learnt since."""
        if self._file is None or not self._is_changed:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        seen = list(self._known.values())
        part = self._file.with_suffix(".part.npz")
        np.savez_compressed(
            part,
            keys=np.array(list(self._known), np.uint64),
            counts=np.array([len(one) for one in seen], np.int64),
            xyxy=np.concatenate([one.xyxy for one in seen]),
            score=np.concatenate([one.score for one in seen]),
            label=np.concatenate([one.label for one in seen]),
        )
        part.replace(self._file)
        self._is_changed = False

    def _one(self, image: Image) -> Detections:
        pixels = np.ascontiguousarray(image)
        key = zlib.crc32(pixels) << 32 | zlib.adler32(pixels)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._detector.detect([pixels])[0]
            self._is_changed = True
        return known


def _read(file: Path) -> dict[int, Detections]:
    with np.load(file) as data:
        ends = np.cumsum(data["counts"])
        xyxy, score, label = data["xyxy"], data["score"], data["label"]
        keys = data["keys"].tolist()
    starts = ends - np.diff(ends, prepend=0)
    return {
        key: Detections(xyxy[start:end], score[start:end], label[start:end])
        for key, start, end in zip(keys, starts.tolist(), ends.tolist(), strict=True)
    }

"""What works beside the detector: joints, closer looks, heads. Implements `detect.aids.Aids`.

Nothing is loaded before a rule asks for it, and each is loaded once for all cameras. What is not
here, or is not whole, is told once in the log and then counts as not there: rules judge without it
or not at all, and say so in their pages. `qalqan models check` finds the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, Self, TypeVar

from detect.aids import NO_AIDS, Aids, Head, Pose
from detect.catalog import Catalog
from detect.detections import Detections
from detect.detector import Detector
from detect.errors import ModelError, WeightsMissing
from detect.heads import Heads
from detect.pose import PoseModel
from ingest.frame import Image

log = logging.getLogger(__name__)

T = TypeVar("T")


class SecondStage:
    """Over a detector, the models of joints and the heads. Thread-safe; shared by all cameras.

    What runs here runs in the thread that calls, one picture after another.
    """

    def __init__(self, detector: Detector, poses: Catalog, heads: Heads) -> None:
        self._detector = detector
        self._pose = _Once("the model of joints", lambda: PoseModel(poses))
        self._heads = heads
        self._lock = threading.Lock()
        self._loaded: dict[str, _Once[Head]] = {}

    @classmethod
    def beside(cls, detector: Detector) -> Aids:
        """What lies beside a detector that was loaded from a catalog; else nothing."""
        catalog = detector.catalog
        return NO_AIDS if catalog is None else cls.of(detector, catalog)

    @classmethod
    def of(cls, detector: Detector, catalog: Catalog) -> Self:
        return cls(detector, catalog.poses, Heads(catalog.heads))

    def poses(self, images: Sequence[Image]) -> list[Pose] | None:
        """The person in each square crop. Raises `InferenceFailed`."""
        model = self._pose.get()
        return None if model is None else model.poses(images)

    def detect(self, images: Sequence[Image]) -> list[Detections] | None:
        """What the detector sees in pictures that fit its size. Raises `InferenceFailed`."""
        return self._detector.detect(images)

    def head(self, name: str) -> Head | None:
        """A head by name, loaded once."""
        with self._lock:
            once = self._loaded.get(name)
            if once is None:
                once = self._loaded[name] = _Once(f"head {name}", lambda: self._heads.load(name))
        return once.get()


class _Once(Generic[T]):
    """Loaded when first asked for; None where that failed, which is told once."""

    def __init__(self, what: str, load: Callable[[], T]) -> None:
        self._what = what
        self._load = load
        self._lock = threading.Lock()
        self._is_tried = False
        self._value: T | None = None

    def get(self) -> T | None:
        with self._lock:
            if not self._is_tried:
                self._is_tried = True
                try:
                    self._value = self._load()
                except WeightsMissing as error:
                    log.warning("%s is not used: %s", self._what, error)
                except ModelError as error:
                    log.error("%s is not used: %s", self._what, error)
            return self._value

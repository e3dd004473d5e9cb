"""What fire and smoke have in common: places in the picture, a head that judges them, evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from detect.aids import Aids, Floats, Head
from detect.burning.suspicion import Suspicions, hull
from detect.geometry import inside
from detect.places import ScenePoint
from detect.rules.base import Finding, Judge
from detect.track import Box
from detect.view import View
from detect.words import Said
from ingest.frame import Image

IDLE_FPS = 1.0
"""Frames a second that are enough to notice that something begins."""
DOUBT = 0.85
"""Of the certainty in a picture that had to be stilled: what is left of a shake flickers too."""
WORTH = 0.2
"""A place less certain than this needs no closer look."""


class Seen(Protocol):
    """A place as `detect.burning.flames` and `detect.burning.plumes` give it."""

    @property
    def box(self) -> Box: ...

    @property
    def features(self) -> Floats | None: ...


class Watch(Protocol):
    """Follows one camera's pictures."""

    def see(self, t_s: float, image: Image) -> Sequence[Seen] | None: ...


class Burning(Judge):
    """All places that are proven are one happening. Without its head it says nothing."""

    def __init__(
        self,
        name: str,
        watch: Watch,
        suspicions: Suspicions,
        polygon: Sequence[ScenePoint] | None,
        aids: Aids,
        close_fps: float,
        said: Callable[[float, float], Said],
    ) -> None:
        """`said` is told how long it has lasted (seconds) and how certain it is (0 to 1)."""
        self._name, self._watch, self._suspicions = name, watch, suspicions
        self._polygon, self._aids = polygon, aids
        self._close_fps, self._said = close_fps, said
        self._head: Head | None = None
        self._last: list[Finding] = []

    def judge(self, view: View) -> list[Finding]:
        image = view.still
        if image is None:
            return []
        seen = self._watch.see(view.t_s, image)
        if seen is None:  # so soon after the last frame nothing new is to be said
            return self._last
        here = [place for place in seen if self._is_here(place.box)]
        doubt = 1.0 if image is view.image else DOUBT
        scored = [(box, doubt * score) for box, score in self._scored(here)]
        waits = any(place.features is None for place in here)
        is_close = waits or self._suspicions.any or any(score > WORTH for _, score in scored)
        self.asks_fps = self._close_fps if is_close else 0.0
        self._last = self._found(view.t_s, scored)
        return self._last

    def _is_here(self, box: Box) -> bool:
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return self._polygon is None or inside(middle, self._polygon)

    def _scored(self, seen: Sequence[Seen]) -> list[tuple[Box, float]]:
        """The places that are measured, with what the head says; it is loaded when first asked."""
        measured = [(place.box, f) for place in seen if (f := place.features) is not None]
        if not measured:
            return []
        if self._head is None:
            self._head = self._aids.head(self._name)
        if self._head is None:
            return []
        scores = self._head.run({"features": np.stack([row for _, row in measured])})[:, 0]
        return [(box, score) for (box, _), score in zip(measured, scores.tolist(), strict=True)]

    def _found(self, t_s: float, scored: list[tuple[Box, float]]) -> list[Finding]:
        proven = self._suspicions.update(t_s, scored)
        if not proven:
            return []
        since_s, score = min(s.since_s for s in proven), proven[0].best
        lasts_s = t_s - since_s
        scores = {"certainty": score, "lasts_s": lasts_s, "places": float(len(proven))}
        return [
            Finding(
                self._name,
                since_s,
                (),
                self._said(lasts_s, score),
                score=score,
                box=hull([suspect.box for suspect in proven]),
                scores=scores,
                model=None if self._head is None else self._head.ref,
            )
        ]

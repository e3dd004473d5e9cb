"""What an unsure detector makes of simulated traffic.

A pinhole camera turns boxes of metres into boxes of the picture, nearer ones hide farther ones, and
the detector trembles, misses in runs, cuts boxes to what is seen, melts two into one and wavers
between classes.

How much it wavers is measured on recorded detections of real clips, five a second: of what was
detected with certainty in one frame 0.3 % were missing in the next one alone; of what stood, the
edges moved by 0.006 to 0.02 of its size from frame to frame (median of second differences; 0.05 of
what drove), overlapped or not. A detector gives the same again while nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, sin

import numpy as np

from detect.detections import Detections
from tests.support.traffic import CLASSES, Street, Thing


@dataclass(frozen=True, slots=True)
class Eye:
    """How well the detector sees."""

    jitter: float = 0.02
    """Standard deviation of a box's edges, in parts of its size."""
    seen: float = 0.93
    runs: float = 0.01
    """Chance, each frame, that a run of misses begins."""
    false: float = 0.05
    """False boxes a frame."""
    waver: float = 0.06
    """Chance, in 0.2 s, that what stands is seen anew; what moves nearly always is."""


GOOD, POOR = Eye(), Eye(0.04, 0.8, 0.06, 0.15, 0.5)


def film(
    street: Street, seconds: float, fps: float = 5.0, eye: Eye = GOOD
) -> Iterator[tuple[float, Detections]]:
    """Frames of `seconds`, after half a minute in which traffic fills the place."""
    street.t_s, next_s, detector = -30.0, 0.0, Detector(street, eye)
    while street.t_s < seconds:
        street.step()
        if street.t_s >= next_s - 1e-9:
            yield next_s, detector.look(1 / fps)
            next_s += 1 / fps


class Detector:
    """The boxes that one street gives."""

    def __init__(self, street: Street, eye: Eye) -> None:
        self.street, self.eye = street, eye
        self.rng = street.rng

    def look(self, gap_s: float) -> Detections:
        """What the detector makes of it."""
        seen = []
        for thing in self.street.things:
            box, depth = self.box(thing)
            clipped = np.clip(box, 0, 1)
            part = _area(clipped) / max(_area(box), 1e-9)
            if part > 0.3 and clipped[3] - clipped[1] > 0.02:
                seen.append((depth, thing, clipped))
        seen.sort(key=lambda one: one[0])
        boxes: list[np.ndarray] = []
        scores: list[float] = []
        labels: list[int] = []
        nearer: list[np.ndarray] = []
        for _, thing, box in seen:
            found = self._detect(thing, box, nearer, gap_s)
            nearer.append(box)
            if found is not None:
                boxes.append(found)
                scores.append(float(np.clip(self.rng.normal(0.68, 0.1), 0.28, 0.95)))
                labels.append(self._label(thing.label))
        self._melt(boxes, scores, labels)
        for _ in range(self.rng.poisson(self.eye.false)):
            x, y, w = (
                self.rng.uniform(0.1, 0.9),
                self.rng.uniform(0.3, 0.9),
                self.rng.uniform(0.03, 0.1),
            )
            boxes.append(np.array([x, y - w, x + w, y]))
            scores.append(float(self.rng.uniform(0.25, 0.6)))
            labels.append(int(self.rng.integers(2)))
        if not boxes:
            return Detections.none()
        order = np.argsort([-score for score in scores])
        return Detections(
            np.clip(np.array(boxes, np.float32), 0, 1)[order],
            np.array(scores, np.float32)[order],
            np.array(labels, np.int32)[order],
        )

    def box(self, thing: Thing) -> tuple[np.ndarray, float]:
        """Its true box in the picture, which may reach out of it, and its depth."""
        length, width, height = thing.size
        if thing.lying:
            length, width, height = 1.7, 0.6, 0.35
        c, s = cos(thing.heading), sin(thing.heading)
        corners = [
            self.street.camera.see(
                thing.x + a * length / 2 * c - b * width / 2 * s,
                thing.y + a * length / 2 * s + b * width / 2 * c,
                z * height,
            )
            for a in (-1, 1)
            for b in (-1, 1)
            for z in (0, 1)
        ]
        us, vs, ds = zip(*corners, strict=True)
        if min(ds) < 1.0:
            return np.zeros(4), 999.0
        return np.array([min(us), min(vs), max(us), max(vs)]), float(np.mean(ds))

    def _detect(
        self, thing: Thing, box: np.ndarray, nearer: list[np.ndarray], gap_s: float
    ) -> np.ndarray | None:
        rng = self.rng
        calm = self._calm(thing, box, gap_s)
        thing.lost = rng.random() < (0.7 if thing.lost else self.eye.runs)
        keep = 0.75 ** (gap_s / 0.2) if calm < 0.5 else 1 - self.eye.waver
        thing.noise = keep * thing.noise + (1 - keep**2) ** 0.5 * rng.normal(0, self.eye.jitter, 4)
        hidden = [(_area(_common(box, other)), other) for other in nearer]
        worst, by = max(hidden, key=lambda one: one[0], default=(0.0, box))
        covered = min(1.0, sum(amount for amount, _ in hidden) / _area(box))
        chance = (
            self.eye.seen / (1 + np.exp((covered - 0.6) / 0.08)) * (0.3 if thing.lying else 1.0)
        )
        chance *= min(1.0, (box[3] - box[1]) / 0.035)
        if thing.lost or thing.luck > chance:
            return None
        if 0.15 < worst / _area(box) and thing.cut < 0.5:
            box = _rest(box, by)
        size = np.array([box[2] - box[0], box[3] - box[1]] * 2)
        fresh = self.eye.jitter / 2 * (1 - 0.75 * calm)
        return np.asarray(box + (thing.noise + rng.normal(0, fresh, 4)) * size)

    def _calm(self, thing: Thing, box: np.ndarray, gap_s: float) -> float:
        """From 0 (it moves by a tenth of its size in 0.2 s) to 1 (it stands); draws its luck."""
        at = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
        width, height = max(box[2] - box[0], 1e-6), max(box[3] - box[1], 1e-6)
        far = 1.0
        if thing.last is not None:
            far = float(np.hypot((at[0] - thing.last[0]) / width, (at[1] - thing.last[1]) / height))
        thing.last = at
        calm = max(0.0, 1 - far * 0.2 / gap_s / 0.1)
        anew = calm * self.eye.waver + (1 - calm) * 0.8
        if self.rng.random() < 1 - (1 - anew) ** (gap_s / 0.2):
            thing.luck, thing.cut = self.rng.random(2)
        return calm

    def _label(self, label: str) -> int:
        if label in ("car", "truck", "bus") and self.rng.random() < 0.05:
            label = str(self.rng.choice(["car", "truck", "bus"]))
        return CLASSES.index(label)

    def _melt(self, boxes: list[np.ndarray], scores: list[float], labels: list[int]) -> None:
        """Two that overlap are now and then seen as one."""
        for i in range(len(boxes) - 1, 0, -1):
            for j in range(i):
                a, b = boxes[i], boxes[j]
                if (
                    _area(_common(a, b)) > 0.25 * min(_area(a), _area(b))
                    and self.rng.random() < 0.05
                ):
                    boxes[j] = np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
                    del boxes[i], scores[i], labels[i]
                    break


def _area(box: np.ndarray) -> float:
    return float(max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]))


def _common(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.concatenate([np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])])


def _rest(box: np.ndarray, by: np.ndarray) -> np.ndarray:
    """The largest rectangle of a box that another leaves to be seen."""
    parts = []
    for edge, cut in ((0, by[2]), (1, by[3]), (2, by[0]), (3, by[1])):
        part = box.copy()
        part[edge] = np.clip(cut, box[edge % 2], box[edge % 2 + 2])
        parts.append(part)
    return max(parts, key=_area)

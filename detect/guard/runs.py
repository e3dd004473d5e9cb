"""What one run of a clip through the production stages left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.incident import Incident
from detect.mode import Mode
from detect.scene import Scene
from detect.track import Track
from ingest.frame import Frame, Image

Floats = npt.NDArray[np.float64]

PEOPLE = frozenset({"person"})
VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "truck", "train", "boat"})
BAGS = frozenset({"backpack", "handbag", "suitcase"})
NOISE_STEP = 4
"""Every so many pixels of a picture, each way, are looked at for its light and noise."""


def group_of(label: str) -> str:
    """Classes that one thing may pass for, under one name: a truck may waver to a car."""
    for name, labels in (("person", PEOPLE), ("vehicle", VEHICLES), ("bag", BAGS)):
        if label in labels:
            return name
    return label


def is_relevant(label: str) -> bool:
    """Whether a city cares: people, vehicles, bags. Furniture wavers with any change."""
    return label in PEOPLE or label in VEHICLES or label in BAGS


@dataclass(frozen=True, slots=True)
class TrackPath:
    """One track, where a detection confirmed it."""

    id: int
    label: str
    """The last it was taken for."""
    t_s: Floats
    """Shape (N,), media seconds, growing."""
    xyxy: Floats
    """Shape (N, 4), fractions of the frame."""

    @property
    def life_s(self) -> float:
        return float(self.t_s[-1] - self.t_s[0])


@dataclass(frozen=True, slots=True)
class ClipRun:
    """A clip, run once."""

    incidents: tuple[Incident, ...]
    paths: tuple[TrackPath, ...]
    seconds: float
    """Media time from the first analysed frame to the last."""
    aspect: float
    """Width of the picture over its height."""
    labels: frozenset[str]
    """Classes that the scene's rules ask for: tracks of others need not be followed."""
    frames: int
    """Frames analysed."""
    decoded: int | None = None
    """Pictures decoded, where the run can tell."""
    canvases: float = 0.0
    """Areas of the model's square input that were looked at."""
    luma: float = 0.0
    """Mean brightness of the clip, 0 to 255."""
    noise: float = 0.0
    """Standard deviation of a pixel from frame to frame where nothing moves, 0 to 255; measured at
    the model's size, which averages some of it away."""


RunClip = Callable[[Path, Scene, Mode], ClipRun]
"""Runs a clip in a mode. Deterministic for a file."""


@dataclass(slots=True)
class Recorder:
    """Collects the tracks and the light of a run, frame by frame."""

    frames: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    aspect: float = 1.0
    _sightings: dict[int, list[tuple[float, tuple[float, float, float, float]]]] = field(
        default_factory=dict
    )
    _labels: dict[int, str] = field(default_factory=dict)
    _lumas: list[float] = field(default_factory=list)
    _noises: list[float] = field(default_factory=list)
    _before: npt.NDArray[np.int16] | None = None

    def frame(self, frame: Frame, tracks: Iterable[Track]) -> None:
        """Take the tracks at a frame."""
        t_s = frame.t_s
        self.frames += 1
        self.aspect = frame.picture.width_px / frame.picture.height_px
        self.first_s = t_s if self.first_s is None else self.first_s
        self.last_s = t_s
        for track in tracks:
            if track.unseen_s == 0:
                self._sightings.setdefault(track.id, []).append((t_s, track.xyxy))
                self._labels[track.id] = track.label
        self._light(frame.image)

    @property
    def paths(self) -> tuple[TrackPath, ...]:
        """Every track that was ever seen, by id."""
        return tuple(
            TrackPath(
                identity,
                self._labels[identity],
                np.array([t_s for t_s, _ in seen], np.float64),
                np.array([xyxy for _, xyxy in seen], np.float64),
            )
            for identity, seen in sorted(self._sightings.items())
        )

    def run(
        self,
        scene: Scene,
        incidents: Iterable[Incident],
        decoded: int | None = None,
        canvases: float = 0.0,
    ) -> ClipRun:
        """The run, when its last frame is in."""
        return ClipRun(
            incidents=tuple(incidents),
            paths=self.paths,
            seconds=self.last_s - (self.first_s or 0.0),
            aspect=self.aspect,
            labels=frozenset(name for rule in scene.rules for name in rule.labels),
            frames=self.frames,
            decoded=decoded,
            canvases=canvases,
            luma=float(np.mean(self._lumas)) if self._lumas else 0.0,
            noise=float(np.median(self._noises)) if self._noises else 0.0,
        )

    def _light(self, image: Image) -> None:
        plane = image[::NOISE_STEP, ::NOISE_STEP, 1].astype(np.int16)
        self._lumas.append(float(plane.mean()))
        if self._before is not None and self._before.shape == plane.shape:
            self._noises.append(_noise(np.abs(plane - self._before)))
        self._before = plane


def _noise(change: npt.NDArray[np.int16]) -> float:
    """Standard deviation of a pixel from the absolute change of each between two pictures.

    The median of the change is that of what does not move, as long as less than half does; for
    normal noise it is 0.954 of the deviation. Changes are whole numbers, so it is interpolated.
    """
    median = float(np.median(change))
    below, at = float(np.mean(change < median)), float(np.mean(change == median))
    low, width = (0.0, 0.5) if median == 0 else (median - 0.5, 1.0)
    part = (0.5 - below) / at if at else 0.5
    return (low + width * part) / 0.954

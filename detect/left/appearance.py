"""What a region looks like now, beside what the place looked like before: thing, ghost or light.

Light and shadow multiply what the ground throws back: its texture stays, in parts of the mean, and
so does its colour, nearly. A thing hides the ground, and brings texture or colour of its own. Where
the ground is plain and the thing too, the two may look the same: that is said, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]
Plane = npt.NDArray[np.float32]

DARK = 8.0
"""Grey levels added before parts are taken, so that noise in the dark counts for little."""
BURNT = 246.0
"""Grey level from which light hides all texture."""
BURNT_SHARE = 0.4
LEAST_CELLS = 8
SMOOTH = 5
"""Cells over which the mean is taken that texture is told from."""
KEPT, GONE = 0.55, 0.5
"""Correlation of the texture with that of before, from which it is the same and below which the
ground may be hidden."""
OWN = 0.06
"""Texture that the ground had not, in parts of the mean, from which a thing brings it."""
COLOURED = 0.25
"""Change of (red less blue) by green that light does not make."""
DARKEST, BRIGHTEST = 0.3, 2.6
"""Change of brightness that shadow and light do not exceed."""
GHOST = 0.9
"""Gain of the outline below which something was taken away."""


class Kind(Enum):
    """What a region may be."""

    THING = "thing"
    GHOST = "ghost"
    LIGHT = "light"
    UNSURE = "unsure"
    """A plain thing on plain ground, or a patch of light: only a name tells."""


@dataclass(frozen=True)
class Looks:
    """A region and what is around it, now and before."""

    now: Plane
    """(2, h, w) float32: green, and red less blue, of each cell."""
    before: Plane
    mask: Mask
    """(h, w): the region."""

    @cached_property
    def kind(self) -> Kind:
        if self.outline_gain < GHOST:
            return Kind.GHOST
        if self.is_light:
            return Kind.LIGHT
        return Kind.THING if self.is_thing else Kind.UNSURE

    @property
    def is_light(self) -> bool:
        """Whether the ground is to be seen through it, or it is burnt out."""
        return self.burnt > BURNT_SHARE or (self.likeness >= KEPT and self.colour < COLOURED)

    @property
    def is_thing(self) -> bool:
        """Whether light can make nothing of the kind of this ground."""
        is_beyond = not DARKEST <= self.brightness <= BRIGHTEST
        is_other = self.own_texture >= OWN or self.colour >= COLOURED or is_beyond
        return self.likeness < GONE and is_other

    def drift(self, later: Looks) -> float:
        """How much it has changed until `later`, in parts of what sets it off from the ground;
        infinite where the two are not of one region.
        """
        if self.mask.shape != later.mask.shape:
            return float("inf")
        inside = self._inside
        change = np.abs(later.now - self.now)[:, inside].sum(axis=0).mean()
        contrast = np.abs(self.now - self.before)[:, inside].sum(axis=0).mean()
        return float(change / max(1.0, float(contrast)))

    @cached_property
    def was(self) -> Plane:
        """Mean of the place before, (2,): what a ghost is the ghost of."""
        return np.asarray(self.before[:, self._inside].mean(axis=1), np.float32)

    @cached_property
    def mean(self) -> Plane:
        """Mean of what is there now, (2,)."""
        return np.asarray(self.now[:, self._inside].mean(axis=1), np.float32)

    @cached_property
    def outline_gain(self) -> float:
        """How much clearer the outline is now than before, as a ratio: below 1 it was a thing that
        was taken away, whose ghost this is.
        """
        now, before = (float(_steepness(p)[self._ring].mean()) for p in self._clearest)
        return (now + 1.0) / (before + 1.0)

    @cached_property
    def brightness(self) -> float:
        """How many times as bright it is now."""
        parts = (self.now[0] + DARK) / (self.before[0] + DARK)
        return float(np.median(parts[self._inside]))

    @cached_property
    def colour(self) -> float:
        """Change of (red less blue) by green."""
        now, before = (p[1] / (p[0] + DARK) for p in (self.now, self.before))
        return float(abs(np.median((now - before)[self._inside])))

    @cached_property
    def burnt(self) -> float:
        """Part of it that became so bright that nothing can be told of it, 0 to 1."""
        is_new = (self.now[0] >= BURNT) & (self.before[0] < BURNT)
        return float(is_new[self._inside].mean())

    @cached_property
    def likeness(self) -> float:
        """Correlation of the texture inside with that of before, -1 to 1; 0 where there is none."""
        now, before = self._textures
        norm = float(np.sqrt((now @ now) * (before @ before)))
        return float(now @ before) / norm if norm > 0 else 0.0

    @cached_property
    def own_texture(self) -> float:
        """Texture that the ground had not, in parts of the mean."""
        now, before = self._textures
        return _rms(now - before)

    @cached_property
    def _textures(self) -> tuple[Plane, Plane]:
        """Logarithms less their mean about each cell, of the readable cells, now and before."""
        inside = self._readable
        weight = ndimage.uniform_filter(inside.astype(np.float32), SMOOTH)
        now, before = (
            _fine(np.log(np.maximum(p[0], 0) + DARK), inside, weight)
            for p in (self.now, self.before)
        )
        return now, before

    @cached_property
    def _inside(self) -> Mask:
        """Without the rim, where there is something else."""
        inner = np.asarray(ndimage.binary_erosion(self.mask))
        return inner if inner.sum() >= LEAST_CELLS else self.mask

    @property
    def _readable(self) -> Mask:
        return np.asarray(self._inside & (self.now[0] < BURNT) & (self.before[0] < BURNT))

    @cached_property
    def _ring(self) -> Mask:
        grown, shrunk = ndimage.binary_dilation(self.mask), ndimage.binary_erosion(self.mask)
        return np.asarray(grown & ~shrunk)

    @cached_property
    def _clearest(self) -> tuple[Plane, Plane]:
        """Now and before, in grey or in colour: where the region differs more."""
        apart = np.abs(self.now - self.before)[:, self.mask].mean(axis=1)
        best = int(np.argmax(apart))
        return self.now[best], self.before[best]


def _fine(plane: Plane, inside: Mask, weight: Plane) -> Plane:
    mean = ndimage.uniform_filter(np.where(inside, plane, 0).astype(np.float32), SMOOTH)
    return np.asarray(plane[inside] - mean[inside] / weight[inside], np.float32)


def _steepness(plane: Plane) -> Plane:
    down, right = np.gradient(plane)
    return np.asarray(np.sqrt(down**2 + right**2), np.float32)


def _rms(values: Plane) -> float:
    return float(np.sqrt((values**2).mean())) if len(values) else 0.0

"""What a camera usually shows: its lasting structure, learnt block by block."""

from __future__ import annotations

import numpy as np

from detect.tamper.structure import KEPT, WEAK, Gradients, Mask, Plane, likeness, structured

LEARN_S = 40.0
"""What stands still for about so long is part of the view."""
LEAST_S = 1.5
LEAST_LOOKS = 3
"""Seconds and pictures before anything is compared with what was learnt."""
STEADY = 0.75
"""A block counts only if it kept its structure in this part of the time: leaves, water and busy
roads tell nothing of the camera."""
STRONG_BLOCKS = 20
"""With fewer blocks of clear structure a view is weak, and all its blocks are judged;"""
LEAST_BLOCKS = 10
"""so many must be left."""
STEADY_S = 20.0
"""Time over which it is learnt whether a block is steady."""


class Reference:
    """Learns from pictures that are as they should be."""

    def __init__(self, first: Gradients, means: Plane) -> None:
        self.gradients = first
        self.means = means
        """Mean luma of each block."""
        self._steady: Plane = np.ones_like(first.energy)
        self._known_s = 0.0
        self._looks = 1

    @property
    def is_ready(self) -> bool:
        return self._known_s >= LEAST_S and self._looks >= LEAST_LOOKS

    def usable(self) -> tuple[Mask, bool]:
        """The blocks to judge by, and whether they are only weak ones, as of bare asphalt."""
        steady = self._steady >= STEADY
        strong = structured(self.gradients) & steady
        if strong.sum() >= STRONG_BLOCKS:
            return np.asarray(strong), False
        return np.asarray(structured(self.gradients, WEAK) & steady), True

    def learn(self, now: Gradients, means: Plane, step_s: float) -> None:
        """Take a picture's gradients and its blocks' means, `step_s` after the last ones."""
        part = min(1.0, step_s / (self._known_s + step_s + 1e-6))
        same = (likeness(now, self.gradients) > KEPT).astype(np.float32)
        self._steady += (same - self._steady) * min(1.0, step_s / STEADY_S)
        self.gradients = self.gradients.mixed(now, part)
        self.means = self.means + (means - self.means) * part
        self._known_s = min(LEARN_S, self._known_s + step_s)
        self._looks += 1

    def move(self, right_px: int, down_px: int) -> None:
        """The view has moved a little for good."""
        self.gradients = self.gradients.moved(right_px, down_px)
        self._steady = np.ones_like(self._steady)
        self._known_s = min(self._known_s, LEAST_S)

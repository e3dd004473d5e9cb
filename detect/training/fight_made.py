"""Clips made of clips, to learn more from few: worse pictures, crowds, twice as many people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.aids import Floats
from detect.fighting.scuffle import Grey, Seen

FPS = 10.0
"""Of the moments."""
DROPPED, NOISE, CONTRAST = 0.4, 3.0, 0.6
"""Of what is made worse: part of the boxes that are lost, grey levels of noise, contrast."""

Moment = tuple[float, Grey, Seen]
"""Media time, luma (h, w), and what the detector saw."""


def worse(moments: Sequence[Moment], draw: np.random.Generator) -> list[Moment]:
    """Dark, noisy, and half of the people not detected."""
    made = []
    for t_s, grey, seen in moments:
        noisy = grey * CONTRAST + draw.normal(0, NOISE, grey.shape)
        kept = draw.random(len(seen.sure)) >= DROPPED
        less = Seen(seen.people[kept], seen.sure[kept], seen.vehicles)
        made.append((t_s, np.clip(noisy, 0, 255).astype(np.uint8), less))
    return made


def crowd(moments: Sequence[Moment], people: int, speed: float) -> list[Moment]:
    """Several moments of one camera in one picture: each pixel is the one that differs most from
    the empty place, and all boxes are there.
    """
    count = len(moments)
    empty = np.median(np.stack([grey for _, grey, _ in moments[::8]]), axis=0).astype(np.int16)
    made: list[Moment] = []
    for index in range(int((count - 1) / speed)):
        now = [
            moments[int(index * speed + each * count / (people + 0.37)) % count]
            for each in range(people)
        ]
        greys = np.stack([grey for _, grey, _ in now])
        best = np.abs(greys - empty).argmax(axis=0)
        grey = np.take_along_axis(greys, best[None], axis=0)[0]
        seen = Seen(
            np.concatenate([one.people for _, _, one in now]),
            np.concatenate([one.sure for _, _, one in now]),
            now[0][2].vehicles,
        )
        made.append((index / FPS, grey, seen))
    return made


def doubled(moments: Sequence[Moment]) -> list[Moment]:
    """The clip with its own mirror image laid over it, played backwards: twice as many people, and
    as much of a fight as it was.
    """
    greys = np.stack([grey for _, grey, _ in moments]).astype(np.int16)
    empty = np.median(greys, axis=0).astype(np.int16)
    off = greys - empty
    made = []
    for index, (t_s, _, seen) in enumerate(moments):
        other = off[-1 - index][:, ::-1]
        grey = empty + np.where(np.abs(other) > np.abs(off[index]), other, off[index])
        there = moments[-1 - index][2]
        people = np.concatenate([seen.people, _mirrored(there.people)])
        sure = np.concatenate([seen.sure, there.sure])
        both = Seen(people, sure, seen.vehicles)
        made.append((t_s, np.clip(grey, 0, 255).astype(np.uint8), both))
    return made


def _mirrored(boxes: Floats) -> Floats:
    return np.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], axis=1)

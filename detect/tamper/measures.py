"""One picture of a camera beside what the camera usually shows, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detect.tamper.reference import LEAST_BLOCKS, Reference
from detect.tamper.structure import (
    BLOCK_PX,
    KEPT,
    WEAK,
    Gradients,
    Mask,
    Plane,
    blocks,
    gains,
    likeness,
    shift,
    structured,
)
from detect.track import Box
from detect.view import Luma

DARK = 30.0
"""Mean luma of a block that is dark,"""
BRIGHT = 235.0
"""and of one that is blinded."""
FLAT = 0.2
"""Part of a block's usual energy that is left where something covers it."""
FADED = 0.15
"""A block with less than this part of the contrast that the clearest blocks have"""
CLEAREST = 0.9
"""(this quantile of them) is lost behind something: the light falls on all of them."""
VEILED = 0.15
"""A block with less contrast than this, beside the usual in the light of now, shows little."""
BLANK = 0.9
"""Share of dark (or overexposed) blocks at which a view without any structure is gone as well,"""
NOT_BLANK = 0.5
"""if usually there are fewer than this."""
SUSPECT = 0.15
"""With so many blocks lost it is worth asking whether the view has moved."""
ALIGNED = 0.6
"""Part of the blocks that match again once the view is moved back,"""
BETTER = 0.25
"""and how many more than before."""
MARGIN = 0.15
"""By which a detected thing is larger than its box, in sides of the box."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares are of the blocks that have a lasting structure, 0 to 1."""

    lost: float
    """Share whose structure is not there any longer."""
    flat: float
    """Share that has lost its structure and has nothing in its place."""
    own: float
    """Part of the lost blocks that have clear edges of another thing: what is near the lens, and so
    out of focus, has few."""
    veiled: float
    """Share whose contrast is gone although the light is not."""
    dark: float
    """Share of all blocks that are dark,"""
    bright: float
    """and of those that are overexposed."""
    gain: float
    """Contrast of the usual edges now beside the usual, at the median."""
    alike: float
    """Correlation of the picture's blocks with the usual ones: a blurred picture has it still."""
    tones: float
    """Grey levels between the sorted blocks of now and of usually: another place differs more."""
    moved: tuple[float, float] | None
    """How far the view has moved, right and down in fractions of the frame; None: it has not, or
    another view is there altogether."""
    moved_px: tuple[int, int]
    gone: Mask
    """The lost blocks."""
    is_weak: bool
    """The view has so little structure that only the loss of nearly all of it tells anything."""


def measured(
    now: Gradients, luma: Luma, reference: Reference, taken: Sequence[Box]
) -> Measures | None:
    """The picture beside its reference. Blocks under the boxes `taken` by things that were detected
    are left out; None where too few are left to judge by: then only black and white tell anything.
    """
    usable, is_weak = reference.usable()
    usable &= ~_under(taken, now, luma)
    if usable.sum() < LEAST_BLOCKS:
        return None if taken else _blank(now, means_of(luma), reference)
    then = reference.gradients
    gain = gains(now, then)
    clear = FADED * float(np.quantile(gain[usable], CLEAREST))
    same = (likeness(now, then) > KEPT) & (gain > clear)
    lost = usable & ~same
    flat = lost & (now.energy < np.maximum(WEAK**2, FLAT * then.energy))
    own = lost & ~flat & structured(now)
    count = float(usable.sum())
    means = means_of(luma)
    light = np.minimum(1.0, (means + 4) / (reference.means + 4))
    veiled = usable & (gain < VEILED * light)
    share = float(lost.sum()) / count
    moved_px = (0, 0)
    is_moved = False
    if share >= SUSPECT and flat.sum() < 0.5 * count:
        moved_px = shift(now, then)
        is_moved = _is_moved(now, then, moved_px, share)
    height, width = luma.shape
    return Measures(
        share,
        float(flat.sum()) / count,
        float(own.sum()) / max(1.0, float(lost.sum())),
        float(veiled.sum()) / count,
        float((means < DARK).mean()),
        float((means > BRIGHT).mean()),
        float(np.median(gain[usable])),
        _correlation(means, reference.means),
        float(np.abs(np.sort(means.ravel()) - np.sort(reference.means.ravel())).mean()),
        (moved_px[0] / width, moved_px[1] / height) if is_moved else None,
        moved_px,
        lost,
        is_weak,
    )


def _blank(now: Gradients, means: Plane, reference: Reference) -> Measures | None:
    """A black or a white picture instead of a view without structure."""
    masks = means < DARK, means > BRIGHT
    usual = reference.means < DARK, reference.means > BRIGHT
    if not any(
        float(mask.mean()) >= BLANK and float(before.mean()) < NOT_BLANK
        for mask, before in zip(masks, usual, strict=True)
    ):
        return None
    dark, bright = (float(mask.mean()) for mask in masks)
    gone = np.ones(now.energy.shape, np.bool_)
    return Measures(1.0, 1.0, 0.0, 1.0, dark, bright, 0.0, 0.0, 255.0, None, (0, 0), gone, True)


def means_of(luma: Luma) -> Plane:
    """Mean luma of each block of `Gradients`."""
    rows, columns = ((side - 4) // BLOCK_PX * BLOCK_PX for side in luma.shape)
    return blocks(luma[2 : 2 + rows, 2 : 2 + columns].astype(np.float32))


def _is_moved(now: Gradients, then: Gradients, by: tuple[int, int], lost: float) -> bool:
    """Whether moving the view explains what is lost."""
    if by == (0, 0):
        return False
    back = then.moved(*by)
    has = structured(back)
    if has.sum() < LEAST_BLOCKS:
        return False
    matched = float((likeness(now, back) > KEPT)[has].mean())
    return matched >= ALIGNED and matched >= 1 - lost + BETTER


def _correlation(one: Plane, other: Plane) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-3))


def _under(boxes: Sequence[Box], now: Gradients, luma: Luma) -> Mask:
    """The blocks under any of the boxes."""
    mask = np.zeros(now.energy.shape, np.bool_)
    height, width = luma.shape
    for x1, y1, x2, y2 in boxes:
        wide, high = (x2 - x1) * MARGIN, (y2 - y1) * MARGIN
        left, right = (x1 - wide) * width - 2, (x2 + wide) * width - 2
        top, bottom = (y1 - high) * height - 2, (y2 + high) * height - 2
        mask[
            max(0, int(top // BLOCK_PX)) : max(0, int(-(-bottom // BLOCK_PX))),
            max(0, int(left // BLOCK_PX)) : max(0, int(-(-right // BLOCK_PX))),
        ] = True
    return mask

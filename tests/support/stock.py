"""What the clip holds: its empty background, everything that moves in it, and people who walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image
from tests.support.assets import clip

FPS = 10
"""Of the clip."""
DIFFERENT = 28
"""Grey levels by which something differs from the background (any channel)."""
LEAST_AREA_PX = 250
HALF = 2
"""Masks are made at half size: quicker, and less ragged."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """Something that moves, cut out of one frame."""

    left: int
    top: int
    image: Image
    """BGR."""
    alpha: npt.NDArray[np.uint8]
    """0 to 255, shape of the image without channels."""

    @property
    def size(self) -> tuple[int, int]:
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Stock:
    background: Image
    """Median of the clip over time: nobody is in it."""
    moving: tuple[tuple[CutOut, ...], ...]
    """For each frame of the clip."""
    walkers: tuple[tuple[CutOut, ...], ...]
    """People alone, upright and whole: the steps of a walk to the right, `FPS` a second."""


def stock(folder: Path) -> Stock:
    """The clip's stock; made once (about 20 s) and kept in the folder."""
    kept = folder / "stock-2.npz"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _keep(_make(clip()), kept)
    return _kept(kept)


def _make(path: Path) -> Stock:
    background = _median([image for n, image in enumerate(_images(path)) if n % 9 == 0])
    moving = tuple(tuple(_cut_outs(image, background)) for image in _images(path))
    return Stock(background, moving, tuple(_walkers(moving, background)))


def _images(path: Path) -> Iterator[Image]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24")


def _median(images: Sequence[Image]) -> Image:
    stack = np.stack(images)
    return np.partition(stack, len(stack) // 2, axis=0)[len(stack) // 2].copy()


def _cut_outs(image: Image, background: Image) -> Iterator[CutOut]:
    apart = np.abs(image.astype(np.int16) - background).max(axis=2)
    height, width = apart.shape
    small = apart.reshape(height // HALF, HALF, width // HALF, HALF).mean(axis=(1, 3))
    mask = ndimage.binary_opening(small > DIFFERENT / 2)
    mask = ndimage.binary_closing(mask, iterations=3)
    labels, _ = ndimage.label(mask)
    soft = ndimage.uniform_filter(ndimage.binary_dilation(mask, iterations=2).astype(np.float32), 3)
    for number, where in enumerate(ndimage.find_objects(labels), 1):
        if (labels[where] == number).sum() * HALF**2 < LEAST_AREA_PX:
            continue
        top, left = (max(0, part.start - 3) for part in where)
        bottom = min(height // HALF, where[0].stop + 3)
        right = min(width // HALF, where[1].stop + 3)
        own = labels[top:bottom, left:right]
        alpha = np.where((own == 0) | (own == number), soft[top:bottom, left:right], 0) * 255
        alpha = alpha.astype(np.uint8).repeat(HALF, 0).repeat(HALF, 1)
        part = image[top * HALF : bottom * HALF, left * HALF : right * HALF]
        yield CutOut(left * HALF, top * HALF, part.copy(), alpha)


def _walkers(moving: Sequence[Sequence[CutOut]], background: Image) -> Iterator[tuple[CutOut, ...]]:
    """Runs of cut-outs that are one upright person, whole in the picture, of steady size."""
    height, width = background.shape[:2]
    open_runs: list[list[CutOut]] = []
    for cuts in [*moving, ()]:
        upright = [
            cut
            for cut in cuts
            if 1.6 < cut.size[1] / cut.size[0] < 3.6
            and 0 < cut.left < width - cut.size[0]
            and 0 < cut.top < height - cut.size[1]
        ]
        grown = []
        for run in open_runs:
            follower = next((cut for cut in upright if _follows(run[-1], cut)), None)
            if follower is not None:
                upright = [cut for cut in upright if cut is not follower]
                grown.append([*run, follower])
            elif len(run) >= 1.6 * FPS and abs(run[-1].left - run[0].left) > run[0].size[0]:
                yield _to_the_right([closer(cut, background) for cut in run[: 3 * FPS]])
        open_runs = grown + [[cut] for cut in upright]


def _follows(before: CutOut, after: CutOut) -> bool:
    apart = np.hypot(
        before.left + before.size[0] / 2 - after.left - after.size[0] / 2,
        before.top + before.size[1] - after.top - after.size[1],
    )
    return bool(apart < before.size[0] * 0.6 and 0.8 < after.size[1] / before.size[1] < 1.25)


def closer(cut: CutOut, background: Image) -> CutOut:
    """Without the rim of its own background, so that it can stand elsewhere."""
    width, height = cut.size
    behind = background[cut.top : cut.top + height, cut.left : cut.left + width]
    apart = np.abs(cut.image.astype(np.int16) - behind).max(axis=2)
    mask = ndimage.binary_opening(ndimage.binary_closing(apart > DIFFERENT, iterations=2))
    mask = ndimage.binary_fill_holes(mask & (cut.alpha > 0))
    soft = ndimage.uniform_filter(mask.astype(np.float32), 3)
    return CutOut(cut.left, cut.top, cut.image, (soft * 255).astype(np.uint8))


def _to_the_right(run: Sequence[CutOut]) -> tuple[CutOut, ...]:
    if run[-1].left > run[0].left:
        return tuple(run)
    return tuple(
        CutOut(cut.left, cut.top, cut.image[:, ::-1].copy(), cut.alpha[:, ::-1].copy())
        for cut in run
    )


def _keep(made: Stock, file: Path) -> None:
    groups = [*made.moving, *made.walkers]
    cuts = [cut for group in groups for cut in group]
    np.savez(
        file.with_suffix(".part.npz"),
        background=made.background,
        frames=len(made.moving),
        groups=np.array([len(group) for group in groups]),
        places=np.array([(cut.left, cut.top, *cut.size) for cut in cuts]),
        images=np.concatenate([cut.image.ravel() for cut in cuts]),
        alphas=np.concatenate([cut.alpha.ravel() for cut in cuts]),
    )
    file.with_suffix(".part.npz").replace(file)


def _kept(file: Path) -> Stock:
    with np.load(file) as data:
        images, alphas = data["images"], data["alphas"]
        cuts, at = [], 0
        for left, top, width, height in data["places"].tolist():
            area = width * height
            cuts.append(
                CutOut(
                    left,
                    top,
                    images[3 * at : 3 * (at + area)].reshape(height, width, 3),
                    alphas[at : at + area].reshape(height, width),
                )
            )
            at += area
        groups, start = [], 0
        for length in data["groups"].tolist():
            groups.append(tuple(cuts[start : start + length]))
            start += length
        frames = int(data["frames"])
        return Stock(data["background"], tuple(groups[:frames]), tuple(groups[frames:]))

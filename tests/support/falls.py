"""People who walk, fall, lie, get up, crouch or leave a bag, made by script from the clip's stock.

Who falls is the cut-out of somebody upright, turned about the feet and squeezed as the camera's
height squeezes what lies: a detector finds it easier than a real person who lies, whose clothes and
limbs lie otherwise. It tells which sizes and ways a rule follows, not how often real falls are
found.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from math import radians
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image
from tests.support.stock import CutOut, Stock, stock

Act = Literal[
    "fall", "lies", "fall_along", "lies_along", "felled",
    "walk", "stands", "stumble", "crouch", "sit", "bag", "bend", "goods", "pair",
]  # fmt: skip
"""`lies`: from the first frame on; `..._along`: head or feet towards the camera; `felled`: falls
among three others. `stumble`: up again within a second and a half; `crouch`: ties a shoe for three
seconds; `sit`: on the ground, upright, for good; `bag`: puts one down and goes on; `bend`:
upper body level for four seconds; `goods`: a heap of a person's length lies there from the start
and somebody walks by; `pair`: two stand so close that they are one wide thing.
"""
DOWN: tuple[Act, ...] = ("fall", "lies", "fall_along", "lies_along", "felled")
ORDINARY: tuple[Act, ...] = (
    "walk", "stands", "stumble", "crouch", "sit", "bag", "bend", "goods", "pair",
)  # fmt: skip
LYING: tuple[Act, ...] = ("lies", "lies_along")
ALONG: tuple[Act, ...] = ("fall_along", "lies_along")
FALL_S = 0.6
STAYS_S: dict[Act, float] = {
    "fall": 1e9, "fall_along": 1e9, "felled": 1e9, "sit": 1e9,
    "stumble": 0.9, "crouch": 2.4, "bend": 4.0,
}  # fmt: skip
"""Down, or half down."""
PATTERNS = 4
"""Of noise, one after the other: a still scene is then the same picture again and again, which need
not be looked at again.
"""
JITTER_PX = ((-0.6, 0.4), (0.5, -0.2), (0.1, 0.6), (-0.3, -0.6))
BENT = 0.55
"""Part of the cut-out above the hips."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """One person, once."""

    act: Act
    height: float
    """Of the person upright, as a part of the picture's height."""
    turn_deg: float
    """To which the body turns, 90: flat along the picture's rows."""
    squeeze: float
    """Of what lies, in the vertical: 1 as seen from the ground, 0.4 from high above."""
    who: int
    x: float
    """Where it happens."""
    foot: float
    to_right: bool
    seed: int
    at_s: float = 4.0
    """When."""
    seconds: float = 14.0
    noise: float = 2.0
    """Grey levels."""


def scenes(act: Act, many: int, seed: int) -> list[Scene]:
    """Scenes of several sizes and ways of lying."""
    rng = np.random.default_rng([seed, *act.encode()])
    found = []
    for number in range(many):
        height = float((0.14, 0.2, 0.28, 0.4)[number % 4])
        found.append(
            Scene(
                act,
                height,
                **_way(act, rng),
                who=int(rng.integers(1000)),
                x=float(rng.uniform(0.3, 0.7)),
                foot=float(rng.uniform(max(0.5, height + 0.05), 0.9)),
                to_right=bool(rng.integers(2)),
                seed=int(rng.integers(1 << 30)),
            )
        )
    return found


def _way(act: Act, rng: np.random.Generator) -> dict[str, float]:
    """How the body comes to lie."""
    if act in ALONG:
        turn = float(rng.choice((0.0, 180.0)) + rng.uniform(-25, 25))
        return {"turn_deg": turn, "squeeze": float(rng.uniform(0.3, 0.5))}
    return {"turn_deg": float(rng.uniform(65, 115)), "squeeze": float(rng.uniform(0.55, 1.0))}


class Maker:
    """Draws scenes over the clip's empty background, or another picture."""

    def __init__(self, folder: Path, background: Image | None = None) -> None:
        self._stock: Stock = stock(folder)
        self.background = self._stock.background if background is None else background
        self._grain = _grain(self.background.shape)

    def on(self, background: Image) -> Maker:
        """The same people before another picture."""
        other = copy(self)
        other.background, other._grain = background, _grain(background.shape)
        return other

    def images(self, scene: Scene, fps: float) -> Iterator[tuple[float, Image, Box | None]]:
        """Time, picture (BGR uint8) and the box of the person (fractions; None: out of view)."""
        for number in range(round(scene.seconds * fps)):
            t_s, pattern = number / fps, number % PATTERNS
            image = self.background.astype(np.float32)
            if scene.act == "bag" and t_s > scene.at_s:
                self._bag(image, scene)
            if scene.act == "goods":
                self._goods(image, scene)
            for other, foot in _others(scene):
                self._person(image, replace(other, foot=foot), t_s, pattern)
            box = self._person(image, scene, t_s, pattern)
            image += scene.noise * self._grain[pattern]
            yield t_s, np.clip(image, 0, 255).astype(np.uint8), box

    def _person(
        self, image: npt.NDArray[np.float32], scene: Scene, t_s: float, pattern: int
    ) -> Box | None:
        steps = self._stock.walkers[scene.who % len(self._stock.walkers)]
        moving_s = _moving_s(scene, t_s)
        cut = steps[round(moving_s * 10) % len(steps)]
        rows, columns = image.shape[:2]
        tall = scene.height * rows
        away = (moving_s - scene.at_s) * 0.8 * tall
        x = scene.x * columns + (away if scene.to_right else -away)
        part = _posed(cut, scene, t_s, tall)
        if part is None:
            return None
        colours, alpha, foot_column = part
        jitter = JITTER_PX[pattern] if _down(scene, t_s) > 0.9 else (0.0, 0.0)
        left = round(x - foot_column + jitter[0])
        top = round(scene.foot * rows - alpha.shape[0] + jitter[1])
        return _paste(image, colours, alpha, left, top)

    def _bag(self, image: npt.NDArray[np.float32], scene: Scene) -> None:
        rows, columns = image.shape[:2]
        side = max(3, round(0.28 * scene.height * rows))
        top, left = round(scene.foot * rows) - side, round(scene.x * columns)
        image[top : top + side, left : left + round(1.2 * side)] = (30, 28, 40)

    def _goods(self, image: npt.NDArray[np.float32], scene: Scene) -> None:
        """Some boxes and sacks side by side, as long as who would lie there."""
        rng = np.random.default_rng([scene.seed, 1])
        rows, columns = image.shape[:2]
        tall = scene.height * rows
        left, bottom = round(scene.x * columns - tall / 2), round(scene.foot * rows)
        for _ in range(int(rng.integers(3, 7))):
            width, height = (max(3, round(f * tall)) for f in rng.uniform((0.15, 0.12), (0.4, 0.3)))
            start = left + round(rng.uniform(0, 0.75) * tall)
            patch = image[bottom - height : bottom, start : start + width]
            patch[:] = rng.uniform(20, 220, 3)
            patch *= np.linspace(1.1, 0.8, len(patch), dtype=np.float32)[:, None, None]


def _grain(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Patterns of noise of deviation 1."""
    return np.random.default_rng(5).standard_normal((PATTERNS, *shape), np.float32)


def _others(scene: Scene) -> list[tuple[Scene, float]]:
    """Who else is there, and where their feet are."""
    if scene.act == "pair":
        beside = scene.x + 0.3 * scene.height
        return [(replace(scene, act="stands", who=scene.who + 3, x=beside), scene.foot)]
    if scene.act != "felled":
        return []
    some = []
    for number in range(3):
        x = scene.x + (number - 1) * 0.7 * scene.height
        walker = replace(
            scene,
            act="walk" if number else "stands",
            who=scene.who + 5 + number,
            x=x,
            to_right=number % 2 == 0,
            at_s=scene.at_s + 0.7 * number,
        )
        some.append((walker, scene.foot - 0.12 * scene.height * (number + 1)))
    return some


def _moving_s(scene: Scene, t_s: float) -> float:
    """Seconds walked by then; who stops does not walk on."""
    if scene.act in ("fall", "fall_along", "felled", "sit", "stands", "pair"):
        return min(t_s, scene.at_s)
    if scene.act in LYING:
        return scene.at_s
    stay_s = {"stumble": 1.5, "crouch": 3.0, "bend": 4.6}.get(scene.act, 0.0)
    return min(t_s, scene.at_s) + max(0.0, t_s - scene.at_s - stay_s)


def _down(scene: Scene, t_s: float) -> float:
    """0 upright to 1 down."""
    if scene.act in LYING:
        return 1.0
    since_s = t_s - scene.at_s
    down = min(max(since_s / FALL_S, 0.0), 1.0)
    stay_s = STAYS_S.get(scene.act)
    if stay_s is None:
        return 0.0
    return down if since_s < stay_s else min(max(1 - (since_s - stay_s) / FALL_S, 0.0), 1.0)


def _posed(
    cut: CutOut, scene: Scene, t_s: float, tall: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], float] | None:
    """Colours, opacity and the column of the feet of the person as they are at the time."""
    colours, alpha = cut.image.astype(np.float32), cut.alpha.astype(np.float32) / np.float32(255)
    if not scene.to_right:
        colours, alpha = colours[:, ::-1], alpha[:, ::-1]
    scale = tall / alpha.shape[0]
    down, squeeze, turn = _down(scene, t_s), 1.0, 0.0
    if scene.act == "bend":
        return _bent(colours, alpha, scale, radians(80) * down)
    if scene.act in ("crouch", "sit"):  # the legs fold: the lower part is left out
        kept = round(alpha.shape[0] * (1 - 0.42 * down))
        colours, alpha = colours[:kept], alpha[:kept]
    else:
        turn = radians(scene.turn_deg) * down * (1 if scene.to_right else -1)
        squeeze = 1 - (1 - scene.squeeze) * down
    both = _premultiplied(colours, alpha)
    return _cut_out(_turned(both, turn, scale, squeeze))


def _bent(
    colours: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32], scale: float, turn: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], float] | None:
    """The legs stand, what is above the hips is turned forward about them."""
    both = _premultiplied(colours, alpha)
    hips = round(BENT * both.shape[0])
    legs, trunk = both.copy(), both.copy()
    legs[:hips], trunk[hips:] = 0, 0
    # Turned about the middle of the cut-out, which is about where the hips are.
    legs, trunk = _turned(legs, 0.0, scale, 1.0), _turned(trunk, turn, scale, 1.0)
    return _cut_out(np.where(trunk[..., 3:] > legs[..., 3:], trunk, legs))


def _premultiplied(
    colours: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    return np.dstack([colours * alpha[..., None], alpha]).astype(np.float32)


def _cut_out(
    both: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], float] | None:
    """Cut to what is there."""
    opacity = both[..., 3].clip(0, 1)
    there = np.argwhere(opacity > 0.3)
    if not len(there):
        return None
    (top, left), (bottom, right) = there.min(0), there.max(0) + 1
    both, opacity = both[top:bottom, left:right], opacity[top:bottom, left:right]
    return both[..., :3], opacity, (right - left) / 2


def _turned(
    both: npt.NDArray[np.float32], turn: float, scale: float, squeeze: float
) -> npt.NDArray[np.float32]:
    """Scaled, turned to the right by `turn` (radians) and squeezed from top to bottom."""
    height, width = both.shape[:2]
    side = int(np.ceil(np.hypot(height, width) * scale)) + 4
    cos, sin = np.cos(turn), np.sin(turn)
    # From a place in the result (row, column about its middle) to one in the cut-out.
    back = np.array([[cos / squeeze, -sin], [sin / squeeze, cos]]) / scale
    centre = np.array([height, width]) / 2 - back @ (np.array([side, side]) / 2)
    if scale < 0.7:
        size = round(1 / scale)
        both = ndimage.uniform_filter(both, (size, size, 0))
    planes = [
        ndimage.affine_transform(both[..., plane], back, centre, (side, side), order=1)
        for plane in range(4)
    ]
    return np.dstack(planes).astype(np.float32)


def _paste(
    image: npt.NDArray[np.float32],
    colours: npt.NDArray[np.float32],
    alpha: npt.NDArray[np.float32],
    left: int,
    top: int,
) -> Box | None:
    rows, columns = image.shape[:2]
    height, width = alpha.shape
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, columns), min(top + height, rows)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return None
    part = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
    image[y1:y2, x1:x2] *= 1 - alpha[part][..., None]
    image[y1:y2, x1:x2] += colours[part]
    return x1 / columns, y1 / rows, x2 / columns, y2 / rows

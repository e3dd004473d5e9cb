"""The motion gate for pictures of any size and content."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.looking.motion import Motion, MotionGate
from ingest.frame import Image


@st.composite
def pictures(draw: st.DrawFn) -> Image:
    height, width = draw(st.integers(8, 120)), draw(st.integers(8, 160))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random.integers(0, 256, (height, width, 3)).astype(np.uint8)


@given(pictures(), st.floats(0.1, 2.0), st.integers(1, 12))
@settings(deadline=None, max_examples=40)
def test_a_still_picture_never_moves(image: Image, gap_s: float, count: int) -> None:
    gate = MotionGate()
    for n in range(count):
        assert gate.update(image, n * gap_s) == Motion()
        assert not gate.peek(image)


@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.5, 12.0),
    st.integers(0, 400),
    st.integers(0, 200),
    st.integers(10, 60),
    st.integers(24, 80),
    st.booleans(),
)
@settings(deadline=None, max_examples=15)
def test_a_patch_of_contrast_is_always_found_in_noise_of_any_level(
    seed: int, sigma: float, x: int, y: int, width: int, height: int, bright: bool
) -> None:
    """At least 10 x 24 pixels inside the picture, 12 + 5 times the noise of a cell in contrast."""
    random = np.random.default_rng(seed)
    still = np.full((234, 416, 3), 120, np.int16)

    def noisy(image: Image) -> Image:
        noise = random.standard_normal((*image.shape[:2], 1), np.float32) * np.float32(sigma)
        return np.clip(image + noise, 0, 255).astype(np.uint8)

    gate = MotionGate()
    for n in range(40):
        gate.update(noisy(still), float(n))
    x, y = min(x, 416 - width), min(y, 232 - height)
    contrast = int(24 + 5 * sigma / 4) * (1 if bright else -1)
    still[y : y + height, x : x + width] += contrast
    image = noisy(still)
    assert gate.peek(image)
    centre = ((x + width / 2) / 416, (y + height / 2) / 234)
    regions = gate.update(image, 60.0).regions
    assert any(r[0] <= centre[0] <= r[2] and r[1] <= centre[1] <= r[3] for r in regions)


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0.05, 2.0), min_size=3, max_size=15))
@settings(deadline=None, max_examples=30)
def test_peek_agrees_with_update_and_changes_nothing(seed: int, gaps_s: list[float]) -> None:
    random = np.random.default_rng(seed)
    still = random.integers(60, 190, (96, 160, 3))
    gate, other = MotionGate(), MotionGate()
    t_s = 0.0
    for gap_s in gaps_s:
        t_s += gap_s
        image = still + random.integers(-8, 9, still.shape)
        if random.random() < 0.4:
            image[30:70, 40:70] += 60
        if random.random() < 0.2:
            image = image * 0.6
        picture = np.clip(image, 0, 255).astype(np.uint8)
        if t_s > gaps_s[0]:
            seen = gate.peek(picture)
            motion = gate.update(picture, t_s)
            assert seen == (bool(motion.regions) or motion.is_scene_change)
        else:
            motion = gate.update(picture, t_s)
        assert other.update(picture, t_s) == motion  # deterministic, peeked at or not


@given(pictures(), pictures())
@settings(deadline=None, max_examples=40)
def test_regions_lie_in_the_frame_and_apart(before: Image, after: Image) -> None:
    gate = MotionGate()
    gate.update(before, 0.0)
    motion = gate.update(after, 1.0)
    assert 0 <= motion.share <= 1
    for number, (x1, y1, x2, y2) in enumerate(motion.regions):
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        for other in motion.regions[:number]:
            assert x1 >= other[2] or other[0] >= x2 or y1 >= other[3] or other[1] >= y2

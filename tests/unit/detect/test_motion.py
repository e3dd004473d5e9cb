from __future__ import annotations

import numpy as np
import pytest

from detect.blobs import merged
from detect.looking.motion import Motion, MotionGate, cells_of
from ingest.frame import Image

SIZE = (234, 416)


def _scene(seed: int = 0) -> Image:
    """Texture on the scale of a few pixels, as a street has."""
    random = np.random.default_rng(seed)
    coarse = random.integers(50, 180, (SIZE[0] // 6 + 1, SIZE[1] // 6 + 1), np.uint8)
    whole = coarse.repeat(6, 0).repeat(6, 1)[: SIZE[0], : SIZE[1]]
    return np.repeat(whole[..., None], 3, axis=2)


PATTERNS = np.random.default_rng(7).standard_normal((16, *SIZE, 1), np.float32)


def _noisy(image: Image, sigma: float, random: np.random.Generator) -> Image:
    pattern = np.roll(PATTERNS[random.integers(16)], random.integers(200), axis=1)
    return np.clip(image + sigma * pattern, 0, 255).astype(np.uint8)


def _with(image: Image, x: int, y: int, width: int, height: int, change: int) -> Image:
    changed = image.astype(np.int16)
    changed[y : y + height, x : x + width] += change
    return np.clip(changed, 0, 255).astype(np.uint8)


def _learnt(image: Image, *, sigma: float = 2.0, seconds: float = 60.0, fps: float = 2.0):
    """A gate that has watched the noisy scene; the generator that its noise came from."""
    random = np.random.default_rng(1)
    gate = MotionGate()
    for n in range(int(seconds * fps)):
        gate.update(_noisy(image, sigma, random), n / fps)
    return gate, random


def _covers(motion: Motion, x: int, y: int, width: int, height: int) -> bool:
    box = (x / SIZE[1], y / SIZE[0], (x + width) / SIZE[1], (y + height) / SIZE[0])
    return any(
        r[0] <= box[0] and r[1] <= box[1] and r[2] >= box[2] and r[3] >= box[3]
        for r in motion.regions
    )


@pytest.mark.parametrize("fps", [1.0, 5.0, 10.0])
def test_a_small_person_who_comes_in_slowly_is_found(fps: float) -> None:
    scene = _scene()
    gate, random = _learnt(scene, fps=fps)
    found = []
    for n in range(int(30 * fps)):
        x = int(6 * n / fps)  # 6 px a second: a quarter of the height
        image = _noisy(_with(scene, x - 10, 120, 10, 24, -45) if x else scene, 2.0, random)
        found.append(bool(gate.update(image, 60 + n / fps).regions))
    assert found.index(True) <= 3 * fps
    assert np.mean(found[int(3 * fps) :]) > 0.95


def test_a_region_covers_what_moves_and_little_else() -> None:
    scene = _scene()
    gate, random = _learnt(scene)
    motion = gate.update(_noisy(_with(scene, 200, 100, 20, 50, 60), 2.0, random), 60.0)
    assert _covers(motion, 200, 100, 20, 50)
    assert len(motion.regions) == 1
    ((x1, y1, x2, y2),) = motion.regions
    assert (x2 - x1) * (y2 - y1) < 4 * (20 * 50) / (SIZE[0] * SIZE[1])
    assert 0 < motion.share < 0.05


def test_noise_wakes_nobody_once_it_is_learnt() -> None:
    scene = _scene()
    gate, random = _learnt(scene, sigma=14.0)
    moving = [
        bool(gate.update(_noisy(scene, 14.0, random), 60 + n / 2).regions) for n in range(200)
    ]
    assert sum(moving) <= 1


def test_a_swaying_tree_raises_its_own_threshold_and_no_other() -> None:
    scene = _scene()
    random = np.random.default_rng(2)
    gate = MotionGate()
    tree = [np.roll(scene[40:100, 20:80], shift, axis=1) for shift in range(-3, 4)]

    def swaying() -> Image:
        image = scene.copy()
        image[40:100, 20:80] = tree[random.integers(len(tree))]
        return _noisy(image, 2.0, random)

    at_first = [bool(gate.update(swaying(), n).regions) for n in range(20)]
    for n in range(20, 200):
        gate.update(swaying(), n)
    assert any(at_first[1:])
    assert not any(gate.update(swaying(), n).regions for n in range(200, 260))
    image = _with(swaying(), 300, 120, 10, 24, -45)
    assert _covers(gate.update(image, 260), 301, 121, 8, 22)


@pytest.mark.parametrize("gain", [0.8, 1.2])
def test_exposure_that_pumps_slowly_is_not_motion(gain: float) -> None:
    scene = _scene()
    gate, random = _learnt(scene)
    for n in range(1, 40):
        now = np.clip(scene * (1 + (gain - 1) * n / 40), 0, 255).astype(np.uint8)
        motion = gate.update(_noisy(now, 2.0, random), 60 + n / 5)
        assert motion == Motion()


def test_a_soft_pool_of_light_is_not_motion() -> None:
    scene = _scene() // 2
    gate, random = _learnt(scene)
    y, x = np.ogrid[0 : SIZE[0], 0 : SIZE[1]]
    pool = 1 + 0.8 * np.exp(-(((x - 200) / 90) ** 2 + ((y - 120) / 70) ** 2))
    lit = np.clip(scene * pool[..., None], 0, 255).astype(np.uint8)
    assert not gate.update(_noisy(lit, 2.0, random), 60.0).regions


@pytest.mark.parametrize("gain", [0.5, 1.6])
def test_a_jump_of_the_light_is_a_scene_change_once(gain: float) -> None:
    scene = _scene()
    gate, random = _learnt(scene)
    lit = np.clip(scene * gain, 0, 255).astype(np.uint8)
    assert gate.peek(lit)
    assert gate.update(_noisy(lit, 2.0, random), 60.0).is_scene_change
    later = [gate.update(_noisy(lit, 2.0, random), 61.0 + n) for n in range(10)]
    assert not any(motion.is_scene_change for motion in later)


@pytest.mark.parametrize(("down", "right"), [(0, 16), (-12, 8), (3, 20)])
def test_a_shifted_view_is_a_scene_change_once(down: int, right: int) -> None:
    scene = _scene()
    gate, random = _learnt(scene)
    moved = np.roll(scene, (down, right), (0, 1))
    assert gate.update(_noisy(moved, 2.0, random), 60.0).is_scene_change
    later = [gate.update(_noisy(moved, 2.0, random), 61.0 + n) for n in range(10)]
    assert not any(motion.is_scene_change for motion in later)


def test_a_crowd_is_not_a_scene_change() -> None:
    scene = _scene()
    gate, random = _learnt(scene)
    crowd = scene
    for x in range(10, 400, 45):
        crowd = _with(crowd, x, 60 + x % 50, 18, 45, -70)
    motion = gate.update(_noisy(crowd, 2.0, random), 60.0)
    assert motion.regions
    assert not motion.is_scene_change


def test_what_stops_becomes_background_but_not_while_it_is_followed() -> None:
    scene = _scene()
    parked = _with(scene, 200, 100, 30, 30, 60)
    place = (200 / SIZE[1], 100 / SIZE[0], 230 / SIZE[1], 130 / SIZE[0])

    def moving_after(seconds: int, held: bool) -> bool:
        gate, random = _learnt(scene)
        for n in range(seconds):
            boxes = (place,) if held else ()
            motion = gate.update(_noisy(parked, 2.0, random), 60.0 + n, boxes)
        return bool(motion.regions)

    assert moving_after(5, held=False)
    assert not moving_after(150, held=False)
    assert moving_after(150, held=True)


def test_widened_it_sees_fainter_things_and_back() -> None:
    scene = _scene()
    gate, _ = _learnt(scene)
    faint = next(
        image
        for change in range(2, 60)
        if gate.peek(image := _with(scene, 200, 100, 16, 32, change))
    )
    fainter = (faint.astype(np.int16) + scene) // 2  # half the contrast
    image = fainter.astype(np.uint8)
    assert not gate.peek(image)
    gate.widen(2.5)
    assert gate.peek(image)
    gate.widen(1.0)
    assert not gate.peek(image)


def test_the_first_picture_shows_nothing_and_another_size_is_a_scene_change() -> None:
    gate = MotionGate()
    assert gate.peek(_scene())
    assert gate.update(_scene(), 0.0) == Motion()
    assert not gate.peek(_scene())
    assert gate.update(_scene()[:200], 1.0).is_scene_change


def test_cells_are_the_mean_luma() -> None:
    image = np.zeros((8, 12, 3), np.uint8)
    image[:4, :4] = (10, 20, 30)
    image[4:, 8:, 1] = 100
    cells = cells_of(image)
    assert cells.shape == (2, 3)
    assert cells[0, 0] == pytest.approx(0.114 * 10 + 0.587 * 20 + 0.299 * 30, rel=1e-5)
    assert cells[1, 2] == pytest.approx(58.7, rel=1e-5)
    assert cells[0, 2] == 0


def test_boxes_that_overlap_are_merged_through_others() -> None:
    boxes = [
        (0.0, 0.0, 0.2, 0.2),
        (0.5, 0.5, 0.6, 0.6),
        (0.3, 0.0, 0.4, 0.2),
        (0.1, 0.1, 0.35, 0.3),
    ]
    assert merged(boxes) == [(0.0, 0.0, 0.4, 0.3), (0.5, 0.5, 0.6, 0.6)]


@pytest.mark.parametrize("shape", [(1, 416, 3), (416, 1, 3), (3, 3, 3)])
def test_a_picture_thinner_than_a_cell_is_always_looked_at(shape: tuple[int, int, int]) -> None:
    """A camera can send 8192 x 8: that must not end the analysis of all the others."""
    gate = MotionGate()
    for step in range(3):
        image = np.full(shape, 100, np.uint8)
        assert gate.peek(image)
        assert gate.update(image, step / 5).is_scene_change

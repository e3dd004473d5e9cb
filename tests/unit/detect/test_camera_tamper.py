"""What is done to a camera is told, and what happens before it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.rules.base import Finding
from detect.rules.camera_tamper import CameraTamper, CameraTamperRule
from detect.scene import Scene
from detect.tamper.examiner import Examiner
from detect.track import Track
from detect.view import Luma, View
from detect.words import LANGUAGES
from ingest.frame import Image

FPS = 5
ONSET_S = 10.0
HEIGHT, WIDTH = 234, 416
Change = Callable[[Image, float], Image]


def street(seed: int = 1) -> Image:
    """Walls, windows and kerbs: rectangles of many sizes over a slope of light."""
    random = np.random.default_rng(seed)
    image = np.zeros((HEIGHT, WIDTH, 3)) + np.linspace(70, 150, HEIGHT)[:, None, None]
    for _ in range(220):
        x, y = random.integers(0, WIDTH - 12), random.integers(0, HEIGHT - 12)
        wide, high = random.integers(6, 60, 2)
        image[y : y + high, x : x + wide] = random.uniform(20, 225, 3)
    return image.astype(np.uint8)


STREET = street()
NOISE = np.random.default_rng(2).normal(0, 2, (16, HEIGHT, WIDTH, 3)).astype(np.float32)


def live(number: int, base: Image = STREET) -> Image:
    """A picture of the street with its sensor's noise and three people who walk."""
    image = base.astype(np.float32) + NOISE[number % 15 if number % 31 else 15]
    for row in (60, 120, 180):
        x = (number * 9 + row) % WIDTH
        image[row : row + 40, x : x + 14] = 30
    return np.clip(image, 0, 255).astype(np.uint8)


def run(
    change: Change, seconds: float = 25.0, fps: int = FPS, ptz: bool = False
) -> list[tuple[float, Finding]]:
    """The findings with their times; the change is told the seconds since the onset."""
    rule = CameraTamperRule(kind="camera_tamper", ptz=ptz)
    judge = CameraTamper(rule, Scene(version=1), NO_AIDS)
    found = []
    for number in range(0, round(seconds * FPS), FPS // fps):
        t_s = number / FPS
        view = View(t_s, (), Detections.none(), image=change(live(number), t_s - ONSET_S))
        found += [(t_s, finding) for finding in judge.judge(view)]
    return found


def after(change: Change) -> Change:
    return lambda image, t_s: image if t_s < 0 else change(image, t_s)


def half(image: Image, t_s: float) -> Image:
    out = image.copy()
    out[:, : round(0.6 * WIDTH)] = 90
    return out


def blurred(image: Image, t_s: float) -> Image:
    out = image.astype(np.float32)
    for axis in (0, 1):
        out = sum(np.roll(out, step, axis) for step in range(-2, 3)) / 5
    return out.astype(np.uint8)


def bag(image: Image, t_s: float) -> Image:
    """Thin plastic: a milky picture in which large things can still be made out."""
    return np.asarray(190 + 0.12 * (blurred(image, t_s).astype(np.float32) - 190), np.uint8)


def moved(part: float) -> Change:
    return lambda image, t_s: np.roll(image, round(part * WIDTH), 1)


ATTACKS: dict[str, tuple[Change, str]] = {
    "whole": (lambda image, t_s: np.full_like(image, 70), "covered"),
    "half": (half, "covered"),
    "bag": (bag, "covered"),
    "blur": (blurred, "out of focus"),
    "moved": (moved(0.2), "moved by 20 %"),
    "dark": (lambda image, t_s: (image * 0.02).astype(np.uint8), "dark"),
    "blind": (lambda image, t_s: np.full_like(image, 252), "blinded"),
    "away": (lambda image, t_s: street(9), "turned"),
}


@pytest.mark.parametrize("fps", [5, 1])
@pytest.mark.parametrize("name", ATTACKS)
def test_tells_what_was_done(name: str, fps: int) -> None:
    change, word = ATTACKS[name]
    found = run(after(change), fps=fps)
    assert found, name
    t_s, first = found[0]
    assert ONSET_S + 2 <= t_s <= ONSET_S + 9
    assert word in first.said.en
    assert abs(first.since_s - ONSET_S) <= 1.5
    assert first.score is not None
    assert 0.5 <= first.score <= 1
    assert all(first.said.to_dict()[language] for language in LANGUAGES)
    assert {finding.key for _, finding in found} == {"view"}


def test_a_frozen_picture_with_a_clock_that_goes_on() -> None:
    kept: list[Image] = []

    def freeze(image: Image, t_s: float) -> Image:
        kept[:] = kept or [image]
        still = kept[0].copy()
        still[2:10, 10:60] = round(t_s * 50) % 250
        return still

    found = run(after(freeze))
    assert found
    assert "frozen" in found[0][1].said.en
    assert found[0][0] <= ONSET_S + 4


def test_a_frozen_picture_that_is_still_refined() -> None:
    """Nobody is about: nothing but the noise tells it from life."""

    def freeze(image: Image, t_s: float) -> Image:
        number = round(t_s * FPS) % 15 if t_s < 0 else 0
        still = np.clip(STREET + NOISE[number], 0, 250).astype(np.uint8)
        if t_s < 0:
            return still
        row = 40 + round(t_s * FPS) % 40
        still[row : row + 4, :120] += 2
        return still

    found = run(freeze, seconds=19)
    assert "frozen" in found[0][1].said.en
    assert ONSET_S + 6 <= found[0][0] <= ONSET_S + 8


def test_a_frozen_picture_under_fresh_noise() -> None:
    kept: list[Image] = []

    def freeze(image: Image, t_s: float) -> Image:
        kept[:] = kept or [image]
        noise = NOISE[round(t_s * 5) % 15]
        return np.clip(kept[0] + noise, 0, 255).astype(np.uint8)

    found = run(after(freeze))
    assert found
    assert found[0][1].key == "frozen"


def bus(image: Image, t_s: float) -> Image:
    """Past the lens within five seconds."""
    if not 0 <= t_s <= 5:
        return image
    side = np.full((HEIGHT, 3 * WIDTH, 3), 180, np.uint8)
    for left in range(20, 3 * WIDTH, 90):
        side[40:110, left : left + 60] = 50
    reach = round((t_s / 5) * 4 * WIDTH)
    out = image.copy()
    x1, x2 = max(0, reach - 3 * WIDTH), min(WIDTH, reach)
    out[:, x1:x2] = side[:, x1 - reach + 3 * WIDTH : x2 - reach + 3 * WIDTH]
    return out


def bus_stops(image: Image, t_s: float) -> Image:
    """At half of the picture, for twelve seconds, with windows of its own."""
    if not 0 <= t_s <= 12:
        return image
    out = image.copy()
    out[:, : WIDTH // 2] = 180
    for left in range(10, WIDTH // 2 - 40, 60):
        out[40:110, left : left + 40] = 50
    return out


def night_filter(image: Image, t_s: float) -> Image:
    """Infrared light: no colour, the shadows are gone and other edges are there."""
    grey = 0.1 * image[..., 1] + 0.9 * street(8)[..., 1]
    return np.asarray(np.repeat(grey[..., None], 3, 2), np.uint8)


def tinted(image: Image) -> Image:
    return np.asarray(image * np.array([0.8, 1, 0.9]), np.uint8)


ORDINARY: dict[str, Change] = {
    "bus stops": bus_stops,
    "another infrared": lambda image, t_s: tinted(image) if t_s < 0 else night_filter(image, t_s),
    "plain": lambda image, t_s: image,
    "light goes down": after(lambda image, t_s: (image * 0.25).astype(np.uint8)),
    "exposure pumps": lambda image, t_s: np.clip(image * (1 + 0.3 * np.sin(t_s)), 0, 255).astype(
        np.uint8
    ),
    "infrared": after(
        lambda image, t_s: np.repeat((image @ [0.1, 0.2, 0.6])[..., None], 3, 2).astype(np.uint8)
    ),
    "shake": lambda image, t_s: np.roll(image, round(4 * np.sin(t_s * 7)), 1),
    "bus": bus,
    "turned and back": lambda image, t_s: np.roll(image, 90, 1) if 0 <= t_s < 2 else image,
}


@pytest.mark.parametrize("fps", [5, 1])
@pytest.mark.parametrize("name", ORDINARY)
def test_says_nothing_of_what_is_ordinary(name: str, fps: int) -> None:
    assert run(ORDINARY[name], fps=fps) == []


def test_a_bare_wall_tells_of_a_black_picture_alone() -> None:
    judge = CameraTamper(CameraTamperRule(kind="camera_tamper"), Scene(version=1), NO_AIDS)
    found = []
    for number in range(70):
        grey = 120 if number < 30 else 160 if number < 45 else 10
        image = np.clip(grey + NOISE[number % 15], 0, 255).astype(np.uint8)
        found += judge.judge(View(number / FPS, (), Detections.none(), image=image))
    assert found
    assert found[0].since_s >= 9
    assert "dark" in found[0].said.en


def test_a_picture_that_froze_while_somebody_stood_before_the_lens() -> None:
    kept: list[Image] = []

    def freeze(image: Image, t_s: float) -> Image:
        if not kept:
            kept.append(image.copy())
            kept[0][:, : WIDTH // 2] = street(7)[:, : WIDTH // 2]
        return kept[0]

    found = run(after(freeze))
    assert "frozen" in found[0][1].said.en
    assert found[0][0] <= ONSET_S + 5


def test_looks_once_a_second_while_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    look = Examiner.look

    def counted(self: Examiner, image: Image, luma: Luma, t_s: float, taken: object) -> object:
        looks.append(t_s)
        return look(self, image, luma, t_s, ())

    monkeypatch.setattr(Examiner, "look", counted)
    run(lambda image, t_s: image, seconds=20)
    assert 20 <= len(looks) <= 24
    looks.clear()
    run(after(half), seconds=13)
    assert sum(ONSET_S <= t_s < ONSET_S + 2 for t_s in looks) >= 9


def test_cuts_every_two_seconds_are_none() -> None:
    views = [street(seed) for seed in range(20, 28)]
    cut = after(lambda image, t_s: live(round(t_s * FPS), views[int(t_s // 2) % 8]))
    assert run(cut) == []


def test_a_camera_that_its_operators_turn() -> None:
    assert run(after(moved(0.3)), ptz=True) == []


def test_what_stands_before_the_lens_by_right_covers_nothing() -> None:
    """A lorry that the detector knows parks before half of the view."""
    judge = CameraTamper(CameraTamperRule(kind="camera_tamper"), Scene(version=1), NO_AIDS)
    lorry = Track(1, "truck", (0.0, 0.0, 0.6, 1.0), 0.7, 5.0, 0.0)
    for number in range(100):
        image, tracks = live(number), ()
        if number > 50:
            image, tracks = half(image, 0), (lorry,)  # type: ignore[assignment]
        assert judge.judge(View(number / FPS, tracks, Detections.none(), image=image)) == []


def test_a_lost_signal_is_said_from_the_last_picture_on() -> None:
    judge = CameraTamper(CameraTamperRule(kind="camera_tamper"), Scene(version=1), NO_AIDS)
    judge.judge(View(4.0, (), Detections.none(), image=STREET))
    (finding,) = judge.lost(12.0)
    assert finding.key == "signal"
    assert finding.since_s == 4.0
    assert "12 s" in finding.said.en


def test_without_a_picture_nothing_is_said() -> None:
    judge = CameraTamper(CameraTamperRule(kind="camera_tamper"), Scene(version=1), NO_AIDS)
    assert judge.judge(View(0.0, (), Detections.none())) == []


def test_asks_for_more_pictures_while_it_suspects() -> None:
    judge = CameraTamper(CameraTamperRule(kind="camera_tamper"), Scene(version=1), NO_AIDS)
    for number in range(20):
        judge.judge(View(float(number), (), Detections.none(), image=live(number)))
    assert judge.asks_fps == 0
    judge.judge(View(20.0, (), Detections.none(), image=np.full_like(STREET, 80)))
    assert judge.asks_fps >= 5

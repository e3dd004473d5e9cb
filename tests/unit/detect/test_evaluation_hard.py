"""Hard cases: the same by seed, harder than before, and honest about what can still be seen."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from detect.evaluation.figures import ClipResult
from detect.evaluation.hard import CASES, COVERED, named, random
from detect.evaluation.hard_clips import HardClips, Span, harder_truth, tampered_in, write_harder
from detect.evaluation.match import Judged
from detect.evaluation.run import Case
from detect.evaluation.scenes import evaluation_scene
from detect.guard.truth import Place, Truth, TruthEvent
from ingest.frame import Image
from ingest.sources.video_writer import VideoWriter

FIRE = Place("fire", None, 1.0)


def street(width: int = 160, height: int = 96) -> Image:
    rng = np.random.default_rng(3)
    coarse = rng.integers(40, 220, (height // 8, width // 8, 3))
    return coarse.repeat(8, 0).repeat(8, 1).astype(np.uint8)


def changed(name: str, t_s: float = 2.0, seed: int = 1, clip: str = "a.mp4") -> Image:
    return CASES[name].make(random(seed, name, clip))(street(), t_s)


@pytest.mark.parametrize("name", list(CASES))
def test_each_is_the_same_for_a_seed_and_a_clip(name: str) -> None:
    once = changed(name)
    assert once.shape == street().shape
    assert once.dtype == np.uint8
    assert np.array_equal(once, changed(name))


@pytest.mark.parametrize("name", ["night", "rain", "shake", "pumping"])
def test_other_seeds_and_clips_look_otherwise(name: str) -> None:
    assert not np.array_equal(changed(name), changed(name, seed=2))
    assert not np.array_equal(changed(name), changed(name, clip="b.mp4"))


def test_they_do_what_they_are_called() -> None:
    image = street()
    night = changed("night")
    assert night.mean() < 0.6 * image.mean()
    assert np.array_equal(night[..., 0], night[..., 2])  # infrared has no colour
    assert changed("cover").max() == COVERED
    half = changed("half_cover")
    assert half[:, :60].max() == COVERED
    assert np.array_equal(half[:, -40:], image[:, -40:])
    assert np.abs(np.diff(changed("blur").astype(int), axis=1)).mean() < 8
    moved = np.abs(changed("shift").astype(int) - image).mean()
    shaken = np.abs(changed("shake").astype(int) - image).mean()
    assert moved > 20 > shaken
    freeze = CASES["freeze"].make(random(1))
    assert np.array_equal(freeze(image, 0.0), freeze(image * 0, 5.0))


def test_cases_are_chosen_by_name() -> None:
    assert [case.name for case in named("rain, night")] == ["rain", "night"]
    assert len(named("all")) == len(CASES)
    assert named("") == []
    with pytest.raises(ValueError, match="'snow' is not one of all, night"):
        named("snow")


def test_clips_of_many_views_and_short_ones_show_no_tampering() -> None:
    assert tampered_in(60, Truth(), cuts=0) == Span(24.0, 44.0)
    assert tampered_in(60, Truth(), cuts=2) is None
    assert tampered_in(60, Truth(flags=("concatenated, CUTS every 2 s",)), cuts=0) is None
    assert tampered_in(8, Truth(), cuts=0) is None


def test_what_a_covered_camera_cannot_see_need_not_be_found() -> None:
    times = [(0.0, 60.0), (20.0, 30.0), (30.0, 40.0), (50.0, 60.0)]
    truth = Truth(tuple(TruthEvent(FIRE, *time) for time in times), (FIRE,))
    hard = harder_truth(truth, Span(24.0, 44.0))
    assert [event.is_sure for event in hard.events] == [True, False, False, True, True]
    tampering = hard.events[-1]
    assert (tampering.place.kind, tampering.start_s, tampering.end_s) == ("camera_tamper", 24, 44)
    assert [rule.kind for rule in evaluation_scene(hard).rules][:2] == ["fire", "camera_tamper"]
    assert harder_truth(truth, None) is truth


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "street.mp4"
    with VideoWriter(path, fps=10) as writer:
        for count in range(30):
            writer.write(np.roll(street(), count, 1), count / 10)
    return path


def lumas(path: Path) -> list[float]:
    with av.open(str(path)) as video:
        return [float(f.to_ndarray(format="gray").mean()) for f in video.decode(video=0)]


def test_a_tampered_clip_keeps_its_time_and_is_spoilt_for_a_while(
    clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "cover.mp4"
    write_harder(clip, out, CASES["cover"], Span(1.0, 2.5), seed=1)
    seen = lumas(out)
    assert len(seen) == 30
    assert min(seen[:10]) > 80
    assert max(seen[18:24]) < 30
    assert min(seen[26:]) > 80


def test_compression_is_a_real_one(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "thin.mp4"
    write_harder(clip, out, CASES["compression"], None, seed=1)
    assert out.stat().st_size * 8 / 3.0 < 1.3 * 300_000


def test_harder_clips_are_made_once_and_only_where_they_show_something(
    clip: Path, tmp_path: Path
) -> None:
    truth = Truth((TruthEvent(FIRE, 0.0, 3.0),), (FIRE,))
    case = Case("a/street.mp4", clip, truth, evaluation_scene(truth))
    judged = Judged((), (), frozenset())
    clean = ClipResult("a/street.mp4", truth, case.scene, (), judged, 3.0, 15)
    made = HardClips(tmp_path, 1, evaluation_scene)
    harder = made.of(case, clean, CASES["pumping"])
    assert harder is not None
    assert harder.clip.name == "a_street.mp4.pumping.1.v1.mp4"
    first = harder.clip.stat().st_mtime_ns
    again = made.of(case, clean, CASES["pumping"])
    assert again is not None
    assert again.clip.stat().st_mtime_ns == first
    assert made.of(case, clean, CASES["cover"]) is None  # too short a clip

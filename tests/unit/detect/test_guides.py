"""What guides a camera's attention: the savings that a mode allows, and what overload takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from detect.looking.attention import Guides
from detect.looking.audit import Auditor
from detect.looking.guides import GuideMaker
from detect.looking.look import WHOLE_FRAME, LiveTrack, Look, Region, Seen
from detect.mode import EXACT, USUAL, Economy, Mode
from detect.overload import LEVELS, Service
from detect.scene import Scene
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.pace import Pace
from tests.support.incidents import NOON
from tests.support.walks import people

CAMERA = Camera(CameraId("gate"), StreamUrl.parse("rtsp://10.0.0.1/gate"), 5.0)
CLASSES = ("person", "bench")
ANYWHERE = Scene.parse({"version": 1, "rules": [{"kind": "intrusion", "seconds": 1}]})
PICTURE = SimpleNamespace(width_px=1280, height_px=720)
HEIGHT, WIDTH = 234, 416
SENDS_WHOLE = Seen(people([]), WHOLE_FRAME, 0.6)


def frame(seq: int, *, at_x: int | None = None, fps: float = 5.0) -> Frame:
    """A grey scene with a little noise, and a bright figure at `at_x` pixels from the left."""
    rng = np.random.default_rng(seq)
    image = rng.integers(98, 103, (HEIGHT, WIDTH, 3), np.uint8)
    if at_x is not None:
        image[100:160, at_x : at_x + 30] = 220
    return Frame(CAMERA.id, seq, seq / fps, NOON, 0.0, image, PICTURE)  # type: ignore[arg-type]


def track(label: str = "person", *, is_confirmed: bool = True) -> LiveTrack:
    return LiveTrack(1, label, (0.4, 0.4, 0.45, 0.6), is_confirmed, 0.0, 0.0)


class Camera1:
    """One camera under guides, frame by frame."""

    def __init__(
        self, mode: Mode = USUAL, economy: Economy = "never", fps: float = CAMERA.fps
    ) -> None:
        self.fps = fps
        self.service, self.pace = Service(), Pace(CAMERA.fps)
        maker = GuideMaker(CLASSES, mode, economy, self.service, Auditor(CLASSES))
        self.guides: Guides = maker.of(CAMERA, self.pace)(ANYWHERE)
        self.seq = 0

    def show(self, live: Sequence[LiveTrack] = (), *, at_x: int | None = None) -> Look:
        one = frame(self.seq, at_x=at_x, fps=self.fps)
        self.seq += 1
        look = self.guides.gaze.plan(one, live)
        looked = WHOLE_FRAME if look.kind == "full" else tuple(r.xyxy for r in look.regions)
        self.guides.gaze.learn(one, look, Seen(people([]), looked, 0.6))
        if self.guides.pacing is not None:
            self.guides.pacing.follow(one.t_s, live, look, has_open=False)
        return look


def test_exact_mode_looks_at_every_frame_whole_and_leaves_the_pace_alone() -> None:
    camera = Camera1(EXACT, "always")
    assert {camera.show().kind for _ in range(100)} == {"full"}
    assert camera.guides.pacing is None
    assert camera.pace.wanted == (5.0, False)
    assert camera.pace.wakes is None


def test_an_empty_scene_is_hardly_looked_at_and_slows_down() -> None:
    camera = Camera1()
    kinds = [camera.show().kind for _ in range(150)]
    assert kinds[0] == "full", "nothing is known at first"
    assert kinds.count("nothing") > 120
    assert camera.pace.wanted.fps == 1.0


def test_motion_is_looked_at_where_it_is() -> None:
    camera = Camera1()
    for _ in range(60):
        camera.show()
    looks = [camera.show(at_x=200 + 6 * step) for step in range(5)]
    (parts, *_) = [look for look in looks if look.kind == "regions"]
    assert any(r.xyxy[0] < 215 / WIDTH < r.xyxy[2] for r in parts.regions)
    assert camera.pace.wanted.fps >= 5.0


def test_what_is_followed_is_looked_at_in_every_frame_even_under_the_heaviest_load() -> None:
    camera = Camera1()
    camera.service.set(len(LEVELS) - 1, 3.0)
    for _ in range(40):
        look = camera.show([track(is_confirmed=camera.seq % 3 != 0)])
        if look.kind != "full":
            assert any(r.why == "track" for r in look.regions)


def test_what_no_rule_cares_about_is_not_followed() -> None:
    camera = Camera1()
    looks = [camera.show([track("bench")]) for _ in range(40)]
    assert all(r.why != "track" for look in looks for r in look.regions)


def test_idle_cameras_are_watched_by_key_frames_when_the_machine_is_loaded() -> None:
    camera = Camera1(economy="when_needed")
    for _ in range(100):
        camera.show()
    assert not camera.pace.wanted.keys_only
    camera.service.set(0, 1.5)
    for _ in range(10):
        camera.show()
    assert camera.pace.wanted.keys_only
    assert camera.pace.wakes is not None
    assert not camera.pace.wakes(frame(1000).image)
    assert camera.pace.wakes(frame(1001, at_x=200).image)
    camera.show(at_x=200)
    assert not camera.pace.wanted.keys_only, "something moves"


@pytest.mark.parametrize("saving", ["idle", "rate"])
def test_savings_can_be_left_out_one_by_one(saving: str) -> None:
    camera = Camera1(USUAL.without([saving]), "always")
    for _ in range(100):
        camera.show()
    wanted = camera.pace.wanted
    assert wanted == ((1.0, False) if saving == "idle" else (5.0, True))


def test_overload_can_lower_rates_that_the_scene_may_not() -> None:
    camera = Camera1(USUAL.without(["rate", "idle"]), "always")
    for _ in range(60):
        camera.show()
    assert camera.pace.wanted == (5.0, False)
    camera.service.set(LEVELS.index("floor"), 2.0)
    camera.show()
    assert camera.pace.wanted == (2.0, False)
    unshed = Camera1(USUAL.without(["rate", "idle", "shed"]), "always")
    assert unshed.guides.pacing is None


def test_without_regions_every_frame_is_looked_at_whole_at_the_pace_of_the_scene() -> None:
    camera = Camera1(replace(USUAL, regions=False))
    assert {camera.show().kind for _ in range(100)} == {"full"}
    assert camera.pace.wanted.fps == 1.0


def test_overload_thins_motion_that_nobody_follows_and_counts_it() -> None:
    camera = Camera1(USUAL.without(["audit"]))
    for _ in range(60):
        camera.show()
    camera.service.set(LEVELS.index("quiet"), 2.0)
    moving = [camera.show(at_x=100 + 6 * step) for step in range(30)]
    parts = [look for look in moving if look.kind != "full"]
    assert {look.kind for look in parts} == {"regions", "nothing"}
    assert camera.service.shed(CAMERA.id)["quiet"] >= 5


@pytest.mark.parametrize("fps", [1.0, 1.25, 2.5])
def test_under_the_heaviest_load_what_moves_is_looked_at_every_second_all_the_same(
    fps: float,
) -> None:
    camera = Camera1(USUAL.without(["audit"]), fps=fps)
    for _ in range(20):
        camera.show()
    camera.service.set(len(LEVELS) - 1, 2.0)
    shown: list[float] = []
    whole: list[float] = []
    for step in range(40):
        look = camera.show(at_x=20 + 8 * step)
        t_s = (camera.seq - 1) / fps
        if look.kind == "full" or any(region.why == "motion" for region in look.regions):
            shown.append(t_s)
        if look.kind == "full":
            whole.append(t_s)
    assert max(after - before for before, after in pairwise(shown)) <= 1.0 + 1e-6
    assert max(after - before for before, after in pairwise(whole)) <= 5.0 + 1 / fps


def test_overload_lowers_rates_to_the_floors_of_the_rules_and_counts_it() -> None:
    camera = Camera1()
    fast = replace(track(), speed=0.8)
    for _ in range(5):
        camera.show([fast], at_x=100)
    before = camera.pace.wanted.fps
    camera.service.set(LEVELS.index("floor"), 2.0)
    camera.show([fast], at_x=100)
    assert 2.0 <= camera.pace.wanted.fps < before
    assert camera.service.shed(CAMERA.id)["floor"] == 1


def test_regions_that_follow_things_are_never_thinned() -> None:
    camera = Camera1(USUAL.without(["audit"]))
    for _ in range(60):
        camera.show()
    camera.service.set(len(LEVELS) - 1, 2.0)
    for step in range(20):
        look = camera.show([track()], at_x=100 + 6 * step)
        if look.kind == "regions":
            kept: list[Region] = [r for r in look.regions if r.why == "track"]
            assert kept


def test_where_the_whole_frame_was_cheaper_it_is_not_weighed_again_for_a_second() -> None:
    camera = Camera1(USUAL.without(["audit"]))
    for _ in range(30):
        camera.show()
    one = frame(camera.seq, at_x=100)
    look = camera.guides.gaze.plan(one, [track()])
    assert look.kind == "regions"
    camera.guides.gaze.learn(one, look, Seen(people([]), WHOLE_FRAME, 0.6))
    whys = []
    for step in range(1, 8):
        later = frame(camera.seq + step, at_x=100)
        look = camera.guides.gaze.plan(later, [track()])
        whys.append(look.why)
        camera.guides.gaze.learn(later, look, Seen(people([]), WHOLE_FRAME, 0.6))
    assert whys[:4] == ["crowd"] * 4
    assert whys[4] in ("active", "sweep")
    assert "crowd" in whys[5:] or whys[4] == "sweep"

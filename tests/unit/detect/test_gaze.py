"""When a camera is looked at whole, in parts, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from detect.detections import Detections
from detect.looking.gaze import CHECK_S, SWEEP_BUSY_S, SWEEP_IDLE_S, SWEEP_QUIET_S, RegionGaze
from detect.looking.interest import Interest
from detect.looking.look import LiveTrack, Look, Seen
from detect.scene import Scene
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from tests.support.scenery import Box, picture_frame

FPS = 10.0
ALL: Box = (0.0, 0.0, 1.0, 1.0)
ZONE = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3))
HERE: Box = (0.60, 0.50, 0.70, 0.80)
RULES = Interest(True, frozenset({"person"}))
FRAME = picture_frame((1664, 1248), FrameSize(416, 416))


@dataclass(frozen=True)
class Moved:
    regions: tuple[Box, ...] = ()
    share: float = 0.0
    is_scene_change: bool = False


@dataclass
class Script:
    """A motion gate that says what it is told to say at a time."""

    says: Callable[[float], Moved] = lambda t_s: Moved()
    held: list[Sequence[Box]] = field(default_factory=list)

    def update(self, image: Image, t_s: float, held: Sequence[Box] = ()) -> Moved:
        self.held.append(held)
        return self.says(t_s)


def track(
    xyxy: Box = HERE, label: str = "person", *, confirmed: bool = True, unseen_s: float = 0.0
) -> LiveTrack:
    return LiveTrack(1, label, xyxy, confirmed, unseen_s, 0.0)


def detections(*boxes: Box, label: int = 0) -> Detections:
    n = len(boxes)
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.full(n, 0.8, np.float32), np.full(n, label, np.int32))


class Watcher:
    """Plays frames to a gaze: `found(t_s)` are the people that are seen where it looks."""

    def __init__(
        self,
        interest: Interest = RULES,
        says: Callable[[float], Moved] = lambda t_s: Moved(),
        *,
        camera: str = "a",
        found: Callable[[float], Sequence[Box]] = lambda t_s: (),
        live: Callable[[float], Sequence[LiveTrack]] = lambda t_s: (),
        audits: object = None,
    ) -> None:
        self.gate = Script(says)
        self.gaze = RegionGaze(
            CameraId(camera),
            self.gate,
            interest,
            ("person", "car"),
            audits,  # type: ignore[arg-type]
        )
        self._camera, self._found, self._live = CameraId(camera), found, live

    def watch(self, seconds: float, fps: float = FPS) -> list[tuple[float, Look]]:
        return [self.step(seq, seq / fps) for seq in range(round(seconds * fps))]

    def step(self, seq: int, t_s: float) -> tuple[float, Look]:
        frame = replace(FRAME, camera=self._camera, seq=seq, t_s=t_s)
        look = self.gaze.plan(frame, self._live(t_s))
        looked = (ALL,) if look.kind == "full" else tuple(r.xyxy for r in look.regions)
        shown = [box for box in self._found(t_s) if any(_inside(box, other) for other in looked)]
        self.gaze.learn(frame, look, Seen(detections(*shown), looked, 0.1))
        return t_s, look


def _inside(box: Box, other: Box) -> bool:
    return other[0] <= box[0] and other[1] <= box[1] and box[2] <= other[2] and box[3] <= other[3]


def times(looks: Sequence[tuple[float, Look]], why: str) -> list[float]:
    return [t_s for t_s, look in looks if look.why == why]


def test_the_first_frame_is_looked_at_whole_and_a_quiet_one_not_at_all() -> None:
    looks = [(look.kind, look.why) for _, look in Watcher().watch(3.0)]
    assert looks[0] == ("full", "first")
    assert set(looks[1:]) <= {("nothing", "quiet"), ("full", "sweep")}
    assert looks.count(("nothing", "quiet")) >= 26


@pytest.mark.parametrize(
    ("interest", "is_busy", "period_s"),
    [
        (Interest(), True, SWEEP_IDLE_S),
        (RULES, False, SWEEP_QUIET_S),
        (RULES, True, SWEEP_BUSY_S),
    ],
    ids=["no rules", "rules, quiet", "rules, busy"],
)
def test_sweeps_come_at_the_period_that_rules_and_scene_ask_for(
    interest: Interest, is_busy: bool, period_s: float
) -> None:
    watcher = Watcher(
        interest,
        found=lambda t_s: (HERE,) if is_busy else (),
        live=lambda t_s: (track(),) if is_busy else (),
    )
    sweeps = [t_s for t_s in times(watcher.watch(60), "sweep") if t_s > 15]
    assert 1.0 <= period_s <= 5.0
    gaps = np.diff(sweeps)
    assert len(gaps) > 5
    assert gaps == pytest.approx(np.full(len(gaps), period_s), abs=1.01 / FPS)


def test_cameras_do_not_sweep_together() -> None:
    first = [times(Watcher(camera=f"camera-{n}").watch(20), "sweep")[0] for n in range(40)]
    counts, _ = np.histogram(first, bins=4)
    assert counts.min() >= 3


def test_more_care_sweeps_more_often() -> None:
    watcher = Watcher()
    usual = len(times(watcher.watch(40), "sweep"))
    careful = Watcher()
    careful.gaze.take_care(2.0)
    assert len(times(careful.watch(40), "sweep")) > 1.5 * usual


def test_a_change_of_light_forces_a_whole_frame_and_another_a_second_later() -> None:
    watcher = Watcher(says=lambda t_s: Moved(is_scene_change=abs(t_s - 1.0) < 0.01))
    assert times(watcher.watch(3.5), "light") == pytest.approx([1.0, 2.0])


def test_every_track_is_looked_at_in_every_frame_however_still_it_stands() -> None:
    tracks = (track(), track((0.1, 0.1, 0.15, 0.2), confirmed=False))
    watcher = Watcher(live=lambda t_s: tracks, found=lambda t_s: [one.xyxy for one in tracks])
    for _, look in watcher.watch(30):
        boxes = [region.xyxy for region in look.regions] if look.kind == "regions" else [ALL]
        assert all(any(_inside(one.xyxy, box) for box in boxes) for one in tracks)
    assert watcher.gate.held[-1] == [HERE], "the gate is told where confirmed things stand"


def test_tracks_of_classes_that_no_rule_cares_about_are_let_go() -> None:
    watcher = Watcher(live=lambda t_s: (track(label="car"),))
    assert {look.why for t_s, look in watcher.watch(1.0) if t_s > 0} <= {"quiet", "sweep"}
    everything = Watcher(Interest(), live=lambda t_s: (track(label="car"),))
    assert {look.why for t_s, look in everything.watch(1.0) if t_s > 0} <= {"active", "sweep"}


def test_what_moves_is_looked_at_with_some_ground_round_it() -> None:
    _, look = Watcher(says=lambda t_s: Moved((HERE,), 0.05)).watch(0.2)[1]
    ((region,), why) = (look.regions, look.why)
    assert why == "active"
    assert region.why == "motion"
    assert _inside(HERE, region.xyxy)
    assert region.xyxy != HERE


def test_a_crowd_is_looked_at_whole() -> None:
    crowd = tuple((x / 5, y / 3, x / 5 + 0.15, y / 3 + 0.3) for x in range(5) for y in range(3))
    _, look = Watcher(says=lambda t_s: Moved(crowd, 0.6)).watch(0.2)[1]
    assert (look.kind, look.why) == ("full", "crowd")


def test_a_flag_costs_less_and_less_but_is_looked_at_within_a_second() -> None:
    looks = Watcher(says=lambda t_s: Moved((HERE,), 0.05)).watch(30)
    active = times(looks, "active")
    early = [t_s for t_s in active if t_s < 3]
    late = [t_s for t_s in active if t_s >= 20]
    assert len(early) >= 4
    assert len(late) <= 12
    seen = [t_s for t_s, look in looks if look.kind != "nothing"]
    assert max(np.diff(seen)) <= 1.0 + 1.01 / FPS


def test_who_comes_before_the_flag_larger_than_it_is_looked_at_at_once() -> None:
    """And in every frame from then on, as long as somebody is found."""
    person: Box = (0.55, 0.40, 0.75, 0.90)

    def says(t_s: float) -> Moved:
        return Moved((HERE if t_s < 20 else person,), 0.05)

    watcher = Watcher(says=says, found=lambda t_s: (person,) if t_s >= 20 else ())
    after = [look.kind for t_s, look in watcher.watch(22) if t_s >= 20]
    assert "nothing" not in after


def test_a_zone_is_checked_though_nothing_moves() -> None:
    looks = Watcher(Interest(True, frozenset({"person"}), (ZONE,))).watch(30)
    checks = [look for _, look in looks if look.kind == "regions"]
    assert checks
    assert {region.why for look in checks for region in look.regions} == {"zone"}
    zone: Box = (0.1, 0.1, 0.3, 0.3)
    looked = [
        t_s
        for t_s, look in looks
        if look.kind == "full" or any(_inside(zone, region.xyxy) for region in look.regions)
    ]
    assert max(np.diff(looked)) <= CHECK_S + 1.01 / FPS


def test_what_is_small_far_and_in_a_zone_is_enlarged_and_nothing_else() -> None:
    small_in, small_out = (0.15, 0.15, 0.17, 0.2), (0.8, 0.15, 0.82, 0.2)
    tracks = (track(small_in), track(small_out), track(HERE))
    watcher = Watcher(Interest(True, frozenset({"person"}), (ZONE,)), live=lambda t_s: tracks)
    _, look = watcher.watch(0.2)[1]
    zooms = {
        box: region.zoom
        for region in look.regions
        for box in (small_in, small_out, HERE)
        if _inside(box, region.xyxy)
    }
    assert zooms[small_in] > 1.5
    assert zooms[small_out] == zooms[HERE] == 1.0


def test_a_zone_where_small_things_are_found_is_checked_enlarged() -> None:
    small: Box = (0.15, 0.15, 0.17, 0.2)
    interest = Interest(True, frozenset({"person"}), (ZONE,))
    watcher = Watcher(interest, found=lambda t_s: (small,) if 20 < t_s < 25 else ())
    zooms = {
        (t_s > 25, region.zoom)
        for t_s, look in watcher.watch(50)
        if not 20 <= t_s <= 25
        for region in look.regions
        if region.why == "zone"
    }
    assert zooms == {(False, 1.0), (True, 2.0)}


class EveryThird:
    def chosen(self, camera: CameraId, seq: int) -> bool:
        return seq % 3 == 0


def test_an_audited_frame_says_what_would_have_been_looked_at() -> None:
    watcher = Watcher(live=lambda t_s: (track(),), audits=EveryThird())
    looks = [look for _, look in watcher.watch(3.0)]
    audits = [n for n, look in enumerate(looks) if look.why == "audit"]
    assert len(audits) >= 7
    assert all(n % 3 == 0 for n in audits)
    assert all(looks[n].kind == "full" and looks[n].regions for n in audits)
    assert all(not look.regions for look in looks if look.why in ("first", "sweep"))


def test_the_same_frames_give_the_same_looks() -> None:
    def made() -> list[tuple[float, Look]]:
        rng = np.random.default_rng(3)
        return Watcher(
            says=lambda t_s: Moved((HERE,) if rng.random() < 0.5 else ()),
            found=lambda t_s: (HERE,) if t_s > 5 else (),
        ).watch(15)

    assert made() == made()


def test_what_rules_care_about_is_read_from_the_scene() -> None:
    scene = Scene.parse(
        {
            "version": 1,
            "zones": [
                {"name": "z", "polygon": ZONE},
                {"name": "unused", "polygon": [[0.5, 0.5], [0.9, 0.5], [0.9, 0.9]]},
            ],
            "lines": [{"name": "l", "points": [[0.5, 0.5], [0.6, 0.5]]}],
            "rules": [
                {"kind": "intrusion", "zone": "z"},
                {"kind": "loitering", "zone": "z", "classes": ["car"]},
                {"kind": "line_crossing", "line": "l"},
            ],
        }
    )
    interest = Interest.of(scene)
    assert interest.labels == {"person", "car"}
    assert interest.zones == (ZONE,)
    assert not interest.is_everywhere
    assert interest.is_near((0.19, 0.1, 0.21, 0.2))
    assert interest.is_near((0.55, 0.5, 0.57, 0.53))
    assert not interest.is_near((0.8, 0.1, 0.82, 0.2))
    assert Interest.of(Scene.parse({"version": 1})) == Interest()


def test_a_frame_that_was_planned_but_never_seen_is_planned_again() -> None:
    watcher = Watcher()
    watcher.watch(0.5)
    frames: list[Frame] = [replace(FRAME, seq=n, t_s=10.0 + n / FPS) for n in range(2)]
    assert [watcher.gaze.plan(frame, ()).why for frame in frames] == ["sweep", "sweep"]

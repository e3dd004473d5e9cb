"""The audit: its choice of frames, its judgement, and what it does about misses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from detect.looking.audit import HIGHEST_HOLD, HOLD, MAX_CAMERAS, WINDOW, Audited, Auditor, covered
from detect.looking.look import LiveTrack, Look, Region, Seen
from detect.track import Box
from ingest.camera import CameraId
from tests.support.walks import people

GATE, YARD = CameraId("gate"), CameraId("yard")
CLASSES = ("person", "car", "dog", "chair")
WHOLE: tuple[Box, ...] = ((0.0, 0.0, 1.0, 1.0),)
HERE: Box = (0.4, 0.2, 0.6, 0.6)
"""A region round who stands at (0.5, 0.5)."""
QUIET = Look("full", "audit")
ACTIVE = Look("full", "audit", (Region(HERE),))


def seen(*feet: tuple[float, float], score: float = 0.8) -> Seen:
    return Seen(people(feet, score=score), WHOLE, 1.0)


def follows(*feet: tuple[float, float]) -> list[LiveTrack]:
    return [
        LiveTrack(k, "person", (x - 0.03, y - 0.2, x + 0.03, y), True, 0.0, 0.0)
        for k, (x, y) in enumerate(feet)
    ]


def of(audit: Auditor, camera: CameraId = GATE) -> Audited:
    told = audit.snapshot(camera)
    assert told is not None
    return told


def missed(audit: Auditor, look: Look, what: Seen, live: Sequence[LiveTrack] = ()) -> list[int]:
    audit.judge(GATE, look, what, live)
    told = of(audit)
    return [told.missed, told.looked]


def test_a_box_outside_every_region_that_nobody_follows_is_missed() -> None:
    assert missed(Auditor(CLASSES), ACTIVE, seen((0.5, 0.5), (0.9, 0.9))) == [1, 2]


def test_what_is_followed_is_not_missed() -> None:
    assert missed(Auditor(CLASSES), QUIET, seen((0.9, 0.9)), follows((0.9, 0.88))) == [0, 1]


def test_a_region_must_have_most_of_the_box() -> None:
    half = Look("full", "audit", (Region((0.5, 0.2, 0.8, 0.6)),))
    assert missed(Auditor(CLASSES), half, seen((0.5, 0.5))) == [1, 1]


def test_unsure_boxes_and_furniture_do_not_count() -> None:
    audit = Auditor(CLASSES)
    assert missed(audit, QUIET, seen((0.5, 0.5), score=0.4)) == [0, 0]
    chair = seen((0.5, 0.5))
    chair.detections.label[:] = 3
    assert missed(audit, QUIET, chair) == [0, 0]


def test_only_what_the_rules_ask_for_matters() -> None:
    audit = Auditor(CLASSES)
    audit.watch_for(GATE, ["car"])
    assert missed(audit, QUIET, seen((0.5, 0.5))) == [0, 0]
    audit.watch_for(GATE, [])
    assert missed(audit, QUIET, seen((0.5, 0.5))) == [1, 1]
    audit.watch_for(GATE, CLASSES)
    chair = seen((0.5, 0.5))
    chair.detections.label[:] = 3
    assert missed(audit, QUIET, chair) == [1, 1]


def test_a_look_at_the_whole_frame_misses_nothing_and_tells_nothing() -> None:
    audit = Auditor(CLASSES)
    audit.judge(GATE, Look("full", "sweep"), seen((0.5, 0.5)), [])
    assert audit.snapshot(GATE) is None
    assert audit.node().frames == 0
    assert audit.node().upper == 1.0


def test_plans_may_also_be_given_as_they_were() -> None:
    assert missed(Auditor(CLASSES), Look("nothing", "quiet"), seen((0.5, 0.5))) == [1, 1]
    regions = Look("regions", "active", (Region(HERE),))
    assert missed(Auditor(CLASSES), regions, seen((0.5, 0.5))) == [0, 1]


@pytest.mark.parametrize(("look", "least", "most"), [(QUIET, 195, 205), (ACTIVE, 95, 105)])
def test_one_or_two_frames_in_a_hundred_are_chosen(look: Look, least: int, most: int) -> None:
    audit = Auditor(CLASSES)
    for _ in range(30):
        audit.judge(GATE, look, seen(), [])
    chosen = [seq for seq in range(10_000) if audit.chosen(GATE, seq)]
    assert least <= len(chosen) <= most
    assert max(np.diff(chosen)) < 200  # none is left out for long


def test_the_choice_is_the_same_each_time_and_another_one_elsewhere() -> None:
    def frames(audit: Auditor, camera: CameraId) -> list[int]:
        return [seq for seq in range(2000) if audit.chosen(camera, seq)]

    one = frames(Auditor(CLASSES), GATE)
    assert one == frames(Auditor(CLASSES), GATE)
    assert one != frames(Auditor(CLASSES), YARD)
    assert one != frames(Auditor(CLASSES, key=b"node"), GATE)
    assert len({seq % 50 for seq in one}) > 10  # no rhythm that a scene could share


class Gates:
    """Gates with a known miss rate at each level; people appear, one a frame."""

    def __init__(self, rates: Sequence[float], seed: int = 3, most_missed: float = 0.05) -> None:
        self.rates = list(rates)
        self.audit = Auditor(CLASSES, most_missed=most_missed)
        self._random = np.random.default_rng(seed)
        self.levels: list[int] = []

    def watch(self, frames: int) -> None:
        """So many frames are judged."""
        for _ in range(frames):
            is_missed = self._random.random() < self.rates[self.audit.level(GATE)]
            self.audit.judge(GATE, QUIET if is_missed else ACTIVE, seen((0.5, 0.5)), [])
            self.levels.append(self.audit.level(GATE))


def test_the_interval_covers_the_true_miss_rate() -> None:
    covers = []
    for seed in range(100):
        gates = Gates([0.1] * 4, seed, most_missed=1.0)  # they are not to change meanwhile
        gates.watch(WINDOW + 50)
        told = of(gates.audit)
        assert told.window.n == WINDOW
        covers.append(told.window.low() <= 0.1 <= told.upper)
    assert np.mean(covers) >= 0.93  # at least 0.95 in all, of 100


def test_good_gates_are_left_alone() -> None:
    widened = []
    for seed in range(20):
        gates = Gates([0.005] * 4, seed)
        gates.watch(300)
        widened.append(max(gates.levels) > 0)
    assert sum(widened) <= 2


def test_bad_gates_are_widened_within_twenty_frames_until_they_are_good() -> None:
    gates = Gates([0.5, 0.0, 0.0, 0.0])
    gates.watch(20)
    assert gates.audit.level(GATE) == 1
    assert gates.audit.widening(GATE).sensitivity > 1
    gates.watch(HOLD - 20)
    assert max(gates.levels) == 1


def test_gates_that_are_bad_however_wide_end_in_whole_frames() -> None:
    gates = Gates([0.4, 0.4, 0.4, 0.4])
    gates.watch(100)
    assert gates.audit.level(GATE) == Auditor.HIGHEST
    assert all(gates.audit.chosen(GATE, seq) for seq in range(200))
    gates.watch(HOLD * HIGHEST_HOLD)
    assert gates.levels[-HOLD * HIGHEST_HOLD :] == [3] * (HOLD * HIGHEST_HOLD)


def test_they_narrow_slowly_when_it_is_well_again() -> None:
    gates = Gates([1.0, 1.0, 0.0, 0.0])
    gates.watch(4)
    assert gates.audit.level(GATE) == 2
    gates.rates = [0.0] * 4
    gates.watch(3 * HOLD)
    down = [gates.levels.count(level) for level in (2, 1)]
    assert down == [HOLD, HOLD + 2]
    assert gates.audit.level(GATE) == 0


def test_each_relapse_keeps_them_wide_for_longer() -> None:
    gates = Gates([0.6, 0.0, 0.0, 0.0])
    gates.watch(1500)
    widened = [k for k in range(1, 1500) if gates.levels[k] > gates.levels[k - 1]]
    gaps = np.diff(widened)
    assert len(widened) >= 4
    assert gaps[2] > 2 * gaps[0]
    assert np.mean(np.array(gates.levels) >= 1) > 0.9


def test_the_rate_is_of_the_present_level() -> None:
    gates = Gates([0.9, 0.0, 0.0, 0.0])
    gates.watch(25)
    told = of(gates.audit)
    assert told.level == 1
    assert told.missed >= 2
    assert told.rate == 0.0
    assert 0 < told.upper < 0.3
    assert told.as_dict()["level"] == 1


def test_the_node_is_all_cameras_together() -> None:
    audit = Auditor(CLASSES)
    audit.judge(GATE, ACTIVE, seen((0.5, 0.5)), [])
    audit.judge(YARD, QUIET, seen((0.5, 0.5), (0.8, 0.8)), follows((0.8, 0.8)))
    node = audit.node()
    assert (node.frames, node.looked, node.missed, node.level) == (2, 3, 1, 0)
    assert node.rate == pytest.approx(1 / 3)
    audit.forget(YARD)
    assert audit.snapshot(YARD) is None
    assert audit.node().missed == 0


def test_memory_is_bounded() -> None:
    audit = Auditor(CLASSES)
    for number in range(MAX_CAMERAS + 5):
        camera = CameraId(f"c{number}")
        audit.watch_for(camera, ["person"])
        audit.judge(camera, QUIET, seen(), [])
    assert audit.snapshot(CameraId("c0")) is None
    assert audit.snapshot(CameraId("c5")) is not None
    assert audit.node().frames == MAX_CAMERAS


def test_covered_is_by_one_region() -> None:
    box = np.array([[0.0, 0.0, 1.0, 1.0]])
    halves = np.array([[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]])
    assert covered(box, halves).tolist() == [0.5]
    assert covered(box, np.empty((0, 4))).tolist() == [0.0]
    assert covered(np.empty((0, 4)), halves).shape == (0,)

"""Rules over made-up detections: a person is a box that walks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from detect.detections import Detections
from detect.incident import Incident, IncidentId, ModelRef
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from tests.support.incidents import NOON

Walk = Callable[[float], list[tuple[float, float]]]


def run(
    rules: list[dict[str, object]], walk: Walk, seconds: float, fps: float = 5
) -> list[Incident]:
    """Final states of the incidents raised while people stand with their feet as `walk` says."""
    data = {
        "version": 1,
        "zones": [{"name": "right", "polygon": [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]}],
        "lines": [{"name": "gate", "points": [[0.5, 1], [0.5, 0]]}],
        "rules": rules,
    }
    numbers = iter(range(1000))
    watch = CameraWatch(
        CameraId("c"),
        Scene.parse(data),
        ("person", "car"),
        ModelRef("m", "0"),
        lambda: IncidentId(str(next(numbers))),
    )
    final: dict[str, Incident] = {}
    for step in range(int(seconds * fps)):
        t_s = step / fps
        feet = walk(t_s)
        boxes = np.array([[x - 0.03, y - 0.2, x + 0.03, y] for x, y in feet], np.float32)
        seen = Detections(
            boxes.reshape(-1, 4),
            np.full(len(feet), 0.8, np.float32),
            np.zeros(len(feet), np.int32),
        )
        for change in watch.see(t_s, NOON + timedelta(seconds=t_s), seen):
            final[change.id] = change
    for change in watch.finish():
        final[change.id] = change
    return list(final.values())


INTRUSION = [{"kind": "intrusion", "zone": "right", "seconds": 1}]
LOITERING = [{"kind": "loitering", "zone": "right", "seconds": 5}]
CROSSING = [{"kind": "line_crossing", "line": "gate"}]


@pytest.mark.parametrize("fps", [3, 5, 10])
def test_intrusion_says_when_it_began_and_ended(fps: float) -> None:
    (found,) = run(INTRUSION, lambda t: [(0.2 + t * 0.1, 0.6)] if t < 7 else [], 15, fps)
    assert found.start_s == pytest.approx(3.0, abs=0.5)
    assert found.detected_s == pytest.approx(found.start_s + 1, abs=0.5)
    assert found.end_s == pytest.approx(7.0, abs=0.5)
    began_s = (found.started_at - NOON).total_seconds()
    assert began_s == pytest.approx(found.start_s, abs=1e-3)


def test_a_flickering_person_is_one_intrusion() -> None:
    walk: Walk = lambda t: [] if 3 < t < 4.8 or 8 < t < 9.9 else [(0.7, 0.6)]
    assert len(run(INTRUSION, walk, 20)) == 1


def test_two_people_together_are_one_intrusion_and_a_later_visit_another() -> None:
    two: Walk = lambda t: [(0.6, 0.6), (0.8, 0.7)] if t < 5 else []
    assert len(run(INTRUSION, two, 12)) == 1
    again: Walk = lambda t: [(0.7, 0.6)] if t < 4 or t > 14 else []
    assert len(run(INTRUSION, again, 20)) == 2


def test_nobody_outside_and_nobody_passing_quickly_is_an_intruder() -> None:
    assert run(INTRUSION, lambda t: [(0.3, 0.6)], 10) == []
    assert run(INTRUSION, lambda t: [(0.7, 0.6)] if 5 < t < 5.7 else [], 10) == []


def test_loitering_outlives_a_short_loss_of_sight() -> None:
    walk: Walk = lambda t: [] if 2.5 < t < 4.5 else [(0.7, 0.6)]
    (found,) = run(LOITERING, walk, 9)
    assert found.start_s == pytest.approx(0.2, abs=0.3)


def test_passers_by_do_not_add_up_to_loitering() -> None:
    walk: Walk = lambda t: [(0.5 + (t % 3) * 0.16, 0.6)]
    assert run(LOITERING, walk, 20) == []


@pytest.mark.parametrize(
    ("direction", "there", "back"),
    [("both", 1, 1), ("left_to_right", 1, 0), ("right_to_left", 0, 1)],
)
def test_line_crossing_by_direction(direction: str, there: int, back: int) -> None:
    # Walking up the gate from (0.5, 1) to (0.5, 0), image left is left.
    rule = [{**CROSSING[0], "direction": direction}]
    assert len(run(rule, lambda t: [(0.3 + t * 0.1, 0.6)], 4)) == there
    assert len(run(rule, lambda t: [(0.7 - t * 0.1, 0.6)], 4)) == back


def test_trembling_on_the_line_is_no_crossing() -> None:
    assert run(CROSSING, lambda t: [(0.5 + 0.006 * (-1) ** int(t * 5), 0.6)], 10) == []

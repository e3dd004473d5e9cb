"""Rules over made-up detections: a person is a box that walks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from detect.incident import Incident, IncidentId, ModelRef
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.walks import Foot, people

Walk = Callable[[float], list[Foot]]
RIGHT_HALF = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]


def watch_of(
    rules: list[dict[str, object]], polygon: list[list[float]] = RIGHT_HALF
) -> CameraWatch:
    data = {
        "version": 1,
        "zones": [{"name": "right", "polygon": polygon}],
        "lines": [{"name": "gate", "points": [[0.5, 1], [0.5, 0]]}],
        "rules": rules,
    }
    numbers = iter(range(1000))
    return CameraWatch(
        CameraId("c"),
        Scene.parse(data),
        ("person", "car"),
        ModelRef("m", "0"),
        lambda: IncidentId(str(next(numbers))),
    )


def changes_of(watch: CameraWatch, walk: Walk, seconds: float, fps: float = 5) -> list[Incident]:
    """Every change raised while people stand with their feet as `walk` says."""
    changes = []
    for step in range(int(seconds * fps)):
        t_s = step / fps
        changes += watch.see(t_s, NOON + timedelta(seconds=t_s), people(walk(t_s)))
    return changes + watch.finish()


def run(
    rules: list[dict[str, object]],
    walk: Walk,
    seconds: float,
    fps: float = 5,
    polygon: list[list[float]] = RIGHT_HALF,
) -> list[Incident]:
    """Final states of the incidents."""
    changes = changes_of(watch_of(rules, polygon), walk, seconds, fps)
    return list({change.id: change for change in changes}.values())


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


@pytest.mark.parametrize("fps", [2, 3, 4, 5, 8, 10])
def test_who_walks_along_the_edge_is_not_inside(fps: float) -> None:
    along: Walk = lambda t: [(0.49 + 0.03 * max(0, 1 - abs(t - 4) / 3), 0.3 + 0.07 * t)]
    assert run(INTRUSION, along, 8, fps) == []


def test_who_stays_on_the_edge_for_long_is_inside_from_the_first_moment() -> None:
    (found,) = run(INTRUSION, lambda t: [(0.51, 0.6)], 10)
    assert found.start_s == pytest.approx(0.2, abs=0.21)
    assert found.detected_s == pytest.approx(5.2, abs=0.41)


def test_a_thing_that_comes_in_clearly_counts_from_the_edge() -> None:
    (found,) = run(INTRUSION, lambda t: [(0.4 + 0.04 * t, 0.6)], 12)
    assert found.start_s == pytest.approx(2.5, abs=0.4)
    assert found.detected_s - found.start_s == pytest.approx(1.2, abs=0.25)


def test_a_zone_too_narrow_to_be_clear_of_its_edges_still_works() -> None:
    strip = [[0.5, 0], [0.54, 0], [0.54, 1], [0.5, 1]]
    (found,) = run(INTRUSION, lambda t: [(0.52, 0.6)], 6, polygon=strip)
    assert found.start_s < 1


def test_a_foot_cut_off_by_the_frame_is_inside_a_zone_drawn_to_its_edge() -> None:
    (found,) = run(INTRUSION, lambda t: [(0.7, 1.05)], 6)
    assert found.end_s == pytest.approx(5.8, abs=0.01)


def test_who_leaves_ends_it_and_a_passer_by_at_the_edge_does_not_prolong_it() -> None:
    leaving: Walk = lambda t: (
        [(0.8 - 0.1 * t, 0.6)] if t < 4 else [(0.51, 0.3 + 0.05 * (t - 4))] if t < 8 else []
    )
    (found,) = run(INTRUSION, leaving, 16)
    assert found.end_s == pytest.approx(3.0, abs=0.41)


def test_a_blip_does_not_prolong_it() -> None:
    walk: Walk = lambda t: [(0.7, 0.6)] if t < 5 or 8.9 < t < 9.3 else []
    (found,) = run(INTRUSION, walk, 20)
    assert found.end_s == pytest.approx(4.8, abs=0.01)


def test_a_new_id_in_the_same_place_is_the_same_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two seconds behind somebody, and a tracker that gives up after one and a half.
    monkeypatch.setattr("detect.tracking.tracker.KEEP_S", 1.5)
    monkeypatch.setattr("detect.tracking.tracker.KEEP_STILL_S", 1.5)
    walk: Walk = lambda t: [] if 3 < t < 5.2 else [(0.7, 0.6)]
    watch = watch_of(LOITERING)
    changes = changes_of(watch, walk, 9)
    assert {change.id for change in changes} == {"0"}
    assert changes[-1].start_s == pytest.approx(0.2, abs=0.21)
    assert {track.id for track in watch.tracks} == {2}


def test_a_stay_is_not_handed_to_a_neighbour_while_its_owner_is_in_sight() -> None:
    # One leaves slowly as another comes in beside: neither is inside for five seconds.
    walk: Walk = lambda t: [(0.62 - 0.05 * t, 0.6), (0.40 + 0.04 * t if t < 6 else 0.2, 0.64)]
    assert run(LOITERING, walk, 7) == []


def test_many_changes_are_one_incident_with_one_story() -> None:
    walk: Walk = lambda t: [(0.3 + 0.1 * t, 0.6)] if t < 6 else []
    changes = changes_of(watch_of(INTRUSION), walk, 14)
    assert {change.id for change in changes} == {"0"}
    assert [change.is_open for change in changes] == [True] * (len(changes) - 1) + [False]
    first, last = changes[0], changes[-1]
    assert {(c.start_s, c.started_at, c.detected_s, c.detected_at) for c in changes} == {
        (first.start_s, first.started_at, first.detected_s, first.detected_at)
    }
    updates_s = [change.boxes[-1].t_s for change in changes[:-1]]
    assert all(after - before >= 0.99 for before, after in pairwise(updates_s))
    for at, media_s in (
        (last.started_at, last.start_s),
        (last.detected_at, last.detected_s),
        (last.ended_at, last.end_s),
    ):
        assert at is not None
        assert (at - NOON).total_seconds() == pytest.approx(media_s, abs=1e-3)
    assert last.start_s <= last.detected_s <= (last.end_s or 0)
    assert len(last.boxes) <= 20
    assert last.boxes[0] == first.boxes[0]


def test_nothing_is_followed_across_a_long_gap() -> None:
    watch = watch_of(CROSSING)
    for t_s, x in ((0.0, 0.4), (0.2, 0.4), (30.0, 0.6), (30.2, 0.6)):
        assert watch.see(t_s, NOON + timedelta(seconds=t_s), people([(x, 0.6)])) == []


def test_another_scene_ends_what_was_open_under_the_old_one() -> None:
    watch = watch_of(INTRUSION)
    opened = changes_of_frames(watch, 0.0, 2.0)
    assert [change.is_open for change in opened][:1] == [True]
    watch.rescene(Scene.parse({"version": 1, "rules": INTRUSION_ANYWHERE}))
    changes = changes_of_frames(watch, 2.0, 4.0)
    assert not changes[0].is_open
    assert changes[0].id == opened[0].id
    assert changes[1].zone is None


INTRUSION_ANYWHERE = [{"kind": "intrusion", "seconds": 1}]


def changes_of_frames(watch: CameraWatch, start_s: float, end_s: float) -> list[Incident]:
    changes = []
    for step in range(round(start_s * 5), round(end_s * 5)):
        t_s = step / 5
        changes += watch.see(t_s, NOON + timedelta(seconds=t_s), people([(0.7, 0.6)]))
    return changes


@pytest.mark.parametrize("fps", [2, 3, 5, 10])
def test_a_crossing_is_seen_at_every_rate_and_once(fps: float) -> None:
    (found,) = run(CROSSING, lambda t: [(0.2 + t * 0.1, 0.6)], 6, fps)
    assert found.detected_s == pytest.approx(3.0, abs=0.3 + 2 / fps)
    assert found.end_s == found.detected_s
    assert found.zone == "gate"
    assert found.why == 'A person crossed "gate" from left to right.'


def test_who_is_found_under_a_new_id_beyond_the_line_has_crossed_it() -> None:
    walk: Walk = lambda t: [] if 2.0 < t < 3.8 else [(0.3 + min(t, 2) * 0.08 + (t > 3) * 0.1, 0.6)]
    assert len(run(CROSSING, walk, 6)) == 1


def test_walking_round_the_end_of_the_line_is_no_crossing() -> None:
    line = {"name": "short", "points": [[0.5, 0.9], [0.5, 0.7]]}
    data = {"version": 1, "lines": [line], "rules": [{"kind": "line_crossing", "line": "short"}]}
    watch = watch_of([])
    watch.rescene(Scene.parse(data))
    assert changes_of(watch, lambda t: [(0.3 + t * 0.1, 0.5)], 4) == []


def test_only_the_classes_of_the_rule_count() -> None:
    rules = [{**INTRUSION[0], "classes": ["car"]}, {**CROSSING[0], "classes": ["car", "dog"]}]
    assert run(rules, lambda t: [(0.3 + t * 0.1, 0.6)], 5) == []

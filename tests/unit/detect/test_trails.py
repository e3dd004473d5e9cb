"""How those who raised an incident came."""

from __future__ import annotations

from itertools import pairwise

import pytest

from detect.happenings import STEPS_KEPT
from detect.incident import Incident
from detect.tracking.trails import GONE_S, KEPT_S, STEPS, Trails
from tests.support.walks import track
from tests.unit.detect.test_watch import INTRUSION, changes_of, watch_of


@pytest.mark.parametrize("fps", [1, 4, 5, 25])
def test_a_way_is_at_most_so_long_and_of_so_many_steps(fps: int) -> None:
    trails = Trails()
    for step in range(60 * fps):
        trails.update([track(1, (0.01 * step / fps, 0.5))], step / fps)
    way, now_s = list(trails.ways[1]), 60 - 1 / fps
    assert len(way) <= STEPS
    assert 0.7 * KEPT_S <= now_s - way[0][0] <= KEPT_S + 1
    assert now_s - way[-1][0] <= max(2 * KEPT_S / STEPS, 1 / fps)
    assert all(a[0] < b[0] for a, b in pairwise(way))
    assert way[-1][1] == pytest.approx(0.01 * way[-1][0])


def test_nothing_is_kept_of_what_is_gone_nor_said_of_what_is_only_expected() -> None:
    trails = Trails()
    trails.update([track(1, (0.5, 0.5)), track(2, (0.6, 0.5))], 0)
    trails.update([track(1, (0.5, 0.5), unseen_s=1.0)], 1)
    assert len(trails.ways[1]) == 1
    trails.update([track(1, (0.5, 0.5))], 1 + GONE_S)
    assert set(trails.ways) == {1}
    trails.reset()
    assert not trails.ways


def test_a_path_begins_before_the_rule_was_met() -> None:
    first = changes_of(watch_of(INTRUSION), lambda t: [(0.1 + t * 0.06, 0.6)], 10)[0]
    (path,) = first.paths
    assert first.start_s == pytest.approx(6.7, abs=0.5)
    assert path.points[0][0] < 1, "from where it was first seen"
    assert path.points[0][1] < 0.2
    assert path.points[-1][0] == first.detected_s
    assert all(a[0] < b[0] for a, b in pairwise(path.points))
    assert len(path.points) <= STEPS + 1


def test_a_long_way_is_thinned_and_still_shows_both_ends() -> None:
    def walk(t_s: float) -> list[tuple[float, float]]:
        return [(min(0.9, 0.1 + t_s * 0.08) + 0.02 * (int(t_s) % 2), 0.6)]

    changes = changes_of(watch_of(INTRUSION), walk, 200)
    last: Incident = changes[-1]
    (path,) = last.paths
    assert STEPS_KEPT / 2 <= len(path.points) <= STEPS_KEPT
    assert path.points[0][1] < 0.2
    assert path.points[-1][0] == pytest.approx(200, abs=1.5)
    assert all(a[0] < b[0] for a, b in pairwise(path.points))
    assert last.updated_s == path.points[-1][0]

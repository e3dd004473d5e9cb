"""A camera that gives no frames any longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detect.incident import Incident, IncidentId, ModelRef
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.walks import people

RULES = [{"kind": "intrusion", "seconds": 1}, {"kind": "camera_tamper"}]


def watched(rules: list[dict[str, object]], until_s: float = 3.0) -> CameraWatch:
    """Somebody walks through the picture for some seconds."""
    numbers = iter(range(1000))
    watch = CameraWatch(
        CameraId("gate"),
        Scene.parse({"version": 1, "rules": rules}),
        ("person",),
        ModelRef("m", "0"),
        lambda: IncidentId(str(next(numbers))),
    )
    for step in range(int(until_s * 5)):
        walk(watch, step / 5)
    return watch


def walk(watch: CameraWatch, t_s: float) -> list[Incident]:
    return watch.see(t_s, NOON + timedelta(seconds=t_s), people([(0.2 + 0.05 * t_s % 0.6, 0.6)]))


def at(t_s: float) -> object:
    return NOON + timedelta(seconds=t_s)


def test_what_was_open_ends_as_last_seen_and_the_loss_is_told_once() -> None:
    watch = watched(RULES)
    told = watch.lose(15.0, NOON + timedelta(seconds=17.8))
    assert [(one.kind, one.is_open) for one in told] == [
        ("intrusion", False),
        ("camera_tamper", True),
    ]
    assert told[0].ended_at == at(2.8)
    assert told[1].started_at == at(2.8)
    assert "15 s" in told[1].why
    assert set(told[1].why_in) == {"en", "kk", "ru"}
    assert watch.lose(16.0, NOON + timedelta(seconds=18.8)) == []


def test_the_loss_lasts_until_pictures_come_again() -> None:
    watch = watched(RULES)
    (_, lost) = watch.lose(15.0, NOON + timedelta(seconds=17.8))
    ended = [
        change
        for step in range(50)
        for change in walk(watch, 600 + step / 5)
        if change.kind == "camera_tamper"
    ]
    assert [one.id for one in ended] == [lost.id]
    assert ended[0].ended_at == at(600)


@pytest.mark.parametrize("rules", [[], [{"kind": "fire"}]])
def test_without_such_a_rule_nothing_is_told(rules: list[dict[str, object]]) -> None:
    assert watched(rules).lose(15.0, NOON) == []


def test_a_camera_that_never_gave_a_frame_is_told_by_its_health_alone() -> None:
    assert watched(RULES, until_s=0).lose(15.0, NOON) == []

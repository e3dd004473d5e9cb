"""A rule that raises rests; everything else goes on as if it were not there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.analyze import Analysis
from detect.errors import RuleFailed
from detect.incident import Incident, IncidentId, ModelRef
from detect.looking.attention import Attention, Guides, WholeGaze
from detect.looking.look import WHOLE_FRAME, Look, Seen
from detect.rules import KINDS, Finding
from detect.rules.loitering import Loitering
from detect.ruling import FIRST_REST_S, LONGEST_REST_S, PROVEN_S
from detect.scene import Scene
from detect.view import View
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame
from tests.support.frames import frame
from tests.support.incidents import NOON
from tests.support.walks import people

INTRUSION = {"kind": "intrusion", "zone": "all", "seconds": 1}
LOITERING = {"kind": "loitering", "zone": "all", "seconds": 2}
Fails = Callable[[float], bool]


@contextmanager
def failing(fails: Fails) -> Iterator[None]:
    """Loitering raises at the media times for which `fails` is true."""

    class Failing(Loitering):
        def judge(self, view: View) -> list[Finding]:
            found = super().judge(view)
            if fails(view.t_s):
                raise ZeroDivisionError("nobody\nthere")
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS, "loitering", replace(KINDS["loitering"], judge=Failing))
        yield


def watch_of(*rules: dict[str, Any]) -> CameraWatch:
    zone = {"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    numbers = count()
    return CameraWatch(
        CameraId("gate"),
        Scene.parse({"version": 1, "zones": [zone], "rules": list(rules)}),
        ("person", "car"),
        ModelRef("m", "0"),
        lambda: IncidentId(str(next(numbers))),
    )


def see(watch: CameraWatch, from_s: float, to_s: float, fps: float = 5) -> list[Incident]:
    """One person stands there all the time."""
    changes = []
    for step in range(round(from_s * fps), round(to_s * fps)):
        at = NOON + timedelta(seconds=step / fps)
        changes += watch.see(step / fps, at, people([(0.5, 0.6)]))
    return changes


def told(changes: list[Incident], kind: str) -> list[tuple[object, ...]]:
    """What was said of one kind, without ids."""
    return [
        (one.start_s, one.detected_s, one.end_s, one.score, one.why, one.boxes, one.paths)
        for one in changes
        if one.kind == kind
    ]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 149)))
def test_one_that_raises_at_random_changes_nothing_for_the_others(steps: set[int]) -> None:
    alone = watch_of(INTRUSION)
    with failing(lambda t_s: round(t_s * 5) in steps):
        both = watch_of(LOITERING, INTRUSION)
        changes = see(both, 0, 30)
        changes += both.finish()
    wanted = see(alone, 0, 30) + alone.finish()
    assert told(changes, "intrusion") == told(wanted, "intrusion")
    assert sum(both.failures.values()) <= len(steps)
    assert bool(both.failures) == bool(both.faults), "not proven yet"
    assert bool(both.failures) == bool(steps)
    opened = {one.id for one in changes if one.is_open}
    ended = [one.id for one in changes if not one.is_open]
    assert opened == set(ended), "what is open when a rule fails is ended"
    assert len(ended) == len(set(ended))


def test_it_is_said_once_counted_and_told_with_kind_zone_and_since(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with failing(lambda t_s: t_s >= 3), caplog.at_level(logging.INFO):
        watch = watch_of(LOITERING, INTRUSION)
        see(watch, 0, 30)
    (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    said = line.getMessage()
    assert "camera gate: rule loitering in 'all' failed" in said
    assert "ZeroDivisionError: nobody there (test_ruling.py:" in said
    assert "\n" not in said
    (fault,) = watch.faults
    assert (fault.kind, fault.zone) == ("loitering", "all")
    assert fault.since == NOON + timedelta(seconds=3)
    assert fault.failures == watch.failures["loitering"] == 4, "after 0, 2, 4 and 8 s"


def test_its_rests_grow_and_are_bounded() -> None:
    tried: list[float] = []

    def fails(t_s: float) -> bool:
        tried.append(t_s)
        return True

    with failing(fails):
        see(watch_of(LOITERING), 0, 1500, fps=1)
    rests = [b - a for a, b in pairwise(tried)]
    assert rests[0] == FIRST_REST_S
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_REST_S


def test_after_its_rest_it_judges_again_and_works_once_that_is_proven() -> None:
    with failing(lambda t_s: t_s == 5):
        watch = watch_of(LOITERING)
        before = see(watch, 0, 7)
        assert not watch.has_open
        assert before[-1].end_s == 4.8, "ended as last seen"
        after = see(watch, 7, 15)
        assert after[0].detected_s == pytest.approx(5 + FIRST_REST_S + 2, abs=0.5)
        assert watch.faults
        see(watch, 15, 8 + PROVEN_S + FIRST_REST_S)
    assert not watch.faults
    assert watch.failures == {"loitering": 1}


def test_one_that_cannot_even_be_made_rests_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(*_: object) -> Loitering:
        raise RuntimeError("no weights")

    monkeypatch.setitem(KINDS, "loitering", replace(KINDS["loitering"], judge=make))
    watch = watch_of(LOITERING, INTRUSION)
    assert any(one.kind == "intrusion" for one in see(watch, 0, 5))
    assert [fault.kind for fault in watch.faults] == ["loitering"]


def test_a_lost_camera_is_told_to_the_others() -> None:
    watch = watch_of(LOITERING, {"kind": "camera_tamper"})

    def lost(self: Loitering, idle_s: float) -> list[Finding]:
        raise ValueError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loitering, "lost", lost)
        see(watch, 0, 1)
        changes = watch.lose(20.0, NOON + timedelta(seconds=21))
    assert [one.kind for one in changes] == ["camera_tamper"]
    assert [fault.error.split(" ")[0] for fault in watch.faults] == ["ValueError"]


def test_another_scene_begins_without_faults() -> None:
    with failing(lambda t_s: True):
        watch = watch_of(LOITERING)
        see(watch, 0, 1)
    watch.rescene(Scene.parse({"version": 1, "rules": []}))
    see(watch, 1, 2)
    assert not watch.faults
    assert not watch.failures


def test_over_a_file_all_is_given_and_then_it_is_an_error() -> None:
    class Eye:
        def see(self, frames: Sequence[Frame], looks: Sequence[Look]) -> list[Seen]:
            return [Seen(people([(0.5, 0.6)]), WHOLE_FRAME, 1.0) for _ in frames]

    found: list[Incident] = []
    frames = (frame("gate", step) for step in range(40))
    with failing(lambda t_s: t_s >= 3):
        analysis = Analysis(Attention(watch_of(LOITERING, INTRUSION), Guides(WholeGaze())))
        with pytest.raises(RuleFailed, match=r"loitering \(2x\)"):
            found.extend(analysis.attentive(frames, Eye()))
    assert {one.kind for one in found} == {"intrusion", "loitering"}

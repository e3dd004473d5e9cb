"""Scenes, sums, reliability and what an evaluation says of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from detect.evaluation.figures import ClipResult, Failed, Figures, HeadCount, Thumb, figures
from detect.evaluation.hard_table import hard_dict, hard_table
from detect.evaluation.match import judge
from detect.evaluation.page import as_html
from detect.evaluation.reliability import reliability
from detect.evaluation.report import as_dict, as_text
from detect.evaluation.scenes import anywhere, evaluation_scene, restricted
from detect.guard.truth import Place, Truth, TruthEvent
from detect.rules import KINDS
from tests.support.incidents import incident

LAWN = Place("intrusion", ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)), 1.0)
TRUTH = Truth((TruthEvent(LAWN, 10.0, 20.0), TruthEvent(LAWN, 40.0, 50.0)), (LAWN,))


def result(name: str = "a.mp4") -> ClipResult:
    found = incident(1, kind="intrusion", zone="truth-1", start_s=10, detected_s=12, end_s=20)
    false = incident(2, kind="fire", zone=None, start_s=30, detected_s=31, score=0.4, why="Fl<mes.")
    scene = evaluation_scene(TRUTH)
    judged = judge([found, false], TRUTH, {rule.kind for rule in scene.rules})
    thumbs = {found.id: Thumb(12.0, b"\xff\xd8picture"), "event-1": Thumb(45.0, b"\xff\xd8missed")}
    heads = (HeadCount(5.0, 4, 3),)
    return ClipResult(name, TRUTH, scene, (found, false), judged, 60.0, 300, (7.0,), heads, thumbs)


def test_every_other_kind_that_needs_no_place_watches_for_false_alarms() -> None:
    scene = evaluation_scene(TRUTH)
    kinds = [rule.kind for rule in scene.rules]
    assert kinds[0] == "intrusion"
    assert sorted(kinds[1:]) == sorted(anywhere())
    assert not {"loitering", "line_crossing", "speeding", "weapon"} & set(anywhere())
    assert {"fire", "fight", "camera_tamper", "person_down"} <= set(anywhere())
    assert [rule.kind for rule in evaluation_scene(TRUTH, negatives=False).rules] == ["intrusion"]


def test_kinds_can_be_asked_for_alone() -> None:
    assert [r.kind for r in evaluation_scene(TRUTH, only={"fire"}).rules] == ["fire"]
    scene = restricted(evaluation_scene(TRUTH), {"smoke", "intrusion"})
    assert {rule.kind for rule in scene.rules} == {"smoke", "intrusion"}


def test_sums_are_by_kind_with_bounds() -> None:
    total = figures([result("a"), result("b")], [Failed("c", "is no video")])
    rows = {kind.kind: kind for kind in total.kinds}
    assert list(rows) == [name for name in KINDS if name in rows]
    assert (rows["intrusion"].found.hits, rows["intrusion"].found.n) == (2, 4)
    assert rows["intrusion"].delays_s == (1.0, 1.0)
    assert (rows["fire"].false.count, rows["fire"].false.hours) == (2, pytest.approx(1 / 30))
    assert total.false.per_hour == pytest.approx(60.0)
    data = json.loads(json.dumps(as_dict(total)))
    assert data["kinds"]["intrusion"]["recall"]["low"] == pytest.approx(0.0676)
    assert data["kinds"]["fire"]["false"]["high"] == pytest.approx(216.7, abs=0.1)
    assert data["people"] == {"counted": 8, "seen": 6, "pictures": 2}
    assert data["clips"]["a"]["incidents"][1]["verdict"] == "false"
    assert data["failed"] == {"c": "is no video"}


def test_people_read_what_was_missed_and_false_line_by_line() -> None:
    lines = as_text(figures([result()], [Failed("c", "is no video")])).splitlines()
    assert any(re.match(r"intrusion +2 +1 +0\.500 \[0\.01 0\.99\]", line) for line in lines)
    assert "  missed: intrusion 40.0 to 50.0 s" in lines
    assert any(
        line.startswith("  false (unlisted): fire 30.0 s, raised 31.0 s, score 0.40")
        for line in lines
    )
    assert "c: is no video" in lines
    assert any("6 followed" in line or "3 followed of 4 = 0.75" in line for line in lines)
    assert max(map(len, lines)) <= 120


def test_what_the_truth_is_silent_about_is_marked_but_false_all_the_same() -> None:
    one = result()
    assert as_dict(figures([one]))["clips"]["a.mp4"]["incidents"][1]["unlisted"]
    for said in ({"negative_for": frozenset({"fire"})}, {"is_ordinary": True}):
        denied = replace(one, truth=replace(TRUTH, **said))
        assert "  false: fire" in as_text(figures([denied]))
        assert figures([denied]).false.count == figures([one]).false.count == 1


def test_the_page_stands_alone_and_escapes() -> None:
    clean = figures([result()])
    page = as_html("Gate & lawn", clean, {"night": clean})
    assert "<title>Gate &amp; lawn</title>" in page
    assert "data:image/jpeg;base64," in page
    assert "Fl&lt;mes." in page
    assert "Fl<mes." not in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "night: a.mp4" in page
    assert page.count("<svg") == 3  # a timeline each, and the diagram


def test_hard_cases_stand_beside_the_clean_clips() -> None:
    clean = figures([result()])
    table = hard_table(clean, {"night": clean, "cover": figures([])})
    (row,) = [line for line in table.splitlines() if line.startswith("intrusion")]
    assert row.split() == ["intrusion", "1/2", "1/2", "."]
    (fire,) = [line for line in table.splitlines() if line.startswith("fire ")]
    assert fire.split() == ["fire", "-", "+1", "-", "+1", "."]
    assert hard_dict({"night": clean})["night"]["intrusion"]["found"] == 1


def test_scores_that_say_what_they_mean_have_no_error() -> None:
    right = reliability([(0.8, True)] * 8 + [(0.8, False)] * 2)
    assert right.error == pytest.approx(0.0)
    boastful = reliability([(0.95, True)] * 5 + [(0.95, False)] * 5 + [(1.0, True)] * 10)
    assert boastful.error == pytest.approx(abs(0.975 - 0.75))
    assert [(b.low, b.true.n) for b in boastful.bins] == [(0.9, 20)]
    assert reliability([]).error is None


def test_nothing_at_all_can_be_told() -> None:
    empty: Figures = figures([])
    assert empty.hours == 0
    assert "all" in as_text(empty)
    assert as_dict(empty)["false"]["per_hour"] is None
    assert "</html>" in as_html("nothing", empty)


def test_words_and_times_that_cannot_be_meant_are_told() -> None:
    one = result()
    late = TruthEvent(LAWN, 70.0, 80.0)
    truth = replace(TRUTH, events=(*TRUTH.events, late), unknown=("intruson", "xyzzy"))
    watched = {rule.kind for rule in one.scene.rules}
    told = as_text(
        figures([replace(one, truth=truth, judged=judge(one.incidents, truth, watched))])
    )
    assert "'intruson' is no kind of this version; did you mean 'intrusion'?" in told
    assert "'xyzzy' is no kind of this version\n" in told + "\n"
    assert "check its times: intrusion 70.0 to 80.0 s, but the clip ends at 60.0 s" in told

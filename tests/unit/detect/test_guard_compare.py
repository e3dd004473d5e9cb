"""What is counted, clip by clip and in all, and when it is too little."""

from __future__ import annotations

import json

import pytest

from detect.guard.bounds import Rate, Share
from detect.guard.compare import Comparison, compare, total
from detect.guard.report import as_dict, as_html, as_text
from detect.guard.truth import Place, Truth, TruthEvent
from detect.guard.verdict import Bounds, faults
from tests.support.runs import happening, path, run, walk

LAWN = Place("intrusion", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0)), 1.0)
TRUTH = Truth((TruthEvent(LAWN, 10.0, 20.0), TruthEvent(LAWN, 40.0, 50.0)), (LAWN,))
SLOW = path(walk(0.0, 20.0, (0.2, 0.6), (0.6, 0.6)), number=7)
BRISK = path(walk(0.0, 4.0, (0.2, 0.9), (0.9, 0.9)), number=8)
FIRST, SECOND = happening(10.0, 11.0, 20.0, track=7), happening(40.0, 41.0, 50.0, track=8)


def test_a_run_keeps_up_with_itself() -> None:
    one = run([FIRST, SECOND], [SLOW, BRISK])
    result = compare(one, one, TRUTH)
    assert result.all.incidents == Share(2, 2)
    assert result.all.tracks == Share(2, 2)
    assert result.all.delays_s == (0.0, 0.0)
    assert result.extra_incidents.count == result.extra_tracks.count == 0
    assert result.truth.ratio == 1.0
    assert faults(result, Bounds()) == []


def test_what_is_missed_is_told_by_slice() -> None:
    result = compare(run([FIRST, SECOND], [SLOW, BRISK]), run([SECOND], [BRISK]), TRUTH)
    assert result.all.incidents == Share(1, 2)
    assert result.rows["slow"].incidents == Share(0, 1)
    assert result.rows["slow"].tracks == Share(0, 1)
    assert result.rows["crowd"].tracks == Share(0, 0)
    assert result.truth.again == Share(1, 2)
    assert result.truth.ratio == 0.5


def test_delay_is_against_the_reference_and_against_the_truth() -> None:
    late = happening(10.5, 12.5, 20.0)
    row = compare(run([FIRST]), run([late]), TRUTH)
    assert row.all.delays_s == (1.5,)
    assert row.truth.delays_reference_s == (0.0,)
    assert row.truth.delays_test_s == (1.5,)


def test_a_false_alarm_is_what_neither_the_reference_nor_the_truth_has() -> None:
    ghost = happening(30.0, 31.0, 32.0)
    result = compare(run([FIRST], seconds=1800.0), run([FIRST, SECOND, ghost]), TRUTH)
    assert result.extra_incidents == Rate(1, 0.5)  # the second is true, the reference missed it
    assert result.truth.false_test.count == 1
    assert result.truth.false_reference.count == 0
    without_truth = compare(run([FIRST]), run([FIRST, SECOND, ghost]), None)
    assert without_truth.extra_incidents.count == 2
    assert without_truth.truth.ratio is None


def test_tracks_that_the_reference_has_not_are_counted() -> None:
    result = compare(run([FIRST], [SLOW]), run([FIRST], [SLOW, BRISK]), None)
    assert result.extra_tracks.count == 1


def test_slices_of_the_truth_hold_for_its_events_and_clips() -> None:
    told = Truth(
        (TruthEvent(LAWN, 10.0, 20.0, frozenset({"abandoned"})),),
        (LAWN,),
        slices=frozenset({"night_noise"}),
    )
    one = run([FIRST], [SLOW])
    result = compare(one, one, told)
    assert result.rows["abandoned"].incidents == Share(1, 1)
    assert result.rows["night noise"].incidents == Share(1, 1)
    assert result.rows["night noise"].tracks == Share(1, 1)
    assert result.rows["crowd"].incidents == Share(0, 0)


def test_comparisons_add_up() -> None:
    one = compare(run([FIRST], [SLOW]), run([FIRST], [SLOW]), TRUTH)
    other = compare(run([SECOND], [BRISK]), run([], []), TRUTH)
    both = total([one, other])
    assert both.clips == 2
    assert both.all.incidents == Share(1, 2)
    assert both.rows["slow"].tracks == Share(1, 1)
    assert both.reference.frames == 600
    assert both.extra_incidents.hours == pytest.approx(2 / 60)


def comparison(found: int, n: int, extra: int = 0) -> Comparison:
    wanted = [happening(20.0 * k, 20.0 * k + 1, 20.0 * k + 5, number=k) for k in range(n)]
    ghosts = [happening(20.0 * k, 20.0 * k + 1, 20.0 * k + 5) for k in range(n, n + extra)]
    return compare(run(wanted), run([*wanted[:found], *ghosts]), None)


def test_the_bounds_are_kept_or_the_fault_is_told() -> None:
    assert faults(comparison(50, 50, extra=2), Bounds()) == []
    (recall,) = faults(comparison(48, 50), Bounds())
    assert recall == "incident recall 0.960 (48 of 50) is below 0.98"
    (extra,) = faults(comparison(50, 50, extra=3), Bounds())
    assert extra.startswith("3 false alarms")
    assert faults(comparison(48, 50), Bounds(least_recall=0.95)) == []


def test_certain_asks_for_the_lower_bound() -> None:
    few, many = comparison(20, 20), comparison(200, 200)
    assert faults(few, Bounds()) == []
    (told,) = faults(few, Bounds(certain=True))
    assert told == "incident recall at least 0.832 (20 of 20) is below 0.98"
    assert faults(many, Bounds(certain=True)) == []


def test_tracks_and_the_truth_can_fail_it_too() -> None:
    lost = compare(run([FIRST], [SLOW, BRISK]), run([FIRST], [SLOW]), None)
    assert faults(lost, Bounds()) == []
    assert "track recall 0.500" in faults(lost, Bounds(least_track_recall=0.9))[0]
    ghost = happening(30.0, 31.0, 32.0)
    wrong = compare(run([FIRST]), run([FIRST, ghost]), TRUTH)
    assert any("by the truth" in one for one in faults(wrong, Bounds(most_extra_false=1.0))) is True


def test_nothing_to_find_shows_nothing() -> None:
    (told,) = faults(compare(run(), run(), None), Bounds())
    assert "nothing is shown" in told
    assert faults(Comparison(), Bounds()) == [told]


def test_the_report_tells_counts_bounds_and_slices() -> None:
    result = compare(run([FIRST, SECOND], [SLOW, BRISK]), run([SECOND], [BRISK]), TRUTH)
    wrong = faults(result, Bounds())
    data = json.loads(json.dumps(as_dict(result, wrong), allow_nan=False))
    assert data["rows"]["all"]["incidents"] == {
        "hits": 1,
        "n": 2,
        "rate": 0.5,
        "low": 0.0126,
        "high": 0.9874,
    }
    assert data["ok"] is False
    assert data["truth"]["ratio"] == 0.5
    assert data["rows"]["abandoned"]["tracks"]["rate"] is None
    text = as_text(result, {"gate": result})
    assert "1/2 = 0.500 [0.01 0.99]" in text
    assert "recall of the test / of the reference: 0.500" in text
    assert "missed in gate: intrusion truth-1 (person) 10.0 to 20.0 s" in text
    assert max(map(len, text.splitlines())) <= 110
    page = as_html("Guard <x>", result, wrong, text)
    assert "Guard &lt;x&gt;" in page
    assert "incident recall 0.500" in page


def test_an_empty_report_is_still_json() -> None:
    json.dumps(as_dict(Comparison(), []), allow_nan=False)
    assert "no time" in as_text(Comparison())

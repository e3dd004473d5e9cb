"""Which incidents are the same happening; what the truth says of each."""

from __future__ import annotations

from detect.guard.incidents import against_truth, incident_spans, match
from detect.guard.truth import Place, Truth, TruthEvent
from detect.incident import Incident
from tests.support.runs import happening

LAWN = Place("intrusion", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0)), 1.0)
GATE = Place("line_crossing", ((0.5, 0.0), (0.5, 1.0)))


def matched(wanted: list[Incident], got: list[Incident]) -> tuple[set[int], set[int]]:
    result = match(incident_spans(wanted), incident_spans(got))
    return set(result.found), set(result.extra)


def crossing(t_s: float) -> Incident:
    return happening(t_s, t_s, t_s, kind="line_crossing", zone="gate")


def test_overlap_in_time_at_the_same_place_is_the_same() -> None:
    one = happening(10.0, 11.0, 20.0)
    assert matched([one], [happening(12.0, 13.0, 18.0)]) == ({0}, set())
    assert matched([one], [happening(21.0, 21.2, 22.0)]) == ({0}, set())  # sees no sooner
    assert matched([one], [happening(23.0, 24.0, 25.0)]) == (set(), {0})
    assert matched([one], [happening(12.0, 13.0, 18.0, zone="road")]) == (set(), {0})
    assert matched([one], [happening(12.0, 13.0, 18.0, kind="loitering")]) == (set(), {0})


def test_one_that_still_goes_on_lasts_until_it_was_detected_at_least() -> None:
    assert matched([happening(10.0, 30.0, None)], [happening(28.0, 29.0, 31.0)]) == ({0}, set())


def test_a_happening_in_pieces_is_found_and_no_false_alarm() -> None:
    whole, pieces = happening(0.0, 1.0, 30.0), [happening(0, 1, 9), happening(15, 16, 30)]
    assert matched([whole], pieces) == ({0}, set())
    assert matched(pieces, [whole]) == ({0, 1}, set())


def test_each_crossing_counts() -> None:
    assert matched([crossing(5.0), crossing(5.5)], [crossing(5.3)]) == ({1}, set())
    assert matched([crossing(5.3)], [crossing(5.0), crossing(5.5)]) == ({0}, {0})


def test_a_happening_in_pieces_is_as_late_as_its_nearest_piece() -> None:
    pieces, whole = [happening(0.0, 1.0, 9.0), happening(15.0, 16.0, 60.0)], happening(0, 1, 60)
    assert match(incident_spans(pieces), incident_spans([whole])).pairs == ((0, 0),)


def test_crossings_pair_with_the_nearest() -> None:
    result = match(
        incident_spans([crossing(5.0), crossing(6.0)]),
        incident_spans([crossing(6.1), crossing(5.1)]),
    )
    assert result.pairs == ((0, 1), (1, 0))


def test_the_truth_counts_what_was_found_and_how_late() -> None:
    truth = Truth((TruthEvent(LAWN, 50.0, 70.0), TruthEvent(LAWN, 90.0, 95.0)), (LAWN,))
    told = against_truth([happening(50.5, 51.5, 69.0)], truth)
    assert told.found == {0}
    assert told.delays_s == {0: 0.5}
    assert told.false == set()
    assert told.known == {0}


def test_what_the_truth_does_not_have_is_false_where_it_tells_everything() -> None:
    truth = Truth((TruthEvent(LAWN, 50.0, 70.0),), (LAWN,), frozenset({"loitering"}))
    raised = [
        happening(10.0, 11.0, 12.0),
        happening(10.0, 11.0, 12.0, zone="elsewhere"),
        happening(10.0, 25.0, 30.0, kind="loitering", zone="elsewhere"),
    ]
    assert against_truth(raised, truth).false == {0, 2}


def test_two_places_of_one_kind_are_kept_apart() -> None:
    road = Place("intrusion", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.4)), 1.0)
    truth = Truth((TruthEvent(LAWN, 5.0, 9.0), TruthEvent(road, 5.0, 9.0)), (LAWN, road))
    assert against_truth([happening(5.0, 6.0, 9.0, zone="truth-2")], truth).found == {1}


def test_an_unsure_event_is_neither_missed_nor_false() -> None:
    truth = Truth((TruthEvent(LAWN, 5.0, 9.0, is_sure=False),), (LAWN,))
    assert against_truth([], truth).events == ()
    told = against_truth([happening(5.0, 6.0, 9.0)], truth)
    assert (told.found, told.false) == (set(), set())


def test_each_true_crossing_needs_its_own() -> None:
    truth = Truth((TruthEvent(GATE, 5.0, 5.0), TruthEvent(GATE, 5.8, 5.8)), (GATE,))
    told = against_truth([happening(5.1, 5.1, 5.1, kind="line_crossing", zone="truth-1")], truth)
    assert told.found == {0}

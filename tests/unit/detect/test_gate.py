"""The gate of quantised models: what counts as found again, slices, bounds, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from detect.detections import Detections
from detect.gate import LEAST_BOXES, Slice, refusal, slices
from detect.looking.agreement import Found, agreement, found_again

CLASSES = ("person", "car", "dog")


def seen(*boxes: tuple[float, float, float, float, float, int]) -> Detections:
    rows = np.array(boxes, np.float32).reshape(-1, 6)
    return Detections(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int32))


PERSON = (0.1, 0.1, 0.2, 0.15, 0.9, 0)
CAR = (0.5, 0.5, 0.8, 0.9, 0.6, 1)
UNSURE = (0.3, 0.3, 0.4, 0.4, 0.3, 0)


@pytest.mark.parametrize(
    ("got", "found"),
    [
        ([PERSON, CAR], [True, True]),
        ([CAR], [False, True]),
        ([(*PERSON[:4], 0.25, 0)], [True, False]),  # less sure, but there
        ([(*PERSON[:5], 2)], [False, False]),  # another class
        ([(0.15, 0.1, 0.25, 0.15, 0.9, 0)], [False, False]),  # beside it
        ([], [False, False]),
    ],
)
def test_found_again(got: list[tuple[float, ...]], found: list[bool]) -> None:
    assert found_again(seen(PERSON, CAR, UNSURE), seen(*got)).tolist() == found  # type: ignore[arg-type]


def test_agreement_counts_both_sides() -> None:
    assert agreement([seen(PERSON)], [seen(PERSON, CAR)]) == Found(2, 3)
    assert agreement([seen()], [seen(UNSURE)]).share == 1.0


def test_slices_by_kind_and_height() -> None:
    found = slices([seen(PERSON, CAR)] * 2, [seen(PERSON), seen(PERSON, CAR)], CLASSES)
    assert {one.name: (one.again, one.of) for one in found} == {
        "all": (3, 4),
        "person": (2, 2),
        "person, small": (2, 2),
        "vehicle": (1, 2),
        "vehicle, large": (1, 2),
    }
    assert found[0].name == "all"


@pytest.mark.parametrize(
    ("again", "of", "bound"),
    [(100, 100, 0.9705), (95, 100, 0.8977), (0, 10, 0.0), (299, 299, 0.9900)],
)
def test_the_bound_is_clopper_and_pearsons(again: int, of: int, bound: float) -> None:
    assert Slice("all", again, of).at_least == pytest.approx(bound, abs=2e-4)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([Slice("all", 995, 1000)], None),
        ([Slice("all", LEAST_BOXES - 1, LEAST_BOXES - 1)], "give more clips"),
        ([Slice("all", 970, 1000)], "0.97 is needed"),
        ([Slice("all", 990, 1000), Slice("person, small", 30, 40)], "30 of 40"),
        ([Slice("all", 995, 1000), Slice("person, small", 15, 20)], None),  # too few to tell
    ],
)
def test_refusals(found: list[Slice], said: str | None) -> None:
    why = refusal(found)
    assert (why is None) if said is None else (why is not None and said in why)

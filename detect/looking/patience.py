"""Motion in which nothing is ever found, a flag or a tree, is looked at ever more rarely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detect.looking.regions import area, overlap
from detect.track import Box

FREE = 3
"""Times in a row that a place may turn out empty before it has to wait."""
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 1.0
"""Something may stand in front of the flag: so long it goes unseen at most."""
SAME_PLACE = 0.75
"""A box is of a place when it lies in it by this much, ..."""
ROOM = 0.25
"""... the place being grown by this part of its side, ..."""
SAME_SIZE = 1.5
"""... and when it is at most this many times as large as what moved there before."""
FORGOTTEN_S = 10.0
"""A place where nothing has moved for so long is like any other again."""
MOST = 32
"""Places remembered."""


@dataclass(slots=True)
class _Place:
    xyxy: Box
    largest: float
    """Area of the largest box that moved here."""
    empty: int
    next_s: float
    moved_s: float


class Patience:
    """What one camera's motion has come to, place by place. All times are media time."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def is_due(self, box: Box, t_s: float) -> bool:
        """Whether motion in `box` is to be looked at now."""
        place = self._of(box)
        if place is None:
            return True
        place.moved_s = t_s
        return t_s >= place.next_s

    def learn(self, looked: Sequence[tuple[Box, bool]], t_s: float) -> None:
        """Told for every moving box that was looked at whether anything was found there."""
        for box, is_found in looked:
            place = self._of(box)
            if is_found:
                if place is not None:
                    self._places.remove(place)
                continue
            if place is None:
                place = _Place(box, area(box), 0, t_s, t_s)
                self._places.append(place)
            place.largest = max(place.largest, area(box))
            place.moved_s = t_s
            if t_s >= place.next_s:
                place.empty += 1
                place.next_s = t_s + _wait_s(place.empty)
        fresh = [place for place in self._places if t_s - place.moved_s <= FORGOTTEN_S]
        self._places = sorted(fresh, key=lambda place: place.moved_s)[-MOST:]

    def forget(self) -> None:
        """The view changed: every place is new."""
        self._places.clear()

    def _of(self, box: Box) -> _Place | None:
        """The place that a box is of, if its motion looks as it did."""
        size = area(box)
        for place in self._places:
            x1, y1, x2, y2 = place.xyxy
            by_x, by_y = ROOM * (x2 - x1), ROOM * (y2 - y1)
            room = (x1 - by_x, y1 - by_y, x2 + by_x, y2 + by_y)
            if overlap(box, room) >= SAME_PLACE * size and size <= SAME_SIZE * place.largest:
                return place
        return None


def _wait_s(empty: int) -> float:
    if empty < FREE:
        return 0.0
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (empty - FREE))

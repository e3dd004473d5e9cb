"""Who goes where when several wait: the port, and an exact answer of the standard library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

Costs = Sequence[Sequence[float]]
"""A row for each that waits, a column for each that can go; `math.inf`: that one may not."""


class Pairing(Protocol):
    """Solves the assignment problem. Thread-safe; the same answer every time."""

    @property
    def name(self) -> str:
        """Of the method, as a decision says it."""
        ...

    def pairs(self, costs: Costs) -> list[int | None]:
        """For each row a column that no other row has, or None.

        As many pairs as there can be; of these, the least total cost.
        """
        ...


class AugmentingPaths:
    """Shortest augmenting paths with potentials (Kuhn 1955, Munkres 1957; Jonker, Volgenant 1987).

    For a few dozen rows: rows² x columns steps in Python.
    """

    name = "augmenting paths"

    def pairs(self, costs: Costs) -> list[int | None]:
        width = max((len(row) for row in costs), default=0)
        padded = finite(costs)
        if not padded:
            return [None] * len(costs)
        spare_s = spare(padded, width)
        rows = [[min(one, spare_s) for one in row] + [spare_s] * len(costs) for row in padded]
        return [
            column if column is not None and column < width and cost[column] < math.inf else None
            for column, cost in zip(_columns(rows), costs, strict=True)
        ]


def finite(costs: Costs) -> list[list[float]]:
    """The costs from 0 up, which moves no optimum; empty when nobody may go anywhere."""
    least = min((one for row in costs for one in row), default=math.inf)
    if least == math.inf:
        return []
    return [[one - least for one in row] for row in costs]


def spare(costs: Costs, width: int) -> float:
    """What staying alone costs: more than all pairs that there can be."""
    highest = max((one for row in costs for one in row if one < math.inf), default=0.0)
    return (highest + 1.0) * (min(len(costs), width) + 1)


def _columns(costs: list[list[float]]) -> list[int | None]:
    """One row after the other takes the cheapest way to a free column, through those taken.

    All costs are finite, and there are at least as many columns as rows.
    """
    found: list[int | None] = [None] * len(costs)
    tried = _Tried(costs)
    for row in range(len(costs)):
        tried.add(row)
    for column, holder in enumerate(tried.holder):
        if holder is not None:
            found[holder] = column
    return found


class _Tried:
    """The best pairs of the rows so far, with the potentials that prove it."""

    def __init__(self, costs: list[list[float]]) -> None:
        width = len(costs[0])
        self._costs = costs
        self._of_row = [0.0] * len(costs)
        self._of_column = [0.0] * width
        self.holder: list[int | None] = [None] * width

    def add(self, start: int) -> None:
        width = len(self.holder)
        least = [math.inf] * width
        came_from = [-1] * width  # the column before; -1: the row that begins
        ahead, reached = set(range(width)), []
        row, column, far = start, -1, 0.0
        while True:
            offset_s = far - self._of_row[row]
            for one in ahead:
                through_s = self._costs[row][one] - self._of_column[one] + offset_s
                if through_s < least[one]:
                    least[one], came_from[one] = through_s, column
            column = min(ahead, key=lambda one: (least[one], one))
            far = least[column]
            holder = self.holder[column]
            if holder is None:
                break
            ahead.remove(column)
            reached.append((column, holder))
            row = holder
        self._of_row[start] += far
        for one, holder in reached:
            self._of_row[holder] += far - least[one]
            self._of_column[one] -= far - least[one]
        while column != -1:
            before = came_from[column]
            self.holder[column] = start if before == -1 else self.holder[before]
            column = before

"""Who is there soonest, without asking the way of everybody: far ones are let out exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 512
"""The way is asked of so many at a time at most: each answer may make the limit lower."""


def asked_soonest(
    count: int,
    ahead: Iterable[tuple[float, T]],
    ask: Callable[[Sequence[T]], Sequence[float]],
) -> list[float]:
    """The costs of the first of `ahead`, as far as any of them can be among the `count` least.

    `ahead` gives (a lower bound of the cost, the thing), by rising bound, and is read no farther
    than needed; `ask` gives the costs. Whoever is behind the answers costs more than `count` of
    those asked: their bounds say so. Equal costs are told apart elsewhere, so an equal bound is
    asked too.
    """
    rest = iter(ahead)
    coming = next(rest, None)
    costs: list[float] = []
    limit, some = math.inf, 2 * count
    while coming is not None and coming[0] <= limit:
        batch: list[T] = []
        while coming is not None and coming[0] <= limit and len(batch) < some:
            batch.append(coming[1])
            coming = next(rest, None)
        costs.extend(ask(batch))
        if len(costs) >= count:
            limit = nsmallest(count, costs)[-1]
        some = min(2 * some, AT_ONCE)
    return costs

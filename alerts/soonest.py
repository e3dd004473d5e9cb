"""Who is there soonest, without asking the way of everybody: far ones are let out exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 512
"""The way is asked of so many at a time: each answer may make the limit lower."""


def asked_soonest(
    count: int,
    ahead: Sequence[tuple[float, T]],
    ask: Callable[[Sequence[T]], Sequence[float]],
) -> list[float]:
    """The costs of the first of `ahead`, as far as any of them can be among the `count` least.

    `ahead` holds (a lower bound of the cost, the thing), by rising bound; `ask` gives the costs.
    Whoever is behind the answers costs more than `count` of those asked: their bounds say so.
    """
    costs: list[float] = []
    while len(costs) < len(ahead):
        some = max(2 * count - len(costs), 0)
        if some == 0:
            limit = nsmallest(count, costs)[-1]
            # Equal costs are told apart by the id, so an equal bound is asked too.
            some = _not_above(limit, ahead, len(costs))
            if some == 0:
                break
        asked = ahead[len(costs) : len(costs) + some]
        costs.extend(ask([thing for _, thing in asked]))
    return costs


def _not_above(limit: float, ahead: Sequence[tuple[float, T]], start: int) -> int:
    """How many from `start` on have a bound of at most `limit`; not more than `AT_ONCE`."""
    found = 0
    for bound, _ in ahead[start : start + AT_ONCE]:
        if bound > limit:
            break
        found += 1
    return found

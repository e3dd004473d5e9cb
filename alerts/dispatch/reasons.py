"""Why a patrol is where it is in the order: one line for each, from what its cost is made of."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.dispatch.needs import Needs, lacking
from alerts.patrol import Patrol
from alerts.policy import Policy

LOAD_MOST = 10
"""So many alerts of a shift count at most."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What counts for or against a patrol beside the time until it is there."""

    lacks: tuple[str, ...]
    """Of what is preferred."""
    handled: int
    on_its_way_to: str | None
    """The severity of the alert that it would be taken from; None: it is free."""

    def seconds(self, policy: Policy) -> float:
        """As how much later it counts."""
        late_s = policy.preferred_s * len(self.lacks) + policy.load_s * self.handled
        if self.on_its_way_to is not None:
            late_s += policy.preempt_gain_s
        return round(late_s, 3)


@dataclass(frozen=True, slots=True)
class Rank:
    """A patrol as the others are told of it."""

    name: str
    there_s: float | None
    """Travel plus the age of the position. None: the way was not asked for."""
    beside: Beside


def beside(patrol: Patrol, needs: Needs, on_its_way_to: str | None) -> Beside:
    return Beside(
        lacking(patrol.capabilities, needs.preferred),
        min(patrol.handled, LOAD_MOST),
        on_its_way_to,
    )


def of_best(best: Rank, soonest: Rank) -> str:
    """Why the first one goes."""
    said = "soonest there"
    if best.there_s is not None and soonest.there_s is not None and best != soonest:
        later_s = best.there_s - soonest.there_s
        if later_s > 0:
            said = f"{later_s:.0f} s later than {soonest.name}, but {_better(best, soonest)}"
    if best.beside.on_its_way_to is not None:
        said += f", taken from a {best.beside.on_its_way_to} alert"
    return said + _lacks(best)


def of_other(one: Rank, best: Rank) -> str:
    """Why another one does not."""
    plain = f"later than {best.name}{_lacks(one)}"
    if one.there_s is None or best.there_s is None:
        # It costs more, which is later only if nothing but time costs.
        return f"behind {best.name}{_lacks(one)}" if one.beside != best.beside else plain
    sooner_s = best.there_s - one.there_s
    if sooner_s <= 0:
        return plain
    return f"{sooner_s:.0f} s sooner than {best.name}, but {_worse(one, best)}"


def _lacks(one: Rank) -> str:
    return f", lacks {_and(one.beside.lacks)}" if one.beside.lacks else ""


def _better(best: Rank, than: Rank) -> str:
    """What the best has that a sooner one has not."""
    if than.beside.on_its_way_to is not None and best.beside.on_its_way_to is None:
        return "is free"
    has = tuple(word for word in than.beside.lacks if word not in best.beside.lacks)
    return f"has {_and(has)}" if has else "has had fewer alerts"


def _worse(one: Rank, than: Rank) -> str:
    """What counts against a sooner one."""
    if one.beside.on_its_way_to is not None and than.beside.on_its_way_to is None:
        return f"is on its way to a {one.beside.on_its_way_to} alert"
    lacks = tuple(word for word in one.beside.lacks if word not in than.beside.lacks)
    return f"lacks {_and(lacks)}" if lacks else "has had more alerts"


def _and(words: tuple[str, ...]) -> str:
    return " and ".join(words)

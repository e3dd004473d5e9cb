"""A stored decision made again of what it was made of: does the same come out?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.alert import Step
from alerts.assign import choose
from alerts.considered import Considered
from alerts.journeys import Journeys


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision of an account, made again."""

    at: datetime
    action: str
    same: bool
    """Every candidate in the same place with the same numbers and the same reason."""
    says: str
    """One line: what is the same, or what differs, or why it cannot be known."""
    stored: Mapping[str, Any]
    """The decision as it lies in the account."""


def replay(step: Step, roads: Journeys | None) -> Replayed | None:
    """Over that map, or without one. None: the step holds no decision."""
    stored = step.detail.get("decision")
    if stored is None:
        return None
    same, says = _again(stored, roads)
    return Replayed(step.at, step.action, same, says, stored)


def _again(stored: Mapping[str, Any], roads: Journeys | None) -> tuple[bool, str]:
    if "inputs" not in stored:
        return False, "an older record: what it was made of was not kept"
    try:
        given = Considered.from_dict(stored["inputs"])
    except (KeyError, TypeError, ValueError) as error:
        return False, f"a record of another release: {type(error).__name__} {error}"
    here = roads.map if roads else None
    if given.map is None:
        roads = None  # none was asked then, so none is asked now
    elif given.map != here:
        now = f"this installation has {here}" if here else "this installation has none"
        return False, f"another map: it was made with {given.map}, {now}"
    made = choose(
        given.place,
        given.patrols,
        given.at,
        given.policy,
        given.excluded,
        roads,
        needs=given.needs,
        takeable=given.takeable,
        others=given.others,
    )
    # As it would lie in the account: a number that JSON cannot carry must not look different.
    again = json.loads(json.dumps(made.outcome()))
    difference = _difference(stored, again)
    if difference is not None:
        return False, difference
    return True, f"the same: {len(given.patrols)} units, the order and every reason"


def _difference(stored: Mapping[str, Any], again: Mapping[str, Any]) -> str | None:
    """The first thing that is not the same; None: everything is."""
    if stored["chosen"] != again["chosen"]:
        return f"another choice: {stored['chosen']} then, {again['chosen']} now"
    if len(stored["candidates"]) != len(again["candidates"]):
        return f"{len(stored['candidates'])} candidates then, {len(again['candidates'])} now"
    for rank, (then, now) in enumerate(
        zip(stored["candidates"], again["candidates"], strict=True), 1
    ):
        for key in sorted({*then, *now}):
            if then.get(key) != now.get(key):
                return f"candidate {rank}: {key} was {then.get(key)!r} and is now {now.get(key)!r}"
    if stored["others"] != again["others"]:
        return f"the others: {stored['others']} then, {again['others']} now"
    return None

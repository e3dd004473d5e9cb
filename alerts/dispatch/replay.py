"""A stored decision made again of what it was made of: does the same come out?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.alert import AlertId, PatrolId, Step
from alerts.assign import choose
from alerts.dispatch.considered import Considered
from alerts.dispatch.joint import EQUAL, GRAVER, Joint, together
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.pairing import Pairing
from alerts.dispatch.searching import EXACT


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


def replay(
    step: Step,
    roads: Journeys | None,
    accounts: Callable[[AlertId], Sequence[Step]] = lambda alert: (),
    pairings: Sequence[Pairing] = (EXACT,),
) -> Replayed | None:
    """Over that map, or without one. None: the step holds no decision.

    `accounts` gives the steps of other alerts: of those decided on together, one keeps the grounds.
    """
    stored = step.detail.get("decision")
    if stored is None:
        return None
    same, says = _again(stored, roads)
    if same and "joint" in stored:
        same, also = _together_again(step.alert, stored, roads, accounts, pairings)
        says = f"{says}; {also}" if same else also
    return Replayed(step.at, step.action, same, says, stored)


def _again(stored: Mapping[str, Any], roads: Journeys | None) -> tuple[bool, str]:
    if "inputs" not in stored:
        return False, "an older record: what it was made of was not kept"
    try:
        given = Considered.from_dict(stored["inputs"])
    except (KeyError, TypeError, ValueError) as error:
        return False, f"a record of another release: {type(error).__name__} {error}"
    another = _another_map(given.map, roads)
    if another is not None:
        return False, another
    if given.map is None:
        roads = None  # none was asked then, so none is asked now
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


def _another_map(then: str | None, roads: Journeys | None) -> str | None:
    here = roads.map if roads else None
    if then is None or then == here:
        return None
    now = f"this installation has {here}" if here else "this installation has none"
    return f"another map: it was made with {then}, {now}"


def _together_again(
    alert: AlertId,
    stored: Mapping[str, Any],
    roads: Journeys | None,
    accounts: Callable[[AlertId], Sequence[Step]],
    pairings: Sequence[Pairing],
) -> tuple[bool, str]:
    """The joint decision by which some were kept for others."""
    kept_with = stored["joint"].get("kept_with")
    grounds = _kept_with(kept_with, stored, accounts) if kept_with else stored["joint"]
    if grounds is None:
        return False, f"decided on together with {kept_with}, whose account does not hold it"
    try:
        then = Joint.from_dict(grounds)
    except (KeyError, TypeError, ValueError) as error:
        return False, f"a joint record of another release: {type(error).__name__} {error}"
    pairing = next((one for one in pairings if one.name == then.by), None)
    if pairing is None:
        return False, f"paired by {then.by!r}, which this installation has not"
    another = _another_map(then.map, roads)
    if another is not None:
        return False, another
    again = together(
        then.alerts, then.patrols, then.at, pairing, None if then.map is None else roads
    )
    for one in sorted({*then.pairs, *again.pairs}):
        before, now = then.pairs.get(one), again.pairs.get(one)
        if before != now:
            return False, f"together: alert {one} had {before} then, {now} now"
    kept, excluded = then.kept_from(alert), stored["inputs"]["excluded"]
    named = {unit: why for unit, why in excluded.items() if why in (GRAVER, EQUAL)}
    strange = sorted(unit for unit, why in named.items() if kept.get(PatrolId(unit)) != why)
    if strange:
        return False, f"together: {strange[0]} was kept for another alert, and is not now"
    return True, f"with {len(then.alerts)} alerts that waited, who goes where"


def _kept_with(
    alert: str, stored: Mapping[str, Any], accounts: Callable[[AlertId], Sequence[Step]]
) -> Mapping[str, Any] | None:
    for step in accounts(AlertId(alert)):
        joint: Mapping[str, Any] | None = (step.detail.get("decision") or {}).get("joint")
        if joint and joint.get("id") == stored["joint"]["id"] and "pairs" in joint:
            return joint
    return None


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

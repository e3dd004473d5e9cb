"""What must hold of notifications and their deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.evidence import Evidence
from tests.chaos.invariants import seconds

STAGES = ("created_at", "accepted_at", "delivered_at", "seen_at", "answered_at")
GOOD_ENDS = ("accepted", "moot")


def notified(evidence: Evidence) -> Iterator[str | None]:
    """Some channel has taken it, or nobody need hear it any more. For what is loud still, too."""
    for one in evidence.notifications:
        over = one["accepted_at"] or one["answered_at"] or one["moot_at"]
        yield None if over else f"{one['id']} ({one['event']}) was neither accepted nor moot"


def sent(evidence: Evidence) -> Iterator[str | None]:
    for one in evidence.deliveries:
        if one["due"] is not None:
            yield f"{one['id']} is still under way after {one['tries']} tries: {one['error']}"
        elif one["outcome"] not in GOOD_ENDS:
            yield f"{one['id']} ended {one['outcome']}: {one['error']}"
        else:
            yield None


def once(evidence: Evidence) -> Iterator[str | None]:
    """A message may come twice; then it has the same id and says the same."""
    keys: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for one in evidence.notifications:
        keys[one["alert"], one["recipient"], one["attempt"]].append(one["id"])
    for key, names in keys.items():
        yield None if len(names) == 1 else f"{key} is said by {names}"
    meant = {name_of(one["id"]) for one in evidence.notifications}
    bodies: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in evidence.history:
        if entry["what"] == "message":
            bodies[entry["who"], entry["id"]].add(entry["body"])
    for (receiver, name), said in bodies.items():
        if name not in meant:
            yield f"{receiver} got {name}, which nobody has written"
        else:
            yield None if len(said) == 1 else f"{receiver} got {name} with {len(said)} meanings"


def name_of(notification: str) -> str:
    """What a webhook calls it: without the stops that divide what is signed."""
    return notification.replace(".", "_").replace(":", "-")


def times(evidence: Evidence) -> Iterator[str | None]:
    for one in evidence.notifications:
        known = [(stage, one[stage]) for stage in STAGES if one[stage]]
        for (before, at), (after, later) in pairwise(known):
            right = seconds(at, later) >= 0
            yield None if right else f"{one['id']}: {after} is before {before}"

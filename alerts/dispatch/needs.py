"""What an alert asks of the patrol that goes, by its kind and its severity. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.policy import Policy

WORD = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""A capability: `medical`, `vehicle`, `k9`, whatever the city calls it."""
MOST = 16
"""Capabilities of one patrol."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Of one alert."""

    required: tuple[str, ...] = ()
    """Who lacks one of these is not sent."""
    preferred: tuple[str, ...] = ()
    """Who lacks one of these is as if it came `Policy.preferred_s` later."""


NO_NEEDS = Needs()


def needs_of(kind: str, severity: str, policy: Policy) -> Needs:
    """What stands under the kind, the severity, or `KIND/SEVERITY`, together."""

    def named(by: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        keys = (kind, severity, f"{kind}/{severity}")
        return tuple(sorted({word for key in keys for word in by.get(key, ())}))

    required = named(policy.required_capabilities)
    preferred = named(policy.preferred_capabilities)
    return Needs(required, tuple(word for word in preferred if word not in required))


def lacking(has: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """What of the wanted is not there."""
    there = frozenset(has)
    return tuple(word for word in wanted if word not in there)


def capabilities(words: Iterable[str]) -> tuple[str, ...]:
    """Each once, in order. Raises `ValueError` that says what a capability is."""
    kept = tuple(sorted(set(words)))
    if len(kept) > MOST:
        raise ValueError(f"at most {MOST} capabilities")
    for word in kept:
        if not WORD.fullmatch(word):
            raise ValueError(
                "a capability is a word of small Latin letters, digits, - and _, at most 32"
            )
    return kept

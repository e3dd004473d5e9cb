"""Classes that a detector takes for one another: one thing may be seen now as this, now as that.

A car may waver to a truck and a fallen person to a dog. A person who steps before a chair is no
chair: the chair's track must not swallow who is seen there.
"""

from __future__ import annotations

from collections.abc import Sequence

KIN: tuple[frozenset[str], ...] = (
    frozenset("car truck bus train van boat".split()),
    frozenset("bicycle motorcycle".split()),
    frozenset(("person", "dog", "cat", "horse", "sheep", "cow", "bear", "teddy bear")),
    frozenset("backpack handbag suitcase".split()),
)


def kin_of(classes: Sequence[str]) -> tuple[int, ...]:
    """For each label the number of its kin; a class of no group is alone."""
    return tuple(
        next((index for index, group in enumerate(KIN) if name in group), len(KIN) + label)
        for label, name in enumerate(classes)
    )

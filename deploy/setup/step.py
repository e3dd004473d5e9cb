"""One step of the set-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class StepFailed(Exception):
    """A step could not be done; the text is one line that says why."""


@dataclass(frozen=True)
class Step:
    """Something the machine needs: how to see that it is there, and how to bring it."""

    name: str
    is_done: Callable[[], bool]
    """Fast and harmless: it runs at every start."""
    do: Callable[[], None]
    """Raises `StepFailed` or `OSError`. Done halfway, it can be done again."""
    advice: str
    """What a person can do when it fails."""

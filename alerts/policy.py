"""The numbers by which alerts are dispatched and escalated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What a city may change."""

    answer_s: float = 30
    """How long a patrol has to accept."""
    attention_s: float = 60
    """How long an alert that nobody was sent to may wait for an operator before it is loud."""
    auto_dispatch_severities: tuple[str, ...] = ("critical", "high")
    """Offered to a patrol in the commit that raises them."""
    group_within_s: float = 60
    group_within_m: float = 100
    stale_s: float = 60
    """An older position counts against its patrol."""
    exclude_s: float = 300
    """An older position excludes its patrol."""
    assumed_speed_mps: float = 8
    """How fast a patrol may have moved away since its last position."""

"""The numbers by which alerts are grouped, dispatched and escalated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What a city may change. All in seconds and metres."""

    answer_s: float = 30
    """How long a patrol has to accept."""
    attention_s: float = 60
    """How long an alert that nobody was sent to may wait for an operator before it is loud."""
    unsent_s: float = 300
    """How long an acknowledged alert may stay without a patrol before it is loud again."""
    unaccepted_s: float = 90
    """How long patrols may be asked in turn before it is loud that none has accepted."""
    depart_s: float = 120
    """How long a patrol that accepted may take to set out."""
    arrive_s: float = 900
    """How long a patrol may be on its way."""
    contact_s: float = 120
    """While a patrol is on its way: how often it is checked that it still says where it is."""
    outcome_s: float = 3600
    """How long a patrol may be on the scene without an outcome."""
    refusal_s: float = 600
    """A patrol that said no, or nothing, is not asked about the same alert again for this long."""
    late_s: float = 900
    """What was last seen longer ago than this, when it is first heard of, waits for an operator:
    no patrol is sent by itself to what is long over."""
    review_s: float = 86_400
    """How long an alert in review may wait to be looked at before it is closed as unclear."""
    auto_dispatch_severities: tuple[str, ...] = ("critical", "high")
    """Offered to a patrol in the commit that raises them."""
    group_within_s: float = 60
    """Two happenings with a longer pause between them are two alerts."""
    group_within_m: float = 100
    stale_s: float = 60
    """An older position counts against its patrol."""
    exclude_s: float = 300
    """An older position excludes its patrol."""
    assumed_speed_mps: float = 8
    """How fast a patrol covers the way where streets do not say it."""
    detour_factor: float = 1.4
    """How much longer the way is than the straight line, where streets do not say it."""
    off_street_m: float = 300
    """Farther than this from any street, the straight line counts."""

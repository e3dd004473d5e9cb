"""The numbers by which alerts are grouped, dispatched and escalated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.plans import Plans

PREFERRED: Mapping[str, tuple[str, ...]] = {
    "collision": ("medical",),
    "person_down": ("medical",),
    "weapon": ("armed",),
}
"""Of a city that says nothing. Nothing is required: a city that names no capabilities would
send nobody."""

FAMILIES: tuple[tuple[str, ...], ...] = (
    ("fight", "weapon", "person_down", "crowd"),
    ("collision", "person_down", "stopped_vehicle", "wrong_way", "speeding"),
    ("fire", "smoke"),
)
"""What comes of one cause. `camera_tamper` is in none: a covered camera explains nothing else."""
ZONE_FAMILIES: tuple[tuple[str, ...], ...] = (("intrusion", "loitering"),)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a city may change. All in seconds and metres."""

    answer_s: float = 30
    """How long a patrol has to accept."""
    receipt_s: float = 10
    """How long the devices of a patrol have to say that they have an offer, before the next of
    `channels` is taken."""
    channels: tuple[tuple[str, ...], ...] = (("stream", "push"), ("apprise",), ("webhook", "mqtt"))
    """Over what a patrol is told: all of the first, then all of the next, and so on."""
    attention_s: float = 60
    """How long an alert that nobody was sent to may wait for an operator before it is loud."""
    unsent_s: float = 300
    """How long an acknowledged alert may stay without a patrol before it is loud again."""
    unaccepted_s: float = 60
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
    group_families: tuple[tuple[str, ...], ...] = FAMILIES
    """Kinds that are one happening when they are near each other, all of one alert in one family.
    Incidents of one kind always are."""
    group_zone_families: tuple[tuple[str, ...], ...] = ZONE_FAMILIES
    """Likewise, but only in one zone of one camera."""
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
    required_capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By kind, severity or `KIND/SEVERITY`: a patrol that lacks one of these is not sent."""
    preferred_capabilities: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: dict(PREFERRED)
    )
    """Likewise: a patrol that lacks one of these counts as `preferred_s` later for each."""
    preferred_s: float = 60
    load_s: float = 2
    """A patrol counts as so much later for each alert of its shift, ten at most."""
    preempt_severities: tuple[str, ...] = ("critical",)
    """Alerts that may take a patrol on its way to a less severe one. Empty: none may."""
    preempt_gain_s: float = 180
    """A patrol is taken from another alert only if that brings it so much sooner."""
    plans: Plans | None = None
    """Rules by which some of these numbers are others for some alerts: `alerts.plans.for_alert`."""

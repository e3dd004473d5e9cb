"""The city of a run: where its cameras stand, what happens there, how patient it is. Seeded.

What happens as the nth thing follows from the seed and n alone, so a node that was killed goes on
where it was.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from detect.incident import Incident, IncidentBox, IncidentId, ModelRef
from ingest.camera import CameraId

CAMERAS = 48
COLUMNS = 8
LATITUDE, LONGITUDE = 60.15, 24.88
APART_DEGREES = 0.004
"""Some 440 m north, 220 m east: cameras group what they see alone, but for a close pair in six."""
KINDS = (
    ("intrusion", "high", 6),
    ("person_down", "critical", 2),
    ("fight", "critical", 1),
    ("loitering", "medium", 2),
    ("crowd", "low", 2),
    ("stopped_vehicle", "medium", 1),
)
"""Kind, severity, how often."""

POLICY: dict[str, Any] = {
    "answer_s": 4,
    "receipt_s": 2,
    "attention_s": 6,
    "unsent_s": 10,
    "unaccepted_s": 8,
    "depart_s": 8,
    "arrive_s": 20,
    "contact_s": 5,
    "outcome_s": 20,
    "refusal_s": 6,
    "group_within_s": 2,
    "group_within_m": 60,
    "stale_s": 20,
    "exclude_s": 120,
    "preempt_gain_s": 20,
}
"""Everything happens within seconds, so that an hour's troubles fit in minutes."""


@dataclass(frozen=True)
class Happening:
    """The nth incident, as it opens, and for how long it goes on."""

    incident: Incident
    seconds: float


def camera_of(number: int) -> CameraId:
    return CameraId(f"camera-{number:02d}")


def place_of(number: int) -> tuple[float, float]:
    """Latitude and longitude; every sixth camera stands 40 m beside the one before."""
    beside = number % 6 == 5
    row, column = divmod(number - beside, COLUMNS)
    north = 0.00036 if beside else 0.0
    return LATITUDE + APART_DEGREES * row + north, LONGITUDE + APART_DEGREES * column


def happening(seed: int, number: int, now: datetime) -> Happening:
    """What happens as the nth thing of the run, opening now."""
    dice = random.Random(f"{seed}:{number}")
    kind, severity, _ = dice.choices(KINDS, [often for _, _, often in KINDS])[0]
    lasted_s = dice.uniform(0.5, 2.0)
    incident = Incident(
        id=IncidentId(f"chaos-{seed}-{number:06d}"),
        camera=camera_of(dice.randrange(CAMERAS)),
        kind=kind,
        zone="lawn",
        severity=severity,
        started_at=now - timedelta(seconds=lasted_s),
        detected_at=now,
        ended_at=None,
        start_s=float(number),
        detected_s=number + lasted_s,
        end_s=None,
        score=round(dice.uniform(0.5, 1.0), 3),
        boxes=(IncidentBox(number + lasted_s, "person", (0.1, 0.2, 0.3, 0.4), number),),
        model=ModelRef("chaos", "0" * 64),
        rule={"kind": kind, "zone": "lawn"},
        why=f"Happening {number} of a run with seed {seed}.",
    )
    return Happening(incident, dice.uniform(0.1, 3.0))

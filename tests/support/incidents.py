"""Incidents for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from detect.incident import Incident, IncidentBox, IncidentId, ModelRef
from ingest.camera import CameraId

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def incident(number: int = 1, **changes: object) -> Incident:
    at = NOON + timedelta(seconds=number)
    one = Incident(
        id=IncidentId(f"incident-{number}"),
        camera=CameraId("north-gate"),
        kind="intrusion",
        zone="lawn",
        severity="high",
        started_at=at - timedelta(seconds=1),
        detected_at=at,
        ended_at=None,
        start_s=1.0,
        detected_s=2.0,
        end_s=None,
        score=0.8,
        boxes=(IncidentBox(2.0, "person", (0.1, 0.2, 0.3, 0.4), 7),),
        model=ModelRef("nanodet-g-416", "0" * 64),
        rule={"kind": "intrusion", "zone": "lawn"},
        why="A person inside lawn for 1.0 s.",
    )
    return replace(one, **changes)  # type: ignore[arg-type]

"""Alerts as the API speaks of them. `alerts.json_form` gives the values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints

from alerts.alert import Outcome, State
from alerts.service import Answer
from api.alerts.way import (
    EXAMPLE_NOTIFICATION,
    EXAMPLE_OFFER,
    EXAMPLE_STAGE,
    NotificationReply,
    OfferReply,
    StageReply,
)
from api.schemas import EXAMPLE_ALERT_ID, EXAMPLE_PATROL_ID, Body, Shown

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
EXAMPLE_BOX: dict[str, Any] = {
    "t_s": 52.1,
    "label": "person",
    "xyxy": [0.31, 0.48, 0.36, 0.66],
    "track": 7,
    "score": 0.83,
}
EXAMPLE_WHY = {
    "en": 'A person in "lawn" for 1.0 s.',
    "kk": "«lawn» аймағында адам: 1.0 с.",
    "ru": "Человек в зоне «lawn»: 1.0 с.",
}
EXAMPLE_INCIDENT: dict[str, Any] = {
    "version": 1,
    "id": "019aa5c8-7bff-7c11-a1b2-c3d4e5f60718",
    "camera": "lawn-east",
    "kind": "intrusion",
    "zone": "lawn",
    "severity": "high",
    "started_at": "2026-11-24T08:00:51.500Z",
    "detected_at": "2026-11-24T08:00:52.500Z",
    "ended_at": None,
    "start_s": 51.5,
    "detected_s": 52.5,
    "end_s": None,
    "score": 0.83,
    "boxes": [EXAMPLE_BOX],
    "model": {"name": "nanodet-g-416", "sha256": "5d0e4f8c4eded666287330be03017d494787d35f523fd77"},
    "rule": {"kind": "intrusion", "zone": "lawn", "classes": ["person"], "seconds": 1},
    "why": EXAMPLE_WHY["en"],
    "evidence": {"snapshot": "019aa5c8-7bff-7c11-a1b2-c3d4e5f60718.jpg", "clip": None},
    "why_in": EXAMPLE_WHY,
    "paths": [{"track": 7, "points": [[51.5, 0.3, 0.66], [52.5, 0.33, 0.66]]}],
    "scores": {"inside_s": 1.0},
    "updated_s": 52.5,
}
EXAMPLE_ALERT: dict[str, Any] = {
    "id": EXAMPLE_ALERT_ID,
    "kind": "intrusion",
    "severity": "high",
    "state": "dispatched",
    "camera": "lawn-east",
    "place": {"name": "Lawn, east side", "latitude": 60.1699, "longitude": 24.9384},
    "zone": "lawn",
    "why": EXAMPLE_WHY["en"],
    "why_in": EXAMPLE_WHY,
    "score": 0.83,
    "snapshot": "019aa5c8-7bff-7c11-a1b2-c3d4e5f60718.jpg",
    "opened_at": "2026-11-24T08:00:52.640Z",
    "updated_at": "2026-11-24T08:00:53.900Z",
    "since": "2026-11-24T08:00:53.900Z",
    "began_at": "2026-11-24T08:00:51.500Z",
    "incident_count": 1,
    "happening": True,
    "acknowledged_by": None,
    "patrol": EXAMPLE_PATROL_ID,
    "answer_by": "2026-11-24T08:01:22.640Z",
    "attention_by": None,
    "overdue_since": None,
    "seeking_since": "2026-11-24T08:00:53.900Z",
    "refused_by": [],
    "outcome": None,
    "review": False,
    "kinds": ["intrusion"],
    "silenced_by": None,
    "shelved_by": None,
    "quiet_until": None,
    "quiet_why": "",
    "attended_at": None,
    "version": 2,
}
EXAMPLE_STEP: dict[str, Any] = {
    "at": "2026-11-24T08:00:52.640Z",
    "action": "dispatch",
    "before": "new",
    "after": "dispatched",
    "actor": "system:qalqan",
    "note": "",
    "detail": {"patrol": EXAMPLE_PATROL_ID},
}

AlertPath = Annotated[str, Path(pattern=UUID, description="The alert's id.")]
Note = Annotated[str, StringConstraints(max_length=2000, strict=True)]


class DispatchOrder(Body):
    """Whom to send; without a patrol, the nearest."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"patrol": EXAMPLE_PATROL_ID, "reason": "knows the building"}, {}]
        }
    )

    patrol: Annotated[str, StringConstraints(pattern=UUID, strict=True)] | None = None
    reason: Note = ""


class Closing(Body):
    """What it turned out to be."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "real", "note": "two people, sent away"}]}
    )

    outcome: Outcome
    note: Note = ""


class PatrolAnswer(Body):
    """A patrol's answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "accept"}]})

    answer: Answer
    note: Note = ""


class PlaceReply(Shown):
    """Where the camera looks. WGS 84 degrees."""

    name: str
    latitude: float
    longitude: float


class AlertReply(Shown):
    """The present state of an alert. Times are RFC 3339, UTC."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ALERT]})

    id: str
    kind: str
    severity: Literal["critical", "high", "medium", "low"]
    state: State
    camera: str
    place: PlaceReply | None
    zone: str | None
    why: str
    why_in: dict[str, str]
    """`why` by language: `en`, `kk`, `ru`; empty where the node did not say."""
    score: float
    snapshot: str | None
    """There is a picture at `/v1/alerts/{id}/snapshot` unless null."""
    opened_at: str
    updated_at: str
    since: str
    """When it came into its present state."""
    began_at: str
    """When the first of its incidents began in the scene."""
    incident_count: int
    happening: bool
    """At least one of its incidents has not ended."""
    acknowledged_by: str | None
    patrol: str | None
    """The unit it is offered to, or that accepted it."""
    answer_by: str | None
    """While dispatched: when the offer lapses."""
    attention_by: str | None
    """When it is looked at again, and made loud if it has not moved on."""
    overdue_since: str | None
    """Loud: its patrol, or the search for one, has taken too long."""
    seeking_since: str | None
    """Since when a patrol is looked for; null: none is wanted, or one has accepted."""
    refused_by: list[str]
    outcome: Outcome | None
    review: bool
    """Of a rule that is not believed: nobody is sent by itself. See `/v1/trust`."""
    kinds: list[str]
    """Every kind of its incidents; `kind` is that of the gravest."""
    silenced_by: str | None
    """The silence that it is quiet by: nobody is sent by itself. See `/v1/silences`."""
    shelved_by: str | None
    """Who has put it off until `quiet_until`."""
    quiet_until: str | None
    quiet_why: str
    """The reason that was given for the silence or the shelving."""
    attended_at: str | None
    """When somebody in the control room first did something about it."""
    version: int


class StepReply(Shown):
    """One entry of the account: who did what, when."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_STEP]})

    at: str
    action: str
    before: State | None
    after: State
    actor: str
    note: str
    detail: dict[str, Any]


class BoxReply(Shown):
    """Where somebody was seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_BOX]})

    t_s: float
    """Seconds of media time."""
    label: str
    xyxy: tuple[float, float, float, float]
    """Fractions of the frame: left, top, right, bottom."""
    track: int
    """0 where it is of the picture itself."""
    score: float | None = None
    """Of the detection, 0 to 1."""


class PathReply(Shown):
    """The way of a track that led to an incident."""

    track: int
    points: list[tuple[float, float, float]]
    """Seconds of media time, and the foot's x and y as fractions of the frame; in order."""


class OutlineReply(Shown):
    """The zone or line of a rule, as it was drawn when the incident came."""

    points: list[tuple[float, float]]
    """Fractions of the frame: x, y."""
    closed: bool
    """A zone; false: a line."""


class ModelReply(Shown):
    """What detected it."""

    name: str
    sha256: str


class EvidenceReply(Shown):
    """Files of proof."""

    snapshot: str | None
    clip: str | None


class IncidentReply(Shown):
    """An incident, version 1. Times are RFC 3339, UTC; `*_s` are seconds of media time."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_INCIDENT]})

    version: int
    id: str
    camera: str
    kind: str
    zone: str | None
    severity: str
    started_at: str
    detected_at: str
    ended_at: str | None
    start_s: float
    detected_s: float
    end_s: float | None
    score: float
    boxes: list[BoxReply]
    model: ModelReply
    rule: dict[str, Any]
    why: str
    evidence: EvidenceReply | None
    why_in: dict[str, str] = Field(default_factory=dict)
    """`why` by language: `en`, `kk`, `ru`."""
    paths: list[PathReply] = Field(default_factory=list)
    """Ways of the tracks that led to it."""
    scores: dict[str, float] = Field(default_factory=dict)
    """What was measured and compared with the rule's limits, by name."""
    updated_s: float | None = None
    """When its sentence and score were last true; null in those of earlier versions."""


class LinkedIncidentReply(Shown):
    """An incident under its alert, with the times of its way."""

    incident: str
    payload: IncidentReply
    trace: dict[str, str]
    """RFC 3339 UTC times by stage: captured, inferred, raised, spooled, received, stored."""
    outline: OutlineReply | None = None
    """Null: the whole frame, or not known."""


class AlertDetailReply(Shown):
    """An alert with its whole account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "alert": EXAMPLE_ALERT,
                    "steps": [EXAMPLE_STEP],
                    "incidents": [
                        {
                            "incident": EXAMPLE_INCIDENT["id"],
                            "payload": EXAMPLE_INCIDENT,
                            "trace": {"captured": "2026-11-24T08:00:52.500Z"},
                            "outline": {"points": [[0, 0.4], [1, 0.4], [1, 1]], "closed": True},
                        }
                    ],
                    "trace": [EXAMPLE_STAGE],
                    "offers": [EXAMPLE_OFFER],
                    "notifications": [EXAMPLE_NOTIFICATION],
                }
            ]
        }
    )

    alert: AlertReply
    steps: list[StepReply]
    incidents: list[LinkedIncidentReply]
    trace: list[StageReply]
    """The way of the incident that raised it, and of the patrol that went or is asked now."""
    offers: list[OfferReply]
    """Every offer in its order; a patrol reads those to itself."""
    notifications: list[NotificationReply]
    """What was said to whom, in its order; a patrol reads what was said to itself."""


class AlertPage(Shown):
    """A page of alerts, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [EXAMPLE_ALERT], "next_cursor": None, "last_event_seq": 41}]
        }
    )

    items: list[AlertReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""
    last_event_seq: int
    """Where the feed stood when this page was read: the `after` of a stream that misses nothing."""

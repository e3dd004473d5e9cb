"""Records for the tests of the stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alerts.access import Grant, Role
from alerts.alert import (
    Actor,
    Alert,
    AlertId,
    FeedEvent,
    LinkedIncident,
    PatrolId,
    Place,
    Refusal,
    State,
    Step,
)
from alerts.patrol import Patrol, Position
from alerts.registry import RegisteredCamera
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident

OPERATOR = Actor("operator", "aigul")


def alert(number: int = 1, **changes: object) -> Alert:
    at = NOON + timedelta(seconds=number)
    one = Alert(
        id=AlertId(f"alert-{number:04d}"),
        kind="intrusion",
        severity="high",
        state=State.NEW,
        camera=CameraId("north-gate"),
        place=Place("Солтүстік қақпа", 60.17, 24.94),
        zone=None,
        why="Біреу «қақпаға» кірді.",
        score=0.8125,
        snapshot=None,
        opened_at=at,
        updated_at=at + timedelta(microseconds=1),
        since=at,
        began_at=at,
        seen_at=at,
        refusals=(Refusal(PatrolId("unit-9"), at, "has declined"),),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def waiting(number: int, severity: str) -> Alert:
    return alert(number, severity=severity, state=State.ESCALATED, seeking_since=NOON)


def step(number: int, of: AlertId) -> Step:
    at = NOON + timedelta(seconds=number)
    detail = {"number": number, "nested": {"қазақша": [1.5, None, True]}}
    return Step(of, at, "raise", None, State.NEW, str(OPERATOR), "", detail)


def linked(number: int, of: AlertId) -> LinkedIncident:
    one = incident(number)
    return LinkedIncident(one.id, of, one.to_dict(), {"captured": "2026-11-24T12:00:00.000Z"})


def unit(number: int = 1, **changes: object) -> Patrol:
    at = Position(60.17, -24.94, NOON)
    one = Patrol(PatrolId(f"unit-{number}"), f"Экипаж {number}", True, at, None, NOON)
    return replace(one, **changes)  # type: ignore[arg-type]


def event(number: int, patrol: str | None = None) -> FeedEvent:
    kind = "offer" if patrol else "alert"
    of = PatrolId(patrol) if patrol else None
    return FeedEvent(0, NOON, kind, AlertId(f"alert-{number:04d}"), of, {"number": number})


def camera(name: str = "north-gate", **changes: object) -> RegisteredCamera:
    one = RegisteredCamera(
        id=CameraId(name),
        place=Place("North gate", 60.17, 24.94),
        url_sealed=b"\x00\xffsealed",
        url_hidden="rtsp://viewer:***@10.20.0.7/stream1",
        pinned_address="10.20.0.7",
        fps=5.0,
        scene={"version": 1, "rules": [{"kind": "loitering", "seconds": 15}]},
        created_at=NOON,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def grant(number: int = 1, **changes: object) -> Grant:
    one = Grant(
        id=f"grant-{number}",
        digest=f"{number:064x}",
        role=Role.OPERATOR,
        name="Aigul",
        patrol=None,
        one_time=True,
        created_at=NOON,
        expires_at=NOON + timedelta(hours=1),
    )
    return replace(one, **changes)  # type: ignore[arg-type]

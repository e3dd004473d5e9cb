"""The report of a span of time, as the API and `qalqan alarms` give it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from alerts.calm.eemua import TARGET_MIX, AlarmReport, Worst
from api.schemas import Shown
from detect.incident import rfc3339

EXAMPLE_REPORT: dict[str, Any] = {
    "from": "2026-11-24T00:00:00.000Z",
    "to": "2026-11-25T00:00:00.000Z",
    "operators": 2,
    "alerts": 310,
    "in_review": 41,
    "silenced": 12,
    "shelved": 3,
    "periods": {
        "number": 144,
        "mean": 1.08,
        "peak": 14.5,
        "peak_at": "2026-11-24T17:20:00.000Z",
        "in_flood": 0.0069,
        "load": "manageable",
    },
    "mix": {"critical": 0.04, "high": 0.2, "medium": 0.66, "low": 0.1},
    "target_mix": {"critical": 0.05, "high": 0.15, "medium_and_low": 0.8},
    "worst_cameras": [{"name": "lawn-east", "count": 96, "share": 0.3097}],
    "worst_kinds": [{"name": "intrusion", "count": 120, "share": 0.3871}],
    "stale": 0,
    "chattering": [{"name": "lawn-east/intrusion/lawn", "count": 33, "share": 0.08}],
    "answering": {"answered": 180, "unanswered": 130, "p50_s": 14.2, "p95_s": 71.0},
}


class PeriodsReply(Shown):
    """The ten-minute periods of the span, for each operator."""

    number: int
    mean: float
    """Alerts of one; likewise `peak`."""
    peak: float
    peak_at: str | None
    in_flood: float
    """Share of them with more than the rate at which a flood begins."""
    load: Literal["acceptable", "manageable", "demanding", "unacceptable"]


class WorstReply(Shown):
    """One of those that raise most."""

    name: str
    count: int
    share: float


class AnsweringReply(Shown):
    """Seconds to the first thing that somebody in the control room did about an alert."""

    answered: int
    unanswered: int
    p50_s: float | None
    p95_s: float | None


class AlarmReportReply(Shown):
    """What a span of time asked of people, measured as EEMUA 191 does."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_REPORT]})

    since: str = Field(alias="from")
    until: str = Field(alias="to")
    operators: int
    alerts: int
    """That asked somebody to look; what was for review or silenced is told apart."""
    in_review: int
    silenced: int
    shelved: int
    """Shelved now, or when they were closed."""
    periods: PeriodsReply
    mix: dict[str, float]
    """Share by severity."""
    target_mix: dict[str, float]
    worst_cameras: list[WorstReply]
    worst_kinds: list[WorstReply]
    stale: int
    """Open for more than a day."""
    chattering: list[WorstReply]
    """Rules (CAMERA/KIND/ZONE) with three incidents or more in a minute, by all their incidents."""
    answering: AnsweringReply


def report_json(report: AlarmReport) -> dict[str, Any]:
    """The report; times RFC 3339 UTC, shares with four digits."""
    periods, answering = report.periods, report.answering
    return {
        "from": rfc3339(report.since),
        "to": rfc3339(report.until),
        "operators": report.operators,
        "alerts": report.alerts,
        "in_review": report.in_review,
        "silenced": report.silenced,
        "shelved": report.shelved,
        "periods": {
            "number": periods.number,
            "mean": round(periods.mean, 4),
            "peak": round(periods.peak, 4),
            "peak_at": _time(periods.peak_at),
            "in_flood": round(periods.in_flood, 4),
            "load": periods.load,
        },
        "mix": {severity: round(share, 4) for severity, share in report.mix.items()},
        "target_mix": dict(TARGET_MIX),
        "worst_cameras": [_worst(one) for one in report.worst_cameras],
        "worst_kinds": [_worst(one) for one in report.worst_kinds],
        "stale": report.stale,
        "chattering": [_worst(one) for one in report.chattering],
        "answering": {
            "answered": answering.answered,
            "unanswered": answering.unanswered,
            "p50_s": _rounded(answering.p50_s),
            "p95_s": _rounded(answering.p95_s),
        },
    }


def _worst(one: Worst) -> dict[str, Any]:
    return {**asdict(one), "share": round(one.share, 4)}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None

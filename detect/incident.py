"""An incident: the one thing that leaves a node. Standard library only: `alerts` reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NewType, Self

from ingest.camera import CameraId

IncidentId = NewType("IncidentId", str)

VERSION = 1
SEVERITIES = ("critical", "high", "medium", "low")
"""From the most to the least urgent."""


class IncidentFormatError(ValueError):
    """The message is not an incident; says which field is wrong."""


@dataclass(frozen=True, slots=True)
class IncidentBox:
    """One box that led to the incident."""

    t_s: float
    label: str
    xyxy: tuple[float, float, float, float]
    """Fractions of the frame."""
    track: int
    """0 where it is of the picture itself."""
    score: float | None = None
    """Of the detection, 0 to 1."""


@dataclass(frozen=True, slots=True)
class TrackPath:
    """Where a track that led to the incident stood."""

    track: int
    points: tuple[tuple[float, float, float], ...]
    """Media time in seconds, and the foot's x and y in fractions of the frame; in order."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which weights saw it."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the proof lies, as paths relative to the node's evidence folder."""

    snapshot: str | None = None
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One happening at one camera, under one id from its opening to its end."""

    id: IncidentId
    camera: CameraId
    kind: str
    zone: str | None
    """Name of the zone or line; None for the whole frame."""
    severity: str
    started_at: datetime
    """UTC, when it began in the scene."""
    detected_at: datetime
    """UTC, when the rule's condition was met."""
    ended_at: datetime | None
    start_s: float
    """Media seconds since the first frame; likewise `detected_s`, `end_s`."""
    detected_s: float
    end_s: float | None
    score: float
    boxes: tuple[IncidentBox, ...]
    model: ModelRef
    rule: dict[str, Any]
    """The rule as the scene gives it."""
    why: str
    """One sentence in plain English."""
    evidence: Evidence | None = None
    why_in: dict[str, str] = field(default_factory=dict)
    """The same sentence by language: `en`, `kk`, `ru`."""
    paths: tuple[TrackPath, ...] = ()
    """Ways of the tracks that led to it, from before its rule was met."""
    scores: dict[str, float] = field(default_factory=dict)
    """What was measured, by name."""
    updated_s: float | None = None
    """Media time of what it says; None: not said by the node."""

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def to_dict(self) -> dict[str, Any]:
        """The incident as JSON types, in the contract's key order."""
        return {
            "version": VERSION,
            "id": self.id,
            "camera": self.camera,
            "kind": self.kind,
            "zone": self.zone,
            "severity": self.severity,
            "started_at": rfc3339(self.started_at),
            "detected_at": rfc3339(self.detected_at),
            "ended_at": rfc3339(self.ended_at) if self.ended_at else None,
            "start_s": round(self.start_s, 3),
            "detected_s": round(self.detected_s, 3),
            "end_s": None if self.end_s is None else round(self.end_s, 3),
            "score": round(self.score, 4),
            "boxes": [
                {
                    "t_s": round(box.t_s, 3),
                    "label": box.label,
                    "xyxy": [round(value, 5) for value in box.xyxy],
                    "track": box.track,
                    "score": None if box.score is None else round(box.score, 4),
                }
                for box in self.boxes
            ],
            "model": {"name": self.model.name, "sha256": self.model.sha256},
            "rule": self.rule,
            "why": self.why,
            "evidence": None
            if self.evidence is None
            else {"snapshot": self.evidence.snapshot, "clip": self.evidence.clip},
            "why_in": dict(self.why_in),
            "paths": [
                {
                    "track": path.track,
                    "points": [
                        [round(t_s, 3), round(x, 5), round(y, 5)] for t_s, x, y in path.points
                    ],
                }
                for path in self.paths
            ],
            "scores": {name: round(value, 4) for name, value in self.scores.items()},
            "updated_s": None if self.updated_s is None else round(self.updated_s, 3),
        }

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read the contract's JSON. Raises `IncidentFormatError` that names the field."""
        try:
            return cls._read(data)
        except KeyError as error:
            raise IncidentFormatError(f"incident lacks {error.args[0]!r}") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise IncidentFormatError(f"incident has a wrong value: {error}") from error

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        if data["version"] != VERSION:
            raise ValueError(f"version is {data['version']!r}, expected {VERSION}")
        if data["severity"] not in SEVERITIES:
            raise ValueError(f"severity is {data['severity']!r}, expected one of {SEVERITIES}")
        evidence = data.get("evidence")
        ended_at = data["ended_at"]
        return cls(
            id=IncidentId(str(data["id"])),
            camera=CameraId(str(data["camera"])),
            kind=str(data["kind"]),
            zone=data["zone"],
            severity=data["severity"],
            started_at=datetime.fromisoformat(data["started_at"]).astimezone(UTC),
            detected_at=datetime.fromisoformat(data["detected_at"]).astimezone(UTC),
            ended_at=datetime.fromisoformat(ended_at).astimezone(UTC) if ended_at else None,
            start_s=float(data["start_s"]),
            detected_s=float(data["detected_s"]),
            end_s=None if data["end_s"] is None else float(data["end_s"]),
            score=float(data["score"]),
            boxes=tuple(
                IncidentBox(
                    float(box["t_s"]),
                    str(box["label"]),
                    _box(box["xyxy"]),
                    int(box["track"]),
                    None if box.get("score") is None else float(box["score"]),
                )
                for box in data["boxes"]
            ),
            model=ModelRef(str(data["model"]["name"]), str(data["model"]["sha256"])),
            rule=dict(data["rule"]),
            why=str(data["why"]),
            evidence=Evidence(evidence.get("snapshot"), evidence.get("clip")) if evidence else None,
            why_in={str(name): str(text) for name, text in data.get("why_in", {}).items()},
            paths=tuple(
                TrackPath(int(path["track"]), tuple(_step(step) for step in path["points"]))
                for path in data.get("paths", ())
            ),
            scores={str(name): float(value) for name, value in data.get("scores", {}).items()},
            updated_s=_seconds(data.get("updated_s")),
        )


def _seconds(value: float | None) -> float | None:
    return None if value is None else float(value)


def _box(values: list[float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


def _step(values: list[float]) -> tuple[float, float, float]:
    t_s, x, y = (float(value) for value in values)
    return t_s, x, y


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds, e.g. `2026-11-24T08:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""One incident per happening: opened, updated, closed under one id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detect.incident import Incident, IncidentBox, IncidentId, ModelRef
from detect.rules.base import Finding
from ingest.camera import CameraId

QUIET_S = 5.0
"""A happening ends when its condition has not been met for this long."""
UPDATE_S = 1.0
"""An open incident is updated at most this often."""
BOXES_KEPT = 20
"""The first box and the latest ones."""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What an incident says about the rule that raised it."""

    kind: str
    zone: str | None
    severity: str
    rule: dict[str, object]


@dataclass(slots=True)
class _Open:
    incident: Incident
    last_s: float
    updated_s: float


class Happenings:
    """The open happenings of one rule at one camera."""

    def __init__(
        self,
        camera: CameraId,
        facts: RuleFacts,
        model: ModelRef,
        new_id: Callable[[], IncidentId],
    ) -> None:
        self._camera = camera
        self._facts = facts
        self._model = model
        self._new_id = new_id
        self._open: dict[str, _Open] = {}

    @property
    def is_open(self) -> bool:
        return bool(self._open)

    def step(self, findings: Sequence[Finding], t_s: float, at: datetime) -> list[Incident]:
        """Changes of incidents at media time `t_s`, wall-clock `at`."""
        changes = []
        for finding in findings:
            known = self._open.get(finding.key)
            if known is None:
                changes.append(self._begin(finding, t_s, at))
            else:
                changes.extend(self._go_on(known, finding, t_s))
        for key, known in list(self._open.items()):
            if t_s - known.last_s >= QUIET_S:
                del self._open[key]
                changes.append(_ended(known, t_s, at))
        return changes

    def finish(self, t_s: float, at: datetime) -> list[Incident]:
        """End everything: nobody looks any longer."""
        changes = [_ended(known, t_s, at) for known in self._open.values()]
        self._open.clear()
        return changes

    def _begin(self, finding: Finding, t_s: float, at: datetime) -> Incident:
        began = at - timedelta(seconds=t_s - finding.since_s)
        incident = Incident(
            id=self._new_id(),
            camera=self._camera,
            kind=self._facts.kind,
            zone=self._facts.zone,
            severity=self._facts.severity,
            started_at=began,
            detected_at=at,
            ended_at=at if finding.momentary else None,
            start_s=finding.since_s,
            detected_s=t_s,
            end_s=t_s if finding.momentary else None,
            score=finding.tracks[0].score,
            boxes=_boxes(finding, t_s),
            model=self._model,
            rule=dict(self._facts.rule),
            why=finding.why,
        )
        if not finding.momentary:
            self._open[finding.key] = _Open(incident, t_s, t_s)
        return incident

    def _go_on(self, known: _Open, finding: Finding, t_s: float) -> list[Incident]:
        known.last_s = t_s
        if t_s - known.updated_s < UPDATE_S:
            return []
        known.updated_s = t_s
        boxes = known.incident.boxes + _boxes(finding, t_s)
        if len(boxes) > BOXES_KEPT:
            boxes = boxes[:1] + boxes[-(BOXES_KEPT - 1) :]
        score = max(known.incident.score, finding.tracks[0].score)
        known.incident = replace(known.incident, boxes=boxes, score=score, why=finding.why)
        return [known.incident]


def _ended(known: _Open, t_s: float, at: datetime) -> Incident:
    ended_at = at - timedelta(seconds=t_s - known.last_s)
    return replace(known.incident, ended_at=ended_at, end_s=known.last_s)


def _boxes(finding: Finding, t_s: float) -> tuple[IncidentBox, ...]:
    return tuple(
        IncidentBox(t_s, track.label, track.xyxy, track.id) for track in finding.tracks[:5]
    )

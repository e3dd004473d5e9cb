"""One incident per happening: opened, updated, closed under one id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detect.incident import Incident, IncidentBox, IncidentId, ModelRef, TrackPath
from detect.rules.base import Finding
from detect.tracking.trails import Step, Ways
from ingest.camera import CameraId

QUIET_S = 5.0
UPDATE_S = 1.0
"""An open incident is updated at most this often."""
BOXES_EACH = 5
"""Boxes of one frame, at most."""
PATHS_KEPT = 8
STEPS_KEPT = 124
"""Steps of a track's path. Of a longer one every other step is left out, from its beginning on, so
that it still shows how somebody came."""
BOXES_KEPT = 20
"""The first box and the latest ones."""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What an incident says about the rule that raised it."""

    kind: str
    zone: str | None
    severity: str
    rule: dict[str, object]
    quiet_s: float = QUIET_S
    """A happening ends when its condition has not been met for this long."""


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

    def step(
        self, findings: Sequence[Finding], t_s: float, at: datetime, ways: Ways | None = None
    ) -> list[Incident]:
        """Changes of incidents at media time `t_s`, wall-clock `at`.

        `ways`: where the tracks stood lately, for how they came.
        """
        ways, changes = ways or {}, []
        for finding in findings:
            known = self._open.get(finding.key)
            if known is None:
                changes.append(self._begin(finding, t_s, at, ways))
            else:
                changes.extend(self._go_on(known, finding, t_s, ways))
        for key, known in list(self._open.items()):
            if t_s - known.last_s >= self._facts.quiet_s:
                del self._open[key]
                changes.append(_ended(known, t_s, at))
        return changes

    def hold(self, t_s: float) -> None:
        """What is open has lasted until now: nobody could look in between."""
        for known in self._open.values():
            known.last_s = max(known.last_s, t_s)

    def finish(self, t_s: float, at: datetime) -> list[Incident]:
        """End everything: nobody looks any longer."""
        changes = [_ended(known, t_s, at) for known in self._open.values()]
        self._open.clear()
        return changes

    def _begin(self, finding: Finding, t_s: float, at: datetime, ways: Ways) -> Incident:
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
            score=_score(finding),
            boxes=_boxes(finding, t_s),
            model=finding.model or self._model,
            rule=dict(self._facts.rule),
            why=finding.said.en,
            why_in=finding.said.to_dict(),
            paths=_paths((), finding, t_s, ways),
            scores=_scores(finding),
            updated_s=t_s,
        )
        if not finding.momentary:
            self._open[finding.key] = _Open(incident, t_s, t_s)
        return incident

    def _go_on(self, known: _Open, finding: Finding, t_s: float, ways: Ways) -> list[Incident]:
        known.last_s = t_s
        if t_s - known.updated_s < UPDATE_S:
            return []
        known.updated_s = t_s
        boxes = known.incident.boxes + _boxes(finding, t_s)
        if len(boxes) > BOXES_KEPT:
            boxes = boxes[:1] + boxes[-(BOXES_KEPT - 1) :]
        known.incident = replace(
            known.incident,
            boxes=boxes,
            score=max(known.incident.score, _score(finding)),
            why=finding.said.en,
            why_in=finding.said.to_dict(),
            paths=_paths(known.incident.paths, finding, t_s, ways),
            scores=_scores(finding),
            updated_s=t_s,
        )
        return [known.incident]


def _ended(known: _Open, t_s: float, at: datetime) -> Incident:
    ended_at = at - timedelta(seconds=t_s - known.last_s)
    return replace(known.incident, ended_at=ended_at, end_s=known.last_s)


def _boxes(finding: Finding, t_s: float) -> tuple[IncidentBox, ...]:
    if not finding.tracks and finding.box is not None:
        return (IncidentBox(t_s, "", finding.box, 0, _score(finding)),)
    return tuple(
        IncidentBox(t_s, track.label, track.xyxy, track.id, track.score)
        for track in finding.tracks[:BOXES_EACH]
    )


def _paths(
    known: tuple[TrackPath, ...], finding: Finding, t_s: float, ways: Ways
) -> tuple[TrackPath, ...]:
    """The ways of the first tracks, from before the rule was met, brought up to now."""
    paths = {path.track: path.points for path in known}
    for track in finding.tracks[:BOXES_EACH]:
        if track.id not in paths and len(paths) >= PATHS_KEPT:
            continue
        before = paths.get(track.id, ways.get(track.id, ()))
        steps = [*(step for step in before if step[0] < t_s), (t_s, *track.foot)]
        paths[track.id] = _thinned(steps)
    return tuple(TrackPath(track, points) for track, points in paths.items())


def _thinned(steps: list[Step]) -> tuple[Step, ...]:
    return tuple(steps if len(steps) <= STEPS_KEPT else [*steps[:-1:2], steps[-1]])


def _score(finding: Finding) -> float:
    if finding.score is not None:
        return finding.score
    return finding.tracks[0].score if finding.tracks else 1.0


def _scores(finding: Finding) -> dict[str, float]:
    return {name: float(value) for name, value in (finding.scores or {}).items()}

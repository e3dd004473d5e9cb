"""The stores in memory: for tests of what stands on them. Same contract suite as SQL."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.access import Grant
from alerts.alert import Alert, AlertId, FeedEvent, LinkedIncident, PatrolId, State, Step
from alerts.believing.trust import RuleKey, RuleTrust, Standing, TrustChange, Verdict
from alerts.calm.silence import Silence, SilenceId
from alerts.errors import NotFound, VersionConflict
from alerts.grouping import Vicinity
from alerts.patrol import Patrol
from alerts.registry import RegisteredCamera
from alerts.stores.memory_outbox import MemoryOutbox, Outbox
from alerts.stores.memory_patrols import MemoryPatrols
from alerts.stores.silences import MemorySilences
from detect.incident import SEVERITIES, IncidentId
from ingest.camera import CameraId


@dataclass(slots=True)
class _Data:
    alerts: dict[AlertId, Alert] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    incidents: dict[IncidentId, LinkedIncident] = field(default_factory=dict)
    patrols: dict[PatrolId, Patrol] = field(default_factory=dict)
    events: list[FeedEvent] = field(default_factory=list)
    verdicts: dict[tuple[AlertId, RuleKey], Verdict] = field(default_factory=dict)
    trust: dict[RuleKey, RuleTrust] = field(default_factory=dict)
    trust_changes: list[TrustChange] = field(default_factory=list)
    outbox: Outbox = field(default_factory=Outbox)
    silences: dict[SilenceId, Silence] = field(default_factory=dict)

    def copy(self) -> _Data:
        return _Data(
            dict(self.alerts),
            list(self.steps),
            dict(self.incidents),
            dict(self.patrols),
            list(self.events),
            dict(self.verdicts),
            dict(self.trust),
            list(self.trust_changes),
            self.outbox.copy(),
            dict(self.silences),
        )


class MemoryTransaction(MemoryOutbox, MemoryPatrols, MemorySilences):
    """Works on a copy."""

    def __init__(self, data: _Data) -> None:
        MemoryOutbox.__init__(self, data.outbox)
        MemorySilences.__init__(self, data.silences)
        MemoryPatrols.__init__(self, data.patrols)
        self._data = data

    def alert(self, alert: AlertId) -> Alert | None:
        return self._data.alerts.get(alert)

    def put_alert(self, alert: Alert) -> None:
        self._data.alerts[alert.id] = alert

    def open_alerts(self) -> list[Alert]:
        alerts = sorted(self._data.alerts.items())
        return [alert for _, alert in alerts if alert.state is not State.CLOSED]

    def joinable_alerts(self, near: Vicinity) -> list[Alert]:
        south, north = near.latitudes or (math.inf, -math.inf)
        return [
            alert
            for alert in self.open_alerts()
            if alert.kind in near.kinds
            and alert.seen_at >= near.seen_after
            and alert.began_at <= near.began_before
            and (
                alert.camera == near.camera
                or (alert.place is not None and south <= alert.place.latitude <= north)
            )
        ]

    def due_alerts(self, now: datetime, limit: int) -> list[Alert]:
        due = [(alert.due, alert.id, alert) for alert in self.open_alerts() if alert.due]
        return [alert for at, _, alert in sorted(due)[:limit] if at <= now]

    def waiting_alerts(self, limit: int) -> list[Alert]:
        waiting = [alert for alert in self.open_alerts() if alert.waits_for_patrol]
        return sorted(waiting, key=lambda one: (SEVERITIES.index(one.severity), one.id))[:limit]

    def page_alerts(
        self,
        limit: int,
        before: AlertId | None = None,
        states: Sequence[State] = (),
        review: bool | None = None,
    ) -> list[Alert]:
        found = [
            alert
            for key, alert in sorted(self._data.alerts.items(), reverse=True)
            if (before is None or key < before)
            and (not states or alert.state in states)
            and review in (None, alert.review)
        ]
        return found[:limit]

    def add_step(self, step: Step) -> None:
        self._data.steps.append(step)

    def steps(self, alert: AlertId) -> list[Step]:
        return [step for step in self._data.steps if step.alert == alert]

    def incident(self, incident: IncidentId) -> LinkedIncident | None:
        return self._data.incidents.get(incident)

    def put_incident(self, linked: LinkedIncident) -> None:
        self._data.incidents[linked.incident] = linked

    def incidents(self, alert: AlertId) -> list[LinkedIncident]:
        return [one for _, one in sorted(self._data.incidents.items()) if one.alert == alert]

    def publish(self, event: FeedEvent) -> int:
        seq = len(self._data.events) + 1
        self._data.events.append(replace(event, seq=seq))
        return seq

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        later = [e for e in self._data.events if e.seq > seq and e.patrol == patrol]
        return later[:limit]

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        return self._data.events[seq : seq + limit]

    def last_event_seq(self) -> int:
        return len(self._data.events)

    def put_verdict(self, verdict: Verdict) -> None:
        self._data.verdicts[verdict.alert, verdict.rule] = verdict

    def verdicts(self, rule: RuleKey, limit: int) -> list[Verdict]:
        found = [one for one in self._data.verdicts.values() if one.rule == rule]
        return sorted(found, key=lambda one: (one.at, one.alert), reverse=True)[:limit]

    def verdicts_of(self, alert: AlertId) -> list[Verdict]:
        found = [one for one in self._data.verdicts.values() if one.alert == alert]
        return sorted(found, key=lambda one: one.rule.order)

    def put_rule_trust(self, trust: RuleTrust) -> None:
        self._data.trust[trust.rule] = trust

    def rule_trust(self, rule: RuleKey) -> RuleTrust | None:
        return self._data.trust.get(rule)

    def page_trust(
        self,
        limit: int,
        after: RuleKey | None = None,
        camera: CameraId | None = None,
        standings: Sequence[Standing] = (),
    ) -> list[RuleTrust]:
        found = [
            one
            for one in sorted(self._data.trust.values(), key=lambda one: one.rule.order)
            if (after is None or one.rule.order > after.order)
            and camera in (None, one.camera)
            and (not standings or one.standing in standings)
        ]
        return found[:limit]

    def add_trust_change(self, change: TrustChange) -> None:
        self._data.trust_changes.append(change)

    def trust_changes(self, rule: RuleKey) -> list[TrustChange]:
        return [one for one in self._data.trust_changes if one.rule == rule]


class MemoryStore:
    """One writer at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data = _Data()

    @contextmanager
    def begin(self) -> Iterator[MemoryTransaction]:
        with self._lock:
            working = self._data.copy()
            yield MemoryTransaction(working)
            self._data = working

    @contextmanager
    def read(self) -> Iterator[MemoryTransaction]:
        yield MemoryTransaction(self._data)

    def close(self) -> None:
        """Nothing to let go of."""


class MemoryCameras:
    """`CameraRegistry` in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cameras: dict[CameraId, RegisteredCamera] = {}

    def list(self) -> list[RegisteredCamera]:
        with self._lock:
            return [camera for _, camera in sorted(self._cameras.items())]

    def get(self, camera: CameraId) -> RegisteredCamera | None:
        return self._cameras.get(camera)

    def add(self, camera: RegisteredCamera) -> bool:
        with self._lock:
            if camera.id in self._cameras:
                return False
            self._cameras[camera.id] = camera
            return True

    def replace(self, camera: RegisteredCamera, expected_version: int) -> RegisteredCamera:
        with self._lock:
            known = self._cameras.get(camera.id)
            if known is None:
                raise NotFound(f"there is no camera {camera.id}")
            if known.version != expected_version:
                raise VersionConflict(f"camera {camera.id} is at version {known.version}")
            stored = replace(camera, version=expected_version + 1)
            self._cameras[camera.id] = stored
            return stored

    def remove(self, camera: CameraId) -> bool:
        with self._lock:
            return self._cameras.pop(camera, None) is not None


class MemoryGrants:
    """`GrantStore` in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def add(self, grant: Grant) -> None:
        with self._lock:
            self._grants[grant.id] = grant

    def by_digest(self, digest: str) -> Grant | None:
        with self._lock:
            return next((g for g in self._grants.values() if g.digest == digest), None)

    def spend(self, digest: str, at: datetime) -> Grant | None:
        grant = self.by_digest(digest)
        if grant is None or not grant.one_time:
            return None
        return grant if self.revoke(grant.id, at) else None

    def revoke(self, grant_id: str, at: datetime) -> bool:
        with self._lock:
            grant = self._grants.get(grant_id)
            if grant is None or grant.revoked_at is not None:
                return False
            self._grants[grant_id] = replace(grant, revoked_at=at)
            return True

    def ended_count(self) -> int:
        return len(self.ended())

    def ended(self) -> frozenset[str]:
        with self._lock:
            return frozenset(g.id for g in self._grants.values() if g.revoked_at is not None)

    def list(self) -> list[Grant]:
        with self._lock:
            return [grant for _, grant in sorted(self._grants.items())]

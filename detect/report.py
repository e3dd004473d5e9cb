"""What a node says of its cameras and of itself: frames *inferred*, and how closely."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from detect.core import Core
from detect.incident import rfc3339
from detect.looking.audit import Auditor
from ingest.camera import CameraId
from ingest.health import CameraHealth

LATE = frozenset({"late_decode", "expired", "overrun"})
"""Reasons for which frames are dropped against our will."""
LATE_SHARE = 0.02
"""Share of frames lost over `LATE_OVER_S` from which a camera's coverage is degraded."""
LATE_OVER_S = 30.0
FPS_OVER_S = 5.0
"""What a rate is told over: a camera that is looked at once a second must not show 0 or 2."""


class Report:
    """Makes the health message. Remembers the last one, to tell rates. One thread at a time."""

    def __init__(self, core: Core, monotonic: Callable[[], float]) -> None:
        self._core = core
        self._monotonic = monotonic
        self._counted: dict[CameraId, deque[_Count]] = {}

    def forget(self, camera: CameraId) -> None:
        self._counted.pop(camera, None)

    def cameras(self) -> dict[CameraId, dict[str, Any]]:
        """Of each camera: its worker's state, what was inferred, how it is looked at."""
        drops = self._core.cameras.drops()
        return {
            name: self._camera(name, health, drops.get(name, {}))
            for name, health in self._core.cameras.health().items()
        }

    def machine(self) -> dict[str, Any]:
        """The load, and what runs the model."""
        load, detector = self._core.meter.load, self._core.detector
        return {
            "load": {
                "capacity_cores": load.capacity_cores,
                "used_cores": round(load.used_cores, 3),
                "demand": round(load.demand, 3),
                "level": load.level,
            },
            "engine": detector.engine_name,
            "engine_reason": detector.reason,
            "canvases": self._core.pipeline.tally.canvases,
        }

    def _camera(
        self, name: CameraId, health: CameraHealth, drops: dict[str, int]
    ) -> dict[str, Any]:
        tally, frame = self._core.pipeline.tally, self._core.pipeline.latest.get(name)
        analysed = tally.analysed[name]
        dropped = Counter(drops)
        if health.late_decode:
            dropped["late_decode"] += health.late_decode
        late = sum(dropped[reason] for reason in LATE)
        fps, late_share = self.rates(name, analysed, late)
        audit = self._core.audit.snapshot(name)
        attention = self._core.cameras.attentions.get(name)
        faults = [] if attention is None else attention.watch.faults
        reason = self._degraded(late_share, 0 if audit is None else audit.level)
        if faults and reason is None:
            reason = "rule"
        return {
            "state": health.state,
            "reason": health.reason,
            "since": rfc3339(health.since),
            "last_frame_at": _at(tally.last_frame_at.get(name)),
            "idle_s": None if frame is None else self._monotonic() - frame.received_s,
            "analysed": analysed,
            "analysed_fps": fps,
            "dropped": dict(dropped),
            "reconnects": health.reconnects,
            "decoding": health.decoding,
            "substream_reason": health.substream_reason,
            "looking": tally.last_look.get(name),
            "looks": {
                kind: tally.looks[name, kind]
                for kind in ("full", "regions", "nothing")
                if tally.looks[name, kind]
            },
            "target_fps": self._core.cameras.paces()[name].fps,
            "shed": self._core.service.shed(name),
            "coverage": "degraded" if reason else "full",
            "coverage_reason": reason,
            "audit": None if audit is None else audit.as_dict(),
            "fixtures": self._fixtures(name),
            "failing_rules": [fault.to_dict() for fault in faults],
            "rule_failures": {} if attention is None else attention.watch.failures,
        }

    def _fixtures(self, name: CameraId) -> list[dict[str, Any]]:
        """What is part of the place and hidden from the rules."""
        attention = self._core.cameras.attentions.get(name)
        known = [] if attention is None else list(attention.watch.fixtures.known)
        return [one.told() for one in known]

    def _degraded(self, late_share: float, audit_level: int) -> str | None:
        """Why a camera is looked at less closely than its scene needs; None when it is not."""
        if self._core.service.level > 1:  # the first level only takes what nobody needs
            return "overload"
        if late_share > LATE_SHARE:
            return "late"
        return "audit" if audit_level >= Auditor.HIGHEST else None

    def rates(self, name: CameraId, analysed: int, late: int) -> tuple[float, float]:
        """Frames a second lately, and the share of frames that came too late."""
        now = _Count(self._monotonic(), analysed, late)
        counts = self._counted.setdefault(name, deque())
        counts.append(now)
        while now.at_s - counts[0].at_s > LATE_OVER_S:
            counts.popleft()
        then = next(one for one in counts if now.at_s - one.at_s <= FPS_OVER_S)
        passed_s = now.at_s - then.at_s
        fps = max(0, analysed - then.analysed) / passed_s if passed_s > 0 else 0.0
        done, lost = max(0, analysed - counts[0].analysed), max(0, late - counts[0].late)
        return fps, lost / max(1, done + lost)


class _Count(NamedTuple):
    at_s: float
    analysed: int
    late: int


def _at(when: datetime | None) -> str | None:
    return rfc3339(when) if when else None

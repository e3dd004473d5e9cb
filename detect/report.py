"""What a node says of its cameras and of itself: frames *inferred*, and how closely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from detect.audit import Auditor
from detect.core import Core
from detect.incident import rfc3339
from ingest.camera import CameraId
from ingest.health import CameraHealth

LATE = frozenset({"late_decode", "expired", "overrun"})
"""Reasons for which frames are dropped against our will."""
LATE_SHARE = 0.01
"""Share of lost frames from which a camera's coverage is degraded."""


class Report:
    """Makes the health message. Remembers the last one, to tell rates. One thread at a time."""

    def __init__(self, core: Core, monotonic: Callable[[], float]) -> None:
        self._core = core
        self._monotonic = monotonic
        self._counted: dict[CameraId, tuple[float, int, int]] = {}

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
        fps, late_share = self._rates(name, analysed, late)
        audit = self._core.audit.snapshot(name)
        reason = self._degraded(late_share, 0 if audit is None else audit.level)
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
        }

    def _degraded(self, late_share: float, audit_level: int) -> str | None:
        """Why a camera is looked at less closely than its scene needs; None when it is not."""
        if self._core.service.level > 1:  # the first level only takes what nobody needs
            return "overload"
        if late_share > LATE_SHARE:
            return "late"
        return "audit" if audit_level >= Auditor.HIGHEST else None

    def _rates(self, name: CameraId, analysed: int, late: int) -> tuple[float, float]:
        """Frames a second since the last report, and the share of them that came too late."""
        now_s = self._monotonic()
        then_s, before, late_before = self._counted.get(name, (now_s, analysed, late))
        self._counted[name] = now_s, analysed, late
        done, lost = max(0, analysed - before), max(0, late - late_before)
        fps = done / (now_s - then_s) if now_s > then_s else 0.0
        return fps, lost / max(1, done + lost)


def _at(when: datetime | None) -> str | None:
    return rfc3339(when) if when else None

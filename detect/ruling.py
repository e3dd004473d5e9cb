"""One rule of one camera, by itself: what fails in it rests, is told, and ends nothing else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from detect.happenings import Happenings
from detect.incident import Incident, rfc3339
from detect.rules import Finding, RuleJudge
from detect.tracking.trails import Ways
from detect.view import View
from ingest.camera import CameraId

log = logging.getLogger(__name__)

FIRST_REST_S = 2.0
"""A rule that failed is tried again so much later, by a judge that knows nothing of before;"""
LONGEST_REST_S = 300.0
"""each time it fails again the rest is twice as long, up to this."""
PROVEN_S = 60.0
"""A rule that has judged for so long without failing works again."""
SAID = 8
"""Different faults of one rule that are said, at most; all are counted."""


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule that does not watch, or failed lately."""

    kind: str
    zone: str | None
    since: datetime
    """UTC, when it failed first."""
    failures: int
    """Since then."""
    error: str
    """The latest, in one line."""

    def to_dict(self) -> dict[str, object]:
        """As JSON types, for the health report."""
        return {
            "kind": self.kind,
            "zone": self.zone,
            "since": rfc3339(self.since),
            "failures": self.failures,
            "error": self.error,
        }


class Ruling:
    """A rule's judge and its happenings. Used by one thread at a time; any may read `fault`.

    A rule that raises is put to rest, what was open under it ends as last seen, and all others go
    on. It counts as failing until it has judged for `PROVEN_S` of media time since.
    """

    def __init__(
        self,
        camera: CameraId,
        kind: str,
        zone: str | None,
        make: Callable[[], RuleJudge],
        happenings: Happenings,
    ) -> None:
        self.fault: RuleFault | None = None
        """None: it works."""
        self.failures = 0
        """So far, whatever came between."""
        self._camera = camera
        self._kind = kind
        self._zone = zone
        self._make = make
        self._happenings = happenings
        self._judge: RuleJudge | None = None
        self._rests_to_s = 0.0
        self._rest_s = FIRST_REST_S
        self._tried_s = 0.0
        self._asks_fps = 0.0
        self._said: set[str] = set()

    @property
    def asks_fps(self) -> float:
        """Frames a second that the rule asks for just now; 0 while it rests."""
        return self._asks_fps

    @property
    def kind(self) -> str:
        """Of its incidents."""
        return self._kind

    @property
    def is_open(self) -> bool:
        """Whether an incident is open."""
        return self._happenings.is_open

    def judge(self, view: View, at: datetime, ways: Ways) -> list[Incident]:
        """What one frame changes."""

        def look(judge: RuleJudge) -> Sequence[Finding]:
            found = judge.judge(view)
            self._asks_fps = float(judge.asks_fps)
            return found

        return self._tried(look, view.t_s, at, ways)

    def lost(self, idle_s: float, t_s: float, at: datetime) -> list[Incident]:
        """What is said of a camera that has given no frame for `idle_s`."""
        return self._tried(lambda judge: judge.lost(idle_s), t_s, at, {})

    def hold(self, t_s: float) -> None:
        """What is open has lasted until now."""
        self._happenings.hold(t_s)

    def finish(self, t_s: float, at: datetime) -> list[Incident]:
        """End what is open: nobody looks any longer."""
        return self._happenings.finish(t_s, at)

    def _tried(
        self,
        look: Callable[[RuleJudge], Sequence[Finding]],
        t_s: float,
        at: datetime,
        ways: Ways,
    ) -> list[Incident]:
        if self.fault is not None and t_s < self._rests_to_s:
            return []
        try:
            if self._judge is None:
                self._judge, self._tried_s = self._make(), t_s
            changes = self._happenings.step(look(self._judge), t_s, at, ways)
        except Exception as error:
            return self._put_to_rest(error, t_s, at)
        if self.fault is not None and t_s - self._tried_s >= PROVEN_S:
            log.info("%s works again", self)
            self.fault, self._rest_s = None, FIRST_REST_S
        return changes

    def _put_to_rest(self, error: Exception, t_s: float, at: datetime) -> list[Incident]:
        known, words = self.fault, _in_one_line(error)
        self.failures += 1
        self.fault = RuleFault(
            self._kind,
            self._zone,
            at if known is None else known.since,
            1 if known is None else known.failures + 1,
            words,
        )
        if words not in self._said and len(self._said) < SAID:
            self._said.add(words)
            log.error("%s failed and is not watched for a while: %s", self, words)
        self._judge, self._asks_fps = None, 0.0
        self._rests_to_s = t_s + self._rest_s
        self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)
        return self._happenings.finish(t_s, at)

    def __str__(self) -> str:
        where = "" if self._zone is None else f" in {self._zone!r}"
        return f"camera {self._camera}: rule {self._kind}{where}"


def _in_one_line(error: Exception) -> str:
    """What went wrong, and where: `ZeroDivisionError: division by zero (crowd.py:120)`."""
    steps = traceback.extract_tb(error.__traceback__)
    last = next((s for s in reversed(steps) if "site-packages" not in s.filename), None)
    where = "" if last is None else f" ({Path(last.filename).name}:{last.lineno})"
    words = " ".join(str(error).split())[:160]
    return f"{type(error).__name__}{': ' if words else ''}{words}{where}"

"""A desk whose present is known on two clocks, of which one can be set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.alert import AlertId, PatrolId
from alerts.notification import NotificationId, Stage
from alerts.trace import Trace
from detect.moment import Moment, stamp
from tests.support.incidents import NOON, incident
from tests.support.patrols import Desk


@dataclass
class TwoClocks:
    """A wall clock that is set as a test likes, and a count that goes on."""

    wall: datetime = NOON + timedelta(seconds=2)
    count_s: float = 100.0
    machine: str = "here"

    def __call__(self) -> datetime:
        at = self.wall
        now = Moment(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, UTC)
        now.tick = f"{self.machine}/{self.count_s:.3f}"
        return now

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.count_s += seconds

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock by so much."""
        self.wall += timedelta(seconds=seconds)


class Place(Desk):
    """A desk whose clock is two."""

    def __init__(self) -> None:
        self.clock = TwoClocks()
        super().__init__(now=self.clock())

    def go(self, seconds: float) -> None:
        self.clock.pass_by(seconds)
        self.now = self.clock()

    def set_wall(self, seconds: float) -> None:
        self.clock.set_wall(seconds)
        self.now = self.clock()

    def raised(self) -> AlertId:
        """An incident that took 0.1 s a stage at the node, and 0.2 s to get here."""
        trace: dict[str, str] = {}
        for stage in ("captured", "inferred", "raised", "spooled"):
            trace |= stamp(stage, self.clock())
            self.go(0.1)
        self.go(0.1)
        trace |= stamp("received", self.clock())
        at = self.now
        one = incident(1, severity="critical", started_at=at, detected_at=at)
        return self.service.receive(one, trace)

    def receipt(self, alert: AlertId, stage: Stage, patrol: PatrolId) -> None:
        told = [one for one in self.service.alert(alert).notifications if one.patrol == patrol]
        self.service.receipt(NotificationId(told[-1].id), patrol, stage)

    def trace(self, alert: AlertId) -> Trace:
        return self.service.alert(alert).trace

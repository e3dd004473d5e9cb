"""An alert service over a store in memory, with a clock that a test turns and units to send."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.alert import Actor, Alert, AlertId, PatrolId, Place
from alerts.believing.trust import TrustPolicy
from alerts.believing.trust_desk import TrustDesk
from alerts.calm.silence_desk import SilenceDesk
from alerts.dispatch.journeys import Journeys
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.ports import Store
from alerts.service import AlertService, Answer
from alerts.stores.memory import MemoryStore
from detect.incident import Incident
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident

OPERATOR = Actor("operator", "aigul")
OTHER_OPERATOR = Actor("operator", "bolat")
PLACES = {
    CameraId("north-gate"): Place("North gate", 60.17, 24.94),
    CameraId("next-door"): Place("Next door", 60.1705, 24.94),
    CameraId("far-away"): Place("Far away", 60.3, 24.94),
}
"""Next door is 56 m north of the north gate, far away 14 km."""


def by(patrol: PatrolId) -> Actor:
    """The patrol as the one who acts."""
    return Actor("patrol", patrol)


@dataclass
class Desk:
    """The service and what a test turns. Starts a second after the first test incident."""

    policy: Policy = field(default_factory=Policy)
    trust_policy: TrustPolicy = field(default_factory=TrustPolicy)
    store: Store = field(default_factory=MemoryStore)
    now: datetime = NOON + timedelta(seconds=2)
    rings: int = 0
    roads: Journeys | None = None

    def __post_init__(self) -> None:
        self.service = self.restarted()

    def restarted(self) -> AlertService:
        """A new service over the same store."""
        self.service = AlertService(
            self.store,
            PLACES.get,
            self.policy,
            lambda: self.now,
            self._ring,
            self.trust_policy,
            roads=self.roads,
        )
        self.trust = TrustDesk(
            self.store,
            PLACES.get,
            self.policy,
            self.trust_policy,
            lambda: self.now,
            self._ring,
            self.roads,
        )
        self.silences = SilenceDesk(
            self.store, self.policy, lambda: self.now, self._ring, self.roads
        )
        return self.service

    def _ring(self) -> None:
        self.rings += 1

    def unit(self, name: str, north_m: float = 0.0) -> PatrolId:
        """A unit on duty, so far north of the north gate."""
        patrol = self.service.register_patrol(name, OPERATOR).id
        self.stand(patrol, north_m)
        self.service.set_duty(patrol, True, by(patrol))
        return patrol

    def stand(self, patrol: PatrolId, north_m: float = 0.0) -> None:
        """The unit says where it is, now."""
        at = Position(60.17 + north_m / 111_195, 24.94, self.now)
        self.service.set_position(patrol, at)

    def receive(self, number: int = 1, **changes: object) -> AlertId:
        """An incident of the north gate that is met now."""
        begun = {"started_at": self.now - timedelta(seconds=1), "detected_at": self.now}
        return self.deliver(incident(number, **{**begun, **changes}))

    def deliver(self, one: Incident) -> AlertId:
        return self.service.receive(one, {})

    def end(self, one: Incident) -> Incident:
        return replace(one, ended_at=self.now, end_s=60.0)

    def alert(self, alert: AlertId) -> Alert:
        return self.service.alert(alert).alert

    def actions(self, alert: AlertId) -> list[str]:
        return [step.action for step in self.service.alert(alert).steps]

    def say(self, alert: AlertId, patrol: PatrolId, *answers: Answer) -> Alert:
        for answer in answers:
            self.service.answer(alert, patrol, answer, by(patrol))
        return self.alert(alert)

    def wait(self, seconds: float, *present: PatrolId) -> None:
        """Time passes in one step; the units named say where they are; the rounds are made."""
        self.now += timedelta(seconds=seconds)
        for patrol in present:
            unit = self.service.patrol(patrol)
            assert unit.position is not None
            self.service.set_position(patrol, replace(unit.position, at=self.now))
        self.service.tick()

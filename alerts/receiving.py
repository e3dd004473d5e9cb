"""Incidents taken in, several in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from alerts.alert import AlertId, Outline, Place
from alerts.dispatch.journeys import Journeys
from alerts.intake import take_in
from alerts.policy import Policy
from alerts.ports import Bell, Clock, Outlines, Places, Store
from detect.incident import Incident

Given = tuple[Incident, Mapping[str, str]]
"""An incident with the times of its way."""

TOGETHER_S = 0.1
"""About so long one commit takes in incidents before others who want to write have their turn."""


class Receiving:
    """Takes in what nodes deliver."""

    def __init__(
        self,
        store: Store,
        places: Places,
        outlines: Outlines,
        policy: Policy,
        now: Clock,
        ring: Bell,
        roads: Journeys | None,
    ) -> None:
        self._store = store
        self._places = places
        self._outlines = outlines
        self._policy = policy
        self._now = now
        self._ring = ring
        self._roads = roads

    def take(self, given: Sequence[Given]) -> list[AlertId]:
        """Take the first few in one commit, one at least; gives the alert of each.

        As many as there is time for. When one cannot be taken in, none was.
        """
        seen = [self._looked_up(incident) for incident, _ in given]
        alerts: list[AlertId] = []
        published = False
        with self._store.begin() as tx:
            began_s = monotonic()
            for (incident, trace), (place, outline) in zip(given, seen, strict=True):
                alert, told = take_in(
                    tx, incident, trace, place, self._now(), self._policy, outline, self._roads
                )
                alerts.append(alert)
                published = published or told
                if monotonic() - began_s > TOGETHER_S:
                    break
        if published:
            self._ring()
        return alerts

    def _looked_up(self, incident: Incident) -> tuple[Place | None, Outline | None]:
        """Where its camera looks, and the zone that it is about."""
        outline = self._outlines(incident.camera, incident.zone) if incident.zone else None
        return self._places(incident.camera), outline

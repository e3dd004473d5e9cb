"""How many people look at alerts, and whether more comes than they can."""

from __future__ import annotations

from typing import Any

from alerts.calm.flood import Flood
from api.board import FRESH_S, Kept, Panel
from api.streams import Streams
from api.wiring import Services
from detect.incident import rfc3339


class Calm:
    """Flood mode as every console is shown it. Looked at once a second at most. Thread-safe."""

    def __init__(self, services: Services, streams: Streams, fresh_s: float = FRESH_S) -> None:
        self._services = services
        self._streams = streams
        self.flood = Kept(self._look, fresh_s)
        self.panel = Panel("flood", self._shown)

    def operators(self) -> int:
        """People who have a console open, one at least: somebody is meant to look."""
        return max(1, self._streams.people_at(self.panel))

    def _look(self) -> Flood:
        return self._services.flood.look(self.operators())

    def _shown(self) -> dict[str, Any]:
        flood, policy = self.flood(), self._services.settings.flood
        return {
            "on": flood.on,
            "since": rfc3339(flood.since) if flood.on and flood.since else None,
            "raised": flood.raised,
            "operators": flood.operators,
            "begins_above": policy.begins_above,
            "ends_below": policy.ends_below,
        }

"""Whether incidents are taken in. Anybody may ask, and to know it takes the store's lock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from pydantic import ConfigDict

from api.board import Kept
from api.schemas import Reply
from api.wiring import Services

FRESH_S = 1.0


class Ready(Reply):
    """Incidents are taken in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ready", "cameras": 40, "watched": 39, "off": 0}]
        }
    )

    status: Literal["ready", "degraded"]
    """`degraded`: some cameras that are switched on are not being watched."""
    cameras: int
    watched: int
    off: int
    """Cameras that somebody switched off."""


class Readiness:
    """The answer, found out once a second however often it is asked for. Thread-safe."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self.now = Kept(self._read, FRESH_S, clock)
        """The answer; or what is missing, in one line."""

    def _read(self) -> Ready | str:
        services = self._services
        missing = [said for check in services.checks if (said := check())]
        if missing:
            return "; ".join(missing)
        states = [services.nodes.watch(one.id).state for one in services.cameras.list()]
        watched, off = states.count("live"), states.count("off")
        return Ready(
            status="ready" if watched + off == len(states) else "degraded",
            cameras=len(states),
            watched=watched,
            off=off,
        )

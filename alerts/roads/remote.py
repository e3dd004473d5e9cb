"""Journeys by another engine over HTTP: OSRM or Valhalla, with a city's own data behind them.

A decision waits for the answer, so there is little time for it. What does not come in time is not
waited for again for a while: patrols are then sent by the installation's own map, or by the
straight line, and the log and the decision say so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from alerts.alert import Place
from alerts.dispatch.distance import great_circle_m
from alerts.dispatch.journeys import By, Journeys, Least, line_mps
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.circuit import Circuit
from alerts.roads.engines import Drive, Engine, Osrm, Unexpected, Unreachable, Valhalla
from alerts.roads.graph import SPEED_MPS

ENGINES: dict[str, tuple[Callable[[], Engine], str]] = {
    "osrm": (Osrm, "driving"),
    "valhalla": (Valhalla, "auto"),
}
"""By name: the language, and the profile that cars have by default."""
REST_S = 15.0
SPLIT = 12
"""Questions more that are asked at most to find who of a batch is on no street."""
MOST_BYTES = 4 * 1024 * 1024
OWN_MPS = max(SPEED_MPS.values())


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """Where the engine is and how it is asked."""

    engine: str
    url: str
    profile: str | None = None
    timeout_s: float = 1.0
    """For all that one question of ours takes."""
    top_mps: float = 40.0
    """What it says is never quicker than the straight line at this speed."""


class RemoteJourneys:
    """`Journeys` by an engine, and by `local` while it cannot be asked. Thread-safe."""

    def __init__(
        self,
        settings: RemoteSettings,
        local: Journeys | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        make, profile = ENGINES[settings.engine]
        self._settings = settings
        self._engine = make()
        self._profile = settings.profile or profile
        self._local = local
        self._clock = clock
        self._name = f"{settings.engine} at {settings.url} ({self._profile})"
        self.circuit = Circuit(self._name, REST_S, clock)
        self._http = httpx.Client(
            base_url=settings.url,
            timeout=settings.timeout_s,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def by(self) -> By:
        return "road" if not self.circuit.rests or self._local is None else self._local.by

    @property
    def map(self) -> str | None:
        """The engine, which may say something else tomorrow; while it rests, our own map."""
        if not self.circuit.rests:
            return self._name
        return self._local.map if self._local else None

    def close(self) -> None:
        self._http.close()

    def least(self, place: Place, policy: Policy) -> Least:
        """Whoever answers, the engine, our own map or the straight line: not quicker than that."""
        speed_mps = line_mps(policy)
        fastest_mps = max(self._settings.top_mps, OWN_MPS, speed_mps)
        return Least(place.latitude, place.longitude, 0.0, 0.0, fastest_mps, speed_mps)

    def seconds_to(
        self, place: Place, positions: Sequence[Position], policy: Policy
    ) -> list[float | None]:
        if not positions:
            return []
        if self.circuit.rests:
            if self._local is None:
                return [None] * len(positions)
            return self._local.seconds_to(place, positions, policy)
        until = self._clock() + self._settings.timeout_s
        found: list[Drive | None] = []
        try:
            for start in range(0, len(positions), self._engine.at_once):
                some = positions[start : start + self._engine.at_once]
                found += self._asked(place, some, until, [SPLIT])
        except (httpx.HTTPError, Unexpected, ValueError) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            meanwhile = "our own map" if self._local else "the straight line"
            self.circuit.failed(why, f"for {REST_S:.0f} s {meanwhile} counts")
            # In this decision what is missing is by the straight line: it says so of each.
            found += [None] * (len(positions) - len(found))
        else:
            self.circuit.worked()
        return [
            self._told(place, one, drive, policy)
            for one, drive in zip(positions, found, strict=True)
        ]

    def _asked(
        self, place: Place, positions: Sequence[Position], until: float, left: list[int]
    ) -> list[Drive | None]:
        """Halved and asked again where one of them spoils the answer for all."""
        try:
            return self._ask(place, positions, until)
        except Unreachable:
            if len(positions) == 1 or left[0] <= 0:
                return [None] * len(positions)
            left[0] -= 1
            half = len(positions) // 2
            return [
                *self._asked(place, positions[:half], until, left),
                *self._asked(place, positions[half:], until, left),
            ]

    def _ask(self, place: Place, positions: Sequence[Position], until: float) -> list[Drive | None]:
        rest_s = until - self._clock()
        if rest_s <= 0:
            raise Unexpected(f"no answer within {self._settings.timeout_s:g} s")
        asked = self._engine.ask(place, positions, self._profile)
        method = "GET" if asked.body is None else "POST"
        with self._http.stream(method, asked.path, json=asked.body, timeout=rest_s) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES or self._clock() > until:
                    raise Unexpected("the answer is too long, or comes too slowly")
        said = httpx.Response(answer.status_code, content=bytes(body)).json()
        return self._engine.read(answer.status_code, said, len(positions))

    def _told(
        self, place: Place, one: Position, drive: Drive | None, policy: Policy
    ) -> float | None:
        if drive is None or drive.farthest_off_m > policy.off_street_m:
            return None
        at = place.latitude, place.longitude
        least_s = great_circle_m(*at, one.latitude, one.longitude) / self._settings.top_mps
        off_streets_s = drive.off_street_m / line_mps(policy)
        return round(max(drive.seconds + off_streets_s, least_s), 3)

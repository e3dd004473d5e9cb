"""What OSRM and Valhalla are asked and what they say, as their documentation has it. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.alert import Place
from alerts.patrol import Position


@dataclass(frozen=True, slots=True)
class Request:
    """One question over HTTP; the path belongs behind the engine's address."""

    path: str
    body: Mapping[str, Any] | None = None
    """To be posted as JSON; None: it is fetched."""


@dataclass(frozen=True, slots=True)
class Drive:
    """From one position to the place."""

    seconds: float
    off_street_m: float = 0.0
    """Of both ends together, where the engine says it."""
    farthest_off_m: float = 0.0
    """Of the end that is farther from a street."""


class Unreachable(Exception):
    """One of the positions asked about is on no street; which one is not said."""


class Unexpected(Exception):
    """The reply is none of those that are documented."""


class Engine(Protocol):
    """The language of one kind of engine."""

    at_once: int
    """Positions in one question; by default servers answer no more."""

    def ask(self, place: Place, positions: Sequence[Position], profile: str) -> Request: ...

    def read(self, status: int, said: Any, count: int) -> list[Drive | None]:
        """Raises `Unreachable`, `Unexpected`."""
        ...


class Osrm:
    """`/table/v1`. A position is put on the nearest street, and it is said how far that is."""

    at_once = 90

    def ask(self, place: Place, positions: Sequence[Position], profile: str) -> Request:
        every: list[Place | Position] = [place, *positions]
        points = ";".join(f"{one.longitude:.6f},{one.latitude:.6f}" for one in every)
        sources = ";".join(str(number) for number in range(1, len(positions) + 1))
        options = f"sources={sources}&destinations=0&annotations=duration"
        return Request(f"/table/v1/{profile}/{points}?{options}")

    def read(self, status: int, said: Any, count: int) -> list[Drive | None]:
        code = _member(said, "code")
        if code in ("NoSegment", "NoTable"):
            raise Unreachable(str(code))
        if status != 200 or code != "Ok":
            raise Unexpected(_refusal(status, said, "code", "message"))
        rows, sources = _list(said, "durations", count), _list(said, "sources", count)
        goal_m = _metres(_list(said, "destinations", 1)[0])
        found: list[Drive | None] = []
        for row, source in zip(rows, sources, strict=True):
            if not isinstance(row, list) or len(row) != 1:
                raise Unexpected("a row of `durations` is not one number")
            start_m = _metres(source)
            seconds = _seconds(row[0])
            ends = start_m + goal_m, max(start_m, goal_m)
            found.append(None if seconds is None else Drive(seconds, *ends))
        return found


class Valhalla:
    """`/sources_to_targets`. How far from a street a position is, it does not say."""

    at_once = 200
    NO_WAY = frozenset({154, 170, 171, 442})
    """Too far, apart, no street near, no path."""

    def ask(self, place: Place, positions: Sequence[Position], profile: str) -> Request:
        def point(one: Place | Position) -> dict[str, float]:
            return {"lat": round(one.latitude, 6), "lon": round(one.longitude, 6)}

        body = {
            "sources": [point(one) for one in positions],
            "targets": [point(place)],
            "costing": profile,
        }
        return Request("/sources_to_targets", body)

    def read(self, status: int, said: Any, count: int) -> list[Drive | None]:
        if status != 200:
            if _member(said, "error_code") in self.NO_WAY:
                raise Unreachable(str(_member(said, "error")))
            raise Unexpected(_refusal(status, said, "error_code", "error"))
        found: list[Drive | None] = []
        for row in _list(said, "sources_to_targets", count):
            if not isinstance(row, list) or len(row) != 1:
                raise Unexpected("a row of `sources_to_targets` is not one entry")
            seconds = _seconds(_member(row[0], "time"))
            found.append(None if seconds is None else Drive(seconds))
        return found


def _member(said: Any, name: str) -> Any:
    return said.get(name) if isinstance(said, dict) else None


def _list(said: Any, name: str, count: int) -> list[Any]:
    found = _member(said, name)
    if not isinstance(found, list) or len(found) != count:
        raise Unexpected(f"`{name}` does not have {count} entries")
    return found


def _seconds(said: Any) -> float | None:
    """None: there is no way."""
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise Unexpected("a time is no number")
    if not math.isfinite(said) or said < 0:
        raise Unexpected(f"a time is {said}")
    return float(said)


def _metres(said: Any) -> float:
    metres = _seconds(_member(said, "distance"))
    return metres or 0.0


def _refusal(status: int, said: Any, *names: str) -> str:
    words = [str(_member(said, name))[:80] for name in names if _member(said, name) is not None]
    return f"HTTP {status} {' '.join(words)}".strip()

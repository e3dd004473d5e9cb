"""How closely the nodes look at the cameras, as they report it.

Every part of it is optional: a node that looks at every frame whole has nothing to say of shares
and shedding. What is there must be right, and its words few: they become labels of metrics.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self, TypeVar, get_args

from ingest.camera import CameraId

Decoding = Literal["all", "keys", "substream"]
Kind = Literal["full", "regions", "nothing"]
CoverageReason = Literal["overload", "audit", "late", "rule"]

MOST_REASONS: Final = 24
"""Different reasons one camera may report: each is a time series."""
MOST_SHEDDING: Final = 4
MOST_WIDENING: Final = 3
LONGEST_WORDS: Final = 200
MOST_DOUBTS: Final = 5
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
_Word = TypeVar("_Word", bound=str)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Audit:
    """What looking whole at frames chosen at random has found to be missed."""

    looked: int
    """Frames chosen and judged, since the node started."""
    missed: int
    """Boxes in them that parts alone would have missed."""
    rate: float | None
    """Share of the boxes missed lately, 0 to 1; None: there were none."""
    upper: float
    """Upper bound of that share, 0 to 1."""
    level: int
    """How far the gates are widened for it, 0 to 3; at 3 every frame is looked at whole."""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError` for what is no such report."""
        return cls(
            looked=_count(said["looked"]),
            missed=_count(said["missed"]),
            rate=None if said["rate"] is None else _number(said["rate"], most=1),
            upper=_number(said["upper"], most=1),
            level=_count(said["level"], most=MOST_WIDENING),
        )


@dataclass(frozen=True, slots=True)
class Looking:
    """How one camera is looked at. None: its node does not say."""

    decoding: Decoding | None = None
    """`keys`: key frames alone, since nothing happens; they come often enough. `substream`: that
    in place of the main stream, as its key frames do not."""
    substream_reason: str | None = None
    """Why the substream cannot be used."""
    kind: Kind | None = None
    """How its latest frames were looked at."""
    target_fps: float | None = None
    """The pace wanted now."""
    is_degraded: bool | None = None
    """Looked at less closely than its scene needs. Watching an idle scene at ease is not that."""
    reason: CoverageReason | None = None
    """Why it is degraded."""
    looks: Mapping[Kind, int] = field(default_factory=dict)
    """Frames by how they were looked at, since the node started."""
    shed: Mapping[str, int] = field(default_factory=dict)
    """Frames and regions left out on purpose, by reason, since the node started."""
    audit: Audit | None = None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError` for what is no such report."""
        coverage = _one_of(said.get("coverage"), ("full", "degraded"))
        reason = _one_of(said.get("coverage_reason"), get_args(CoverageReason))
        fps, audit = said.get("target_fps"), said.get("audit")
        return cls(
            decoding=_one_of(said.get("decoding"), get_args(Decoding)),
            substream_reason=read_word(said.get("substream_reason")),
            kind=_one_of(said.get("looking"), get_args(Kind)),
            target_fps=None if fps is None else _number(fps),
            is_degraded=None if coverage is None else coverage == "degraded",
            reason=reason if coverage == "degraded" else None,
            looks=_looks(said.get("looks", {})),
            shed=read_counts(said.get("shed", {})),
            audit=None if audit is None else Audit.read(audit),
        )


@dataclass(frozen=True, slots=True)
class Load:
    """What a machine has to do, and what it leaves out for it."""

    capacity_cores: float
    used_cores: float
    demand: float
    """Share of the capacity that full service to every camera would take; 1.0 is all of it."""
    level: int
    """How much is being shed: 0 nothing, to 4."""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError` for what is no such report."""
        return cls(
            capacity_cores=_number(said["capacity_cores"]),
            used_cores=_number(said["used_cores"]),
            demand=_number(said["demand"]),
            level=_count(said["level"], most=MOST_SHEDDING),
        )


class Doubts:
    """Reads the parts that may be absent: what cannot be right is left out, and noted.

    A wrong figure is a fault, but no reason to stop watching cameras and taking incidents in.
    """

    def __init__(self) -> None:
        self._found: set[str] = set()

    def read(self, read: Callable[[Any], _T], said: Any, nothing: _T) -> _T:
        """What `read` makes of it, or `nothing`."""
        try:
            return read(said)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if len(self._found) < MOST_DOUBTS:
                self._found.add(f"{type(error).__name__}: {error}")
            return nothing

    def said(self) -> str:
        """The different faults in one line, a few at most; empty when there are none."""
        return "; ".join(sorted(self._found))


class WholeLooks:
    """When each camera was last looked at whole: told from its counter, to a report's period."""

    def __init__(self) -> None:
        self._seen: dict[CameraId, tuple[int, datetime | None]] = {}

    def note(self, looking: Mapping[CameraId, Looking], now: datetime) -> None:
        """Take a report that came `now`. What it leaves out is forgotten."""
        seen: dict[CameraId, tuple[int, datetime | None]] = {}
        for camera, one in looking.items():
            count = one.looks.get("full")
            if count is None:
                continue
            before, at = self._seen.get(camera, (count, None))
            seen[camera] = count, now if count > before else at
        self._seen = seen

    def at(self, camera: CameraId) -> datetime | None:
        """None: not since we know of it."""
        return self._seen.get(camera, (0, None))[1]


def read_counts(said: Mapping[str, Any]) -> dict[str, int]:
    """Counts by reason. Raises `TypeError`, `ValueError` when they cannot be labels of metrics."""
    if not isinstance(said, Mapping) or len(said) > MOST_REASONS:
        raise ValueError(f"not counts of at most {MOST_REASONS} reasons")
    for reason in said:
        if not _WORD.fullmatch(reason):
            raise ValueError(f"{reason[:40]!r} is not the name of a reason")
    return {reason: _count(count) for reason, count in said.items()}


def read_words(said: object) -> str | None:
    """A line of text, cut to a sensible length; None when it was not said."""
    if said is None:
        return None
    if not isinstance(said, str):
        raise TypeError(f"{said!r:.40} is not text")
    return " ".join(said.split())[:LONGEST_WORDS]


def read_word(said: object) -> str | None:
    """One stable word; None when it was not said."""
    if said is None:
        return None
    if not isinstance(said, str) or not _WORD.fullmatch(said):
        raise ValueError(f"{said!r:.40} is not a word")
    return said


def read_amount(said: object) -> float | None:
    """A number that is not negative; None when it was not said."""
    return None if said is None else _number(said)


def _looks(said: Mapping[str, Any]) -> dict[Kind, int]:
    kinds: tuple[Kind, ...] = get_args(Kind)
    if unknown := set(said) - set(kinds):
        raise ValueError(f"{min(unknown)[:40]!r} is not a way of looking")
    return {kind: _count(said[kind]) for kind in kinds if kind in said}


def _one_of(said: object, words: tuple[_Word, ...]) -> _Word | None:
    if said is None:
        return None
    for word in words:
        if word == said:
            return word
    raise ValueError(f"{said!r:.40} is not one of {', '.join(words)}")


def _count(said: object, most: int | None = None) -> int:
    if not isinstance(said, int) or isinstance(said, bool):
        raise TypeError(f"{said!r:.40} is not a whole number")
    if said < 0 or (most is not None and said > most):
        raise ValueError(f"{said} is out of range")
    return said


def _number(said: object, most: float = math.inf) -> float:
    if not isinstance(said, int | float) or isinstance(said, bool):
        raise TypeError(f"{said!r:.40} is not a number")
    if not (0 <= said <= most and math.isfinite(said)):
        raise ValueError(f"{said} is out of range")
    return float(said)

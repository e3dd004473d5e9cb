"""What a rule is given at each frame, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from detect.aids import Aids
from detect.incident import ModelRef
from detect.places import Places, RuleParameters
from detect.track import Box, Track
from detect.view import View
from detect.words import Said

Severity = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's condition is met now.

    Findings of one rule with the same `key` belong to one happening.
    """

    key: str
    since_s: float
    """Media time at which it began."""
    tracks: tuple[Track, ...]
    """The tracks that fulfil it, most certain first; empty where it is of the picture itself."""
    said: Said
    """One sentence, in each language."""
    momentary: bool = False
    """It is over as soon as it is seen (a crossing), not while it lasts."""
    score: float | None = None
    """How certain, 0 to 1; None: that of the first track."""
    box: Box | None = None
    """Where in the picture, when no track says it."""
    scores: Mapping[str, float] | None = None
    """What led to it, by name: the measured quantities that were compared with thresholds."""
    model: ModelRef | None = None
    """Which weights judged, when they are not the detector's."""


class RuleJudge(Protocol):
    """One rule of one camera, with its memory. Used by one thread at a time."""

    @property
    def asks_fps(self) -> float:
        """Frames a second that it asks for just now, to be sure of what it suspects; 0: none."""
        ...

    def judge(self, view: View) -> list[Finding]:
        """What holds at media time `view.t_s`, which never goes back."""
        ...

    def lost(self, idle_s: float) -> list[Finding]:
        """What is to be said of a camera that has given no frame for `idle_s` seconds."""
        ...


class Judge:
    """Base of judges that ask for no more frames than their rule does, and judge frames alone."""

    asks_fps: float = 0.0

    def lost(self, idle_s: float) -> list[Finding]:
        """Nothing: what cannot be seen is not judged."""
        return []


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of incident: its parameters, its judge and what is said of it."""

    name: str
    rule: type[RuleParameters]
    judge: Callable[[Any, Places, Aids], RuleJudge]
    """Makes the judge of a rule (an instance of `rule`) in a scene."""
    severity: Severity
    quiet_s: float = 5.0
    """A happening ends when its condition has not been met for this long."""


def most_certain(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks, the most certain first."""
    return tuple(sorted(tracks, key=lambda track: -track.score))

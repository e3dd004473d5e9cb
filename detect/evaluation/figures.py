"""What many clips say together, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from detect.evaluation.match import Judged
from detect.evaluation.reliability import Reliability, Scored, reliability
from detect.guard.bounds import Rate, Share
from detect.guard.truth import Truth
from detect.incident import Incident
from detect.rules import KINDS
from detect.scene import Scene


@dataclass(frozen=True, slots=True)
class Thumb:
    """A small picture."""

    t_s: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class HeadCount:
    """People in one picture."""

    t_s: float
    true: int
    seen: int


@dataclass(frozen=True, slots=True)
class ClipResult:
    """One clip, run and judged."""

    name: str
    truth: Truth
    scene: Scene
    incidents: tuple[Incident, ...]
    """In the order of their detection."""
    judged: Judged
    seconds: float
    frames: int
    cuts: tuple[float, ...] = ()
    """When the whole view changed at once, media seconds."""
    heads: tuple[HeadCount, ...] = ()
    thumbs: dict[str, Thumb] = field(default_factory=dict)
    """By incident id, or `event-<n>`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip that could not be judged."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind, over all clips that watched for it."""

    kind: str
    found: Share
    delays_s: tuple[float, ...]
    """Growing."""
    false: Rate
    again: int
    may_be: int

    @property
    def delay_p50_s(self) -> float | None:
        return self.delays_s[(len(self.delays_s) - 1) // 2] if self.delays_s else None

    @property
    def delay_max_s(self) -> float | None:
        return self.delays_s[-1] if self.delays_s else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that an evaluation gave."""

    kinds: tuple[KindFigures, ...]
    """Of the kinds that were watched for, in the order of `KINDS`."""
    clips: tuple[ClipResult, ...]
    failed: tuple[Failed, ...]

    @property
    def hours(self) -> float:
        return sum(clip.seconds for clip in self.clips) / 3600

    @property
    def found(self) -> Share:
        return sum((kind.found for kind in self.kinds), Share(0, 0))

    @property
    def false(self) -> Rate:
        """False alarms of all kinds together, for an hour of one camera."""
        return Rate(sum(kind.false.count for kind in self.kinds), self.hours)

    @property
    def reliability(self) -> Reliability:
        return reliability(scored(self.clips))

    @property
    def heads(self) -> tuple[HeadCount, ...]:
        return tuple(head for clip in self.clips for head in clip.heads)


def scored(clips: Iterable[ClipResult], kind: str | None = None) -> list[Scored]:
    """Score and truth of each incident (of a kind) that is the one or the other."""
    return [
        (min(max(one.score, 0.0), 1.0), verdict != "false")
        for clip in clips
        for one, verdict in zip(clip.incidents, clip.judged.verdicts, strict=True)
        if verdict != "may be" and kind in (None, one.kind)
    ]


def figures(clips: Sequence[ClipResult], failed: Sequence[Failed] = ()) -> Figures:
    """Add clips up."""
    watched = {kind for clip in clips for kind in clip.judged.watched}
    kinds = tuple(_of_kind(kind, clips) for kind in KINDS if kind in watched)
    return Figures(kinds, tuple(clips), tuple(failed))


def _of_kind(kind: str, clips: Sequence[ClipResult]) -> KindFigures:
    watching = [clip for clip in clips if kind in clip.judged.watched]
    outcomes = [o for c in watching for o in c.judged.outcomes if o.event.place.kind == kind]
    verdicts = [
        verdict
        for clip in watching
        for one, verdict in zip(clip.incidents, clip.judged.verdicts, strict=True)
        if one.kind == kind
    ]
    return KindFigures(
        kind,
        Share(sum(outcome.found for outcome in outcomes), len(outcomes)),
        tuple(sorted(o.delay_s for o in outcomes if o.delay_s is not None)),
        Rate(verdicts.count("false"), sum(clip.seconds for clip in watching) / 3600),
        verdicts.count("again"),
        verdicts.count("may be"),
    )

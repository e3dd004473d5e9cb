"""One clip, run in two ways: what the way under test has of what the reference has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from detect.guard.bounds import Rate, Share
from detect.guard.incidents import AgainstTruth, against_truth, incident_spans, match
from detect.guard.runs import ClipRun
from detect.guard.slices import SLICES, named, slices_of_clip, slices_of_tracks
from detect.guard.tracks import cover, lasting
from detect.guard.truth import Truth
from detect.incident import Incident

HOUR_S = 3600.0
NOTHING, NEVER = Share(0, 0), Rate(0, 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """What was found again of one kind of thing."""

    incidents: Share = NOTHING
    tracks: Share = NOTHING
    sightings: Share = NOTHING
    """Boxes of those tracks; neighbours in time are no independent trials, so bounds say little."""
    delays_s: tuple[float, ...] = ()
    """Of the incidents that were found: detected later than by the reference; sorted."""

    def __add__(self, other: Row) -> Row:
        return Row(
            self.incidents + other.incidents,
            self.tracks + other.tracks,
            self.sightings + other.sightings,
            tuple(sorted(self.delays_s + other.delays_s)),
        )


@dataclass(frozen=True, slots=True)
class TruthRow:
    """Both ways against the truth, event by event."""

    reference: Share = NOTHING
    test: Share = NOTHING
    again: Share = NOTHING
    """Of the events that the reference found, those that the way under test found too."""
    false_reference: Rate = NEVER
    false_test: Rate = NEVER
    delays_reference_s: tuple[float, ...] = ()
    delays_test_s: tuple[float, ...] = ()

    def __add__(self, other: TruthRow) -> TruthRow:
        return TruthRow(
            self.reference + other.reference,
            self.test + other.test,
            self.again + other.again,
            self.false_reference + other.false_reference,
            self.false_test + other.false_test,
            tuple(sorted(self.delays_reference_s + other.delays_reference_s)),
            tuple(sorted(self.delays_test_s + other.delays_test_s)),
        )

    @property
    def ratio(self) -> float | None:
        """Recall of the way under test over that of the reference."""
        return self.test.hits / self.reference.hits if self.reference.hits else None


@dataclass(frozen=True, slots=True)
class Work:
    """What a way costs."""

    frames: int = 0
    decoded: int | None = 0
    """None when some run could not tell."""
    canvases: float = 0.0

    def __add__(self, other: Work) -> Work:
        known = self.decoded is not None and other.decoded is not None
        return Work(
            self.frames + other.frames,
            (self.decoded or 0) + (other.decoded or 0) if known else None,
            self.canvases + other.canvases,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways over one clip, or over many: comparisons add up."""

    clips: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    """`all`, and each slice."""
    extra_incidents: Rate = NEVER
    """Incidents that neither the reference nor the truth has."""
    extra_tracks: Rate = NEVER
    truth: TruthRow = TruthRow()
    reference: Work = Work()
    test: Work = Work()
    missed: tuple[str, ...] = ()
    """The incidents that were not found again, each in a few words."""
    extra: tuple[str, ...] = ()
    """Those of `extra_incidents`."""

    @property
    def all(self) -> Row:
        return self.rows.get("all", Row())

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.clips + other.clips,
            {
                name: self.rows.get(name, Row()) + other.rows.get(name, Row())
                for name in ("all", *SLICES)
            },
            self.extra_incidents + other.extra_incidents,
            self.extra_tracks + other.extra_tracks,
            self.truth + other.truth,
            self.reference + other.reference,
            self.test + other.test,
            self.missed + other.missed,
            self.extra + other.extra,
        )


def compare(reference: ClipRun, test: ClipRun, truth: Truth | None) -> Comparison:
    """Compare two runs of one clip with the same scene.

    With a truth the scene must be that of `guard_scene`, whose places bear its names.
    """
    hours = reference.seconds / HOUR_S
    matched = match(incident_spans(reference.incidents), incident_spans(test.incidents))
    by_reference = against_truth(reference.incidents, truth) if truth else None
    by_test = against_truth(test.incidents, truth) if truth else None
    extra = matched.extra - (by_test.known if by_test else frozenset())
    extra_tracks = [c for c in cover(lasting(test), reference.paths) if not c.is_found]
    delays_s = {
        row: test.incidents[column].detected_s - reference.incidents[row].detected_s
        for row, column in matched.pairs
    }
    return Comparison(
        clips=1,
        rows=_rows(reference, test, truth, matched.found, delays_s),
        extra_incidents=Rate(len(extra), hours),
        extra_tracks=Rate(len(extra_tracks), hours),
        truth=_truth_row(by_reference, by_test, hours),
        reference=Work(reference.frames, reference.decoded, reference.canvases),
        test=Work(test.frames, test.decoded, test.canvases),
        missed=_told(reference.incidents, set(range(len(reference.incidents))) - matched.found),
        extra=_told(test.incidents, extra),
    )


def _told(incidents: Sequence[Incident], which: Iterable[int]) -> tuple[str, ...]:
    """`intrusion lawn (person) 51.2 to 73.0 s`, in the order of time."""
    return tuple(
        f"{one.kind} {one.zone or 'anywhere'} ({one.boxes[0].label if one.boxes else '?'}) "
        f"{one.start_s:.1f} to {one.detected_s if one.end_s is None else one.end_s:.1f} s"
        for one in sorted((incidents[i] for i in which), key=lambda one: one.start_s)
    )


def total(comparisons: Iterable[Comparison]) -> Comparison:
    return sum(comparisons, Comparison())


def _rows(
    reference: ClipRun,
    test: ClipRun,
    truth: Truth | None,
    found: frozenset[int],
    delays_s: dict[int, float],
) -> dict[str, Row]:
    tags = truth.slices if truth else frozenset()
    of_track = slices_of_tracks(reference, tags)
    of_incident = [
        _slices_of_incident(one, of_track, slices_of_clip(reference, tags), truth)
        for one in reference.incidents
    ]
    covered = cover(lasting(reference), test.paths)
    rows = {}
    for name in ("all", *SLICES):
        picked = [i for i, slices in enumerate(of_incident) if name in ("all", *slices)]
        tracks = [one for one in covered if name in ("all", *of_track[one.path.id])]
        rows[name] = Row(
            Share(sum(i in found for i in picked), len(picked)),
            Share(sum(one.is_found for one in tracks), len(tracks)),
            Share(
                sum(int((one.by > 0).sum()) for one in tracks), sum(len(one.by) for one in tracks)
            ),
            tuple(sorted(delays_s[i] for i in picked if i in delays_s)),
        )
    return rows


def _slices_of_incident(
    one: Incident,
    of_track: dict[int, frozenset[str]],
    of_clip: frozenset[str],
    truth: Truth | None,
) -> frozenset[str]:
    """Those of the tracks that led to it, and those that the truth tells of it."""
    found = set(of_clip)
    for box in one.boxes:
        found |= of_track.get(box.track, frozenset())
    if truth is not None:
        mine = against_truth([one], truth)
        for index in mine.found:
            found |= named(mine.events[index].slices)
    return frozenset(found)


def _truth_row(reference: AgainstTruth | None, test: AgainstTruth | None, hours: float) -> TruthRow:
    if reference is None or test is None:
        return TruthRow()
    n = len(reference.events)
    return TruthRow(
        Share(len(reference.found), n),
        Share(len(test.found), n),
        Share(len(reference.found & test.found), len(reference.found)),
        Rate(len(reference.false), hours),
        Rate(len(test.false), hours),
        _sorted(reference.delays_s),
        _sorted(test.delays_s),
    )


def _sorted(delays_s: dict[int, float]) -> tuple[float, ...]:
    return tuple(sorted(delays_s.values()))


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None

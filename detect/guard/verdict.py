"""Whether a way of looking may be used: what falls under the stated bounds."""

from __future__ import annotations

from dataclasses import dataclass

from detect.guard.bounds import Share
from detect.guard.compare import Comparison

LEAST_RECALL = 0.98
MOST_EXTRA_FALSE = 0.05


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a way must keep."""

    least_recall: float = LEAST_RECALL
    """Of the reference's incidents, and of the events of the truth that the reference found."""
    most_extra_false: float = MOST_EXTRA_FALSE
    """Incidents that nobody else has, for each incident of the reference; and false alarms by the
    truth above those of the reference, for each of the reference's."""
    least_track_recall: float = 0.0
    certain: bool = False
    """Recall is proven: its lower bound, not its estimate, must reach the least."""


def faults(result: Comparison, bounds: Bounds) -> list[str]:
    """What is wrong, worst first; empty when the way keeps the bounds.

    A comparison with nothing to find is a fault: it shows nothing.
    """
    if not result.all.incidents.n and not result.truth.reference.n:
        return ["the reference found no incident in these clips: nothing is shown"]
    found = [
        _recall("incident recall", result.all.incidents, bounds.least_recall, bounds),
        _recall("recall of true events", result.truth.again, bounds.least_recall, bounds),
        _recall("track recall", result.all.tracks, bounds.least_track_recall, bounds),
        _extra(result, bounds),
        _false(result, bounds),
    ]
    return [one for one in found if one is not None]


def _recall(name: str, share: Share, least: float, bounds: Bounds) -> str | None:
    if share.rate is None:
        return None
    value = share.low() if bounds.certain else share.rate
    if value >= least:
        return None
    which = "at least " if bounds.certain else ""
    return f"{name} {which}{value:.3f} ({share.hits} of {share.n}) is below {least:g}"


def _extra(result: Comparison, bounds: Bounds) -> str | None:
    extra, n = result.extra_incidents.count, result.all.incidents.n
    if extra <= bounds.most_extra_false * n:
        return None
    return (
        f"{extra} false alarms that the reference has not, beside its {n} incidents, are more "
        f"than {bounds.most_extra_false:.0%}"
    )


def _false(result: Comparison, bounds: Bounds) -> str | None:
    before, after = result.truth.false_reference.count, result.truth.false_test.count
    if after <= before * (1 + bounds.most_extra_false):
        return None
    return (
        f"{after} false alarms by the truth against the reference's {before} are more than "
        f"{bounds.most_extra_false:.0%} above"
    )

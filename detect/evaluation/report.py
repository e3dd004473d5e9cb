"""An evaluation told to programs and, in lines, to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detect.evaluation.figures import ClipResult, Figures, KindFigures, scored
from detect.evaluation.match import Outcome
from detect.evaluation.reliability import Reliability, reliability
from detect.guard.bounds import CONFIDENCE, Rate, Share
from detect.guard.truth import NAMES
from detect.guard.truth_check import meant
from detect.incident import Incident
from detect.rules import KINDS

DIGITS = 4
KNOWN = sorted({*KINDS, *NAMES, "presence"})
"""Words that a truth file may say for a kind."""


def as_dict(result: Figures) -> dict[str, Any]:
    """JSON types. Bounds `low` and `high` are of 95 %; times are media seconds."""
    return {
        "confidence": CONFIDENCE,
        "hours": round(result.hours, 5),
        "found": result.found.to_dict(),
        "false": _rate(result.false),
        "kinds": {kind.kind: _kind(kind, result.clips) for kind in result.kinds},
        "reliability": _reliability(result.reliability),
        "people": {
            "counted": sum(head.true for head in result.heads),
            "seen": sum(head.seen for head in result.heads),
            "pictures": len(result.heads),
        },
        "clips": {clip.name: _clip(clip) for clip in result.clips},
        "failed": {one.name: one.why for one in result.failed},
    }


def as_text(result: Figures) -> str:
    """Lines for a person, at most 120 columns."""
    lines = [
        f"{'kind':17}{'events':>6} {'found':>6}  {'recall, 95 %':23}{'delay p50 / max':18}"
        f"{'false':>5} {'hours':>7}  an hour, 95 %",
        *(_line(kind) for kind in result.kinds),
        _total(result),
        "",
        *_notes(result),
    ]
    for clip in result.clips:
        lines += clip_lines(clip)
    lines += [f"{one.name}: {one.why}" for one in result.failed]
    return "\n".join(line.rstrip() for line in lines)


def _line(kind: KindFigures) -> str:
    return (
        f"{kind.kind:17}{kind.found.n:>6} {kind.found.hits:>6}  {told_share(kind.found):23}"
        f"{told_delays(kind):18}{kind.false.count:>5} {kind.false.hours:>7.3f}  "
        f"{told_rate(kind.false)}{_beside(kind)}"
    )


def _beside(kind: KindFigures) -> str:
    again = f"; {kind.again} again" if kind.again else ""
    return again + (f"; {kind.may_be} may be" if kind.may_be else "")


def _total(result: Figures) -> str:
    found, false = result.found, result.false
    return (
        f"{'all':17}{found.n:>6} {found.hits:>6}  {told_share(found):23}{'':18}"
        f"{false.count:>5} {false.hours:>7.3f}  {told_rate(false)}"
    )


def _notes(result: Figures) -> list[str]:
    lines = []
    error = result.reliability.error
    if error is not None:
        n = result.reliability.n
        lines.append(f"scores: expected calibration error {error:.2f} over {n} incidents")
    if result.heads:
        seen, true = (sum(getattr(h, name) for h in result.heads) for name in ("seen", "true"))
        share = f" = {seen / true:.2f}" if true else ""
        lines.append(f"people: {seen} followed of {true}{share} in {len(result.heads)} pictures")
    return [*lines, ""] if lines else []


def clip_lines(clip: ClipResult) -> list[str]:
    """A clip's name, and what was missed and false in it, a line each."""
    head = f"{clip.name} ({clip.seconds:.1f} s{_cuts(clip)})"
    lines = [f"  {line}" for line in _wrong(clip)]
    return [f"{head}: " + ("" if lines else _fine(clip)), *lines]


def trouble_lines(clip: ClipResult) -> list[str]:
    """What was missed and false in a clip, each line with the clip's name."""
    return [f"{clip.name}: {line}" for line in _wrong(clip)]


def _wrong(clip: ClipResult) -> list[str]:
    lines = [f"missed: {told_event(one)}" for one in clip.judged.outcomes if not one.found]
    lines += [
        f"{verdict}{_unlisted(clip, one, verdict)}: {told_incident(one)}"
        for one, verdict in zip(clip.incidents, clip.judged.verdicts, strict=True)
        if verdict in ("false", "again")
    ]
    lines += [
        f"not judged: {kind!r} is no kind of this version{meant(kind, KNOWN)}"
        for kind in clip.truth.unknown
    ]
    lines += [
        f"check its times: {one.event.place.kind} {one.event.start_s:.1f} to "
        f"{one.event.end_s:.1f} s, but the clip ends at {clip.seconds:.1f} s"
        for one in clip.judged.outcomes
        if one.event.start_s > clip.seconds
    ]
    return lines


def _unlisted(clip: ClipResult, incident: Incident, verdict: str) -> str:
    """A mark of what the truth is silent about: look before you believe it false."""
    return "" if verdict != "false" or clip.truth.denies(incident.kind) else " (unlisted)"


def _cuts(clip: ClipResult) -> str:
    return f", {len(clip.cuts)} cuts" if clip.cuts else ""


def _fine(clip: ClipResult) -> str:
    n = len(clip.judged.outcomes)
    return f"all {n} events found, nothing false" if n else "no events, nothing false"


def told_event(outcome: Outcome) -> str:
    event = outcome.event
    return f"{event.place.kind} {event.start_s:.1f} to {event.end_s:.1f} s"


def told_incident(incident: Incident) -> str:
    end = "" if incident.end_s is None else f" to {incident.end_s:.1f}"
    return (
        f"{incident.kind} {incident.start_s:.1f}{end} s, raised {incident.detected_s:.1f} s, "
        f"score {incident.score:.2f}: {incident.why}"
    )


def told_share(share: Share) -> str:
    if share.rate is None:
        return "-"
    return f"{share.rate:.3f} [{share.low():.2f} {share.high():.2f}]"


def told_rate(rate: Rate) -> str:
    if rate.per_hour is None:
        return "-"
    return f"{rate.per_hour:.1f} [{rate.low():.1f} {rate.high():.1f}]"


def told_delays(kind: KindFigures) -> str:
    if kind.delay_p50_s is None or kind.delay_max_s is None:
        return "-"
    return f"{kind.delay_p50_s:+.1f} / {kind.delay_max_s:+.1f} s"


def _kind(kind: KindFigures, clips: Sequence[ClipResult]) -> dict[str, Any]:
    return {
        "events": kind.found.n,
        "found": kind.found.hits,
        "recall": kind.found.to_dict(),
        "delay_p50_s": _round(kind.delay_p50_s),
        "delay_max_s": _round(kind.delay_max_s),
        "false": _rate(kind.false),
        "again": kind.again,
        "may_be": kind.may_be,
        "calibration_error": _round(reliability(scored(clips, kind.kind)).error),
    }


def _clip(clip: ClipResult) -> dict[str, Any]:
    return {
        "seconds": round(clip.seconds, 3),
        "frames": clip.frames,
        "cuts_s": [round(t_s, 2) for t_s in clip.cuts],
        "events": [
            {
                "kind": one.event.place.kind,
                "start_s": one.event.start_s,
                "end_s": one.event.end_s,
                "found": one.found,
                "delay_s": _round(one.delay_s),
            }
            for one in clip.judged.outcomes
        ],
        "incidents": [
            {
                "kind": one.kind,
                "verdict": verdict,
                "unlisted": verdict == "false" and not clip.truth.denies(one.kind),
                "start_s": _round(one.start_s),
                "detected_s": _round(one.detected_s),
                "end_s": _round(one.end_s),
                "score": _round(one.score),
                "scores": {name: _round(value) for name, value in one.scores.items()},
                "why": one.why,
            }
            for one, verdict in zip(clip.incidents, clip.judged.verdicts, strict=True)
        ],
        "people": [[head.t_s, head.true, head.seen] for head in clip.heads],
        "flags": list(clip.truth.flags),
        "not_judged": list(clip.truth.unknown),
    }


def _reliability(result: Reliability) -> dict[str, Any]:
    return {
        "incidents": result.n,
        "expected_calibration_error": _round(result.error),
        "bins": [
            {
                "low": one.low,
                "high": one.high,
                "mean_score": round(one.mean_score, DIGITS),
                "true": one.true.to_dict(),
            }
            for one in result.bins
        ],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "count": rate.count,
        "hours": round(rate.hours, 5),
        "per_hour": _round(rate.per_hour),
        "low": round(rate.low(), DIGITS),
        "high": round(rate.high(), DIGITS) if rate.hours else None,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)

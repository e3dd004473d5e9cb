"""A comparison told to programs and to people."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from detect.guard.bounds import CONFIDENCE, Rate, Share
from detect.guard.compare import Comparison, Row, TruthRow, Work, mean

DIGITS = 4


def as_dict(result: Comparison, faults: Sequence[str]) -> dict[str, Any]:
    """JSON types. Shares: hits, n, rate, and their bounds `low` and `high`; rates are an hour's."""
    return {
        "clips": result.clips,
        "confidence": CONFIDENCE,
        "rows": {name: _row(row) for name, row in result.rows.items()},
        "extra_incidents": _rate(result.extra_incidents),
        "extra_tracks": _rate(result.extra_tracks),
        "truth": _truth(result.truth),
        "work": {"reference": _work(result.reference), "test": _work(result.test)},
        "ok": not faults,
        "faults": list(faults),
    }


def as_text(result: Comparison, by_clip: Mapping[str, Comparison] | None = None) -> str:
    """Lines for a person, at most 100 columns."""
    lines = [f"{'':20}{'incidents found':28}{'tracks found':30}{'boxes':7}later, mean / worst"]
    lines += [_line(name, row) for name, row in result.rows.items()]
    for name, one in (by_clip or {}).items():
        lines.append(_line(name[:19], one.all))
    lines += [
        "",
        f"{_told(result.extra_incidents)} that neither the reference nor the truth has",
        f"{_told(result.extra_tracks, 'tracks')} that the reference has not",
    ]
    truth = result.truth
    if truth.reference.n:
        lines += [
            "",
            f"true events: reference {_share(truth.reference)}, test {_share(truth.test)}",
            f"recall of the test / of the reference: {_ratio(truth.ratio)}",
            f"of those the reference found, the test found {_share(truth.again)}",
            f"false by the truth: reference {_told(truth.false_reference)}",
            f"                    test {_told(truth.false_test)}",
            f"after the rule was fulfilled: reference {_delays(truth.delays_reference_s)}, "
            f"test {_delays(truth.delays_test_s)}",
        ]
    for name, one in (by_clip or {}).items():
        lines += [f"missed in {name}: {told}" for told in one.missed]
        lines += [f"extra in {name}: {told}" for told in one.extra]
    lines += ["", f"work: reference {_work_told(result.reference)}; test {_work_told(result.test)}"]
    return "\n".join(line.rstrip() for line in lines)


def as_html(title: str, result: Comparison, faults: Sequence[str], text: str) -> str:
    """A page of its own: the verdict, and the same figures."""
    verdict = "The bounds are kept." if not faults else "Below the bounds: " + "; ".join(faults)
    rows = "".join(
        f"<tr><th>{html.escape(name)}<td>{_share(row.incidents)}<td>{_share(row.tracks)}"
        f"<td>{_bare(row.sightings)}<td>{_delays(row.delays_s)}"
        for name, row in result.rows.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        "<style>body{font:15px system-ui;margin:2em}td,th{padding:.2em 1em;text-align:left}"
        "pre{font-size:12px}</style>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(verdict)}</p>"
        "<table><tr><th><th>incidents found<th>tracks found<th>boxes<th>later"
        f"{rows}</table><pre>{html.escape(text)}</pre></html>\n"
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "incidents": row.incidents.to_dict(),
        "tracks": row.tracks.to_dict(),
        "sightings": {"hits": row.sightings.hits, "n": row.sightings.n},
        "delay_s": _spread(row.delays_s),
    }


def _truth(truth: TruthRow) -> dict[str, Any]:
    return {
        "reference": truth.reference.to_dict(),
        "test": truth.test.to_dict(),
        "again": truth.again.to_dict(),
        "ratio": _round(truth.ratio),
        "false_reference": _rate(truth.false_reference),
        "false_test": _rate(truth.false_test),
        "delay_reference_s": _spread(truth.delays_reference_s),
        "delay_test_s": _spread(truth.delays_test_s),
    }


def _work(work: Work) -> dict[str, Any]:
    return {
        "frames": work.frames,
        "decoded": work.decoded,
        "canvases": round(work.canvases, 2),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    known = bool(rate.hours)
    return {
        "count": rate.count,
        "hours": round(rate.hours, 5),
        "per_hour": _round(rate.per_hour),
        "low": round(rate.low(), DIGITS),
        "high": round(rate.high(), DIGITS) if known else None,
    }


def _spread(delays_s: Sequence[float]) -> dict[str, Any]:
    return {
        "n": len(delays_s),
        "mean": _round(mean(delays_s)),
        "median": _round(delays_s[len(delays_s) // 2]) if delays_s else None,
        "worst": _round(delays_s[-1]) if delays_s else None,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _line(name: str, row: Row) -> str:
    shares = f"{_share(row.incidents):28}{_share(row.tracks):30}"
    return f"{name:20}{shares}{_bare(row.sightings):7}{_delays(row.delays_s)}"


def _share(share: Share) -> str:
    if share.rate is None:
        return "none there"
    return f"{share.hits}/{share.n} = {share.rate:.3f} [{share.low():.2f} {share.high():.2f}]"


def _bare(share: Share) -> str:
    return "-" if share.rate is None else f"{share.rate:.3f}"


def _delays(delays_s: Sequence[float]) -> str:
    average = mean(delays_s)
    return "-" if average is None else f"{average:+.2f} / {delays_s[-1]:+.2f} s"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3f}"


def _told(rate: Rate, what: str = "incidents") -> str:
    if rate.per_hour is None:
        return f"no time for {what}"
    return (
        f"{rate.count} {what} ({rate.per_hour:.1f} an hour, {rate.low():.1f} to {rate.high():.1f})"
    )


def _work_told(work: Work) -> str:
    decoded = "" if work.decoded is None else f", {work.decoded} pictures decoded"
    return f"{work.frames} frames analysed, {work.canvases:.0f} canvases{decoded}"

"""Timelines and the reliability diagram as SVG, to lie within a page."""

from __future__ import annotations

from html import escape

from detect.evaluation.figures import ClipResult
from detect.evaluation.reliability import Reliability
from detect.evaluation.report import told_event, told_incident

ROW_PX, WIDTH_PX, NAMES_PX = 26, 860, 130
SIDE_PX, EDGE_PX = 260, 34
LEAST_PX = 3.0
COLOURS = {"true": "#2e9e5b", "again": "#c99a1c", "may be": "#8a93a0", "false": "#d0342c"}
"""By verdict."""


def timeline(clip: ClipResult) -> str:
    """A row a kind: above what happened, below what was raised and when."""
    kinds = list(
        dict.fromkeys(
            [o.event.place.kind for o in clip.judged.outcomes] + [i.kind for i in clip.incidents]
        )
    )
    if not kinds:
        return ""
    height = ROW_PX * len(kinds) + 22
    parts = [
        f'<svg class="line" viewBox="0 0 {WIDTH_PX + NAMES_PX + 10} {height}" role="img" '
        f'aria-label="timeline of {escape(clip.name, quote=True)}">'
    ]
    scale = WIDTH_PX / max(clip.seconds, 0.1)
    for row, kind in enumerate(kinds):
        y = row * ROW_PX
        parts.append(f'<text x="0" y="{y + 16}">{escape(kind.replace("_", " "))}</text>')
        parts.append(
            f'<line x1="{NAMES_PX}" x2="{NAMES_PX + WIDTH_PX}" y1="{y + ROW_PX - 2}" '
            f'y2="{y + ROW_PX - 2}" class="rule"/>'
        )
        parts += _events(clip, kind, y, scale) + _incidents(clip, kind, y, scale)
    for t_s in clip.cuts:
        x = NAMES_PX + t_s * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 20}" class="cut"/>')
    return "".join([*parts, *_axis(clip.seconds, scale, height), "</svg>"])


def _events(clip: ClipResult, kind: str, y: int, scale: float) -> list[str]:
    return [
        _bar(
            one.event.start_s,
            one.event.end_s,
            y + 3,
            scale,
            "event" if one.found else "event missed",
            f"{told_event(one)}{'' if one.found else ', missed'}",
        )
        for one in clip.judged.outcomes
        if one.event.place.kind == kind
    ]


def _incidents(clip: ClipResult, kind: str, y: int, scale: float) -> list[str]:
    parts = []
    for one, verdict in zip(clip.incidents, clip.judged.verdicts, strict=True):
        if one.kind != kind:
            continue
        end_s = max(one.detected_s, one.end_s or one.detected_s)
        colour = f'" style="fill:{COLOURS[verdict]}'
        told = f"{verdict}: {told_incident(one)}"
        parts.append(_bar(one.start_s, end_s, y + 13, scale, f"incident{colour}", told))
        x = NAMES_PX + one.detected_s * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y + 11}" y2="{y + 23}" class="raised"/>'
        )
    return parts


def _bar(start_s: float, end_s: float, y: int, scale: float, style: str, told: str) -> str:
    """`style` is the class, and what may follow within the tag."""
    x, width = NAMES_PX + start_s * scale, max(LEAST_PX, (end_s - start_s) * scale)
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="8" class="{style}">'
        f"<title>{escape(told)}</title></rect>"
    )


def _axis(seconds: float, scale: float, height: int) -> list[str]:
    step_s = next(s for s in (1, 2, 5, 10, 30, 60, 300, 600, 3600, 1e9) if seconds / s <= 12)
    count = int(seconds / step_s) + 1
    return [
        f'<text class="tick" x="{NAMES_PX + k * step_s * scale:.1f}" y="{height - 6}">'
        f"{k * step_s:.0f} s</text>"
        for k in range(count)
    ]


def diagram(result: Reliability) -> str:
    """Score against the share that was true, with bounds; the diagonal is what scores promise."""
    low, side = EDGE_PX, SIDE_PX

    def x(value: float) -> str:
        return f"{low + value * side:.1f}"

    def y(value: float) -> str:
        return f"{low / 2 + (1 - value) * side:.1f}"

    parts = [
        f'<svg class="diagram" viewBox="0 0 {side + 2 * low} {side + 2 * low}" role="img" '
        'aria-label="reliability diagram">',
        f'<rect x="{x(0)}" y="{y(1)}" width="{side}" height="{side}" class="frame"/>',
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" class="promise"/>',
    ]
    for value in (0.0, 0.5, 1.0):
        parts.append(f'<text x="{x(value)}" y="{side + low}" class="tick">{value:.1f}</text>')
        parts.append(f'<text x="4" y="{y(value)}" class="tick">{value:.1f}</text>')
    parts.append(f'<text x="{x(0.4)}" y="{side + low + 16}" class="tick">score</text>')
    for one in result.bins:
        at, share = x(one.mean_score), one.true
        low_y, high_y = y(share.low()), y(share.high())
        told = f"score {one.mean_score:.2f}: {share.hits} of {share.n} true"
        parts.append(
            f'<line x1="{at}" x2="{at}" y1="{low_y}" y2="{high_y}" class="bound"/>'
            f'<circle cx="{at}" cy="{y(share.rate or 0.0)}" r="{3 + min(6, share.n / 4):.1f}">'
            f"<title>{told}</title></circle>"
        )
    return "".join([*parts, "</svg>"])

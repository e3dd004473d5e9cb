"""An evaluation as one page of its own: no script, no network, pictures within it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

from detect.evaluation.drawn import COLOURS, diagram, timeline
from detect.evaluation.figures import ClipResult, Figures, KindFigures, Thumb
from detect.evaluation.hard_table import hard_table
from detect.evaluation.match import Outcome
from detect.evaluation.report import (
    told_delays,
    told_event,
    told_incident,
    told_rate,
    told_share,
)
from detect.incident import Incident

MOST_CARDS = 60
"""Pictures of one clip, at most: those of what went wrong first."""
ORDER = ("false", "again", "true", "may be")

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1060px;padding:0 1em;
color:#1c2430;background:#fff}
table{border-collapse:collapse;margin:1em 0}th,td{padding:.25em .9em;text-align:right;
border-bottom:1px solid #e3e7ec}th:first-child,td:first-child{text-align:left}
h2{margin:2em 0 .3em;font-size:1.1em}small,.tick{color:#667;fill:#667}
.cards{display:flex;flex-wrap:wrap;gap:12px;margin:.6em 0}
figure{margin:0;width:250px;border-top:4px solid #8a93a0;background:#f5f7f9;font-size:13px}
figure img{width:100%;display:block}figcaption{padding:.4em .6em}
svg text{font:11px system-ui,sans-serif}svg .rule{stroke:#e3e7ec}svg .cut{stroke:#b9a;
stroke-dasharray:2 3}svg .event{fill:#4c78b5}svg .missed{fill:none;stroke:#d0342c;stroke-width:1.5}
svg .raised{stroke:#111;stroke-width:1.5}.line{width:100%}.diagram{width:330px}
.frame{fill:none;stroke:#99a}.promise{stroke:#99a;stroke-dasharray:4 4}.bound{stroke:#4c78b5}
circle{fill:#4c78b5}.bad{color:#d0342c}
@media (prefers-color-scheme:dark){body{background:#12161c;color:#dde3ea}figure{background:#1b222b}
th,td{border-color:#2b3440}svg text{fill:#bcc6d1}svg .raised{stroke:#fff}}
"""


def as_html(title: str, result: Figures, harder: Mapping[str, Figures] | None = None) -> str:
    """The page. Of each hard case the clips where something went wrong are shown."""
    cases = harder or {}
    return "".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f"<h1>{escape(title)}</h1>",
            _summary(result),
            f"<h2>Hard cases</h2><pre>{escape(hard_table(result, cases))}</pre>" if cases else "",
            _scores(result),
            *map(_clip, sorted(result.clips, key=_trouble)),
            *(f"<h2 class=bad>{escape(f.name)}</h2><p>{escape(f.why)}" for f in result.failed),
            *(_hard(name, one) for name, one in cases.items()),
            "</html>\n",
        ]
    )


def _hard(name: str, result: Figures) -> str:
    """What a hard case spoiled."""
    troubled = [clip for clip in result.clips if _trouble(clip)[0] < 0]
    return "".join(_clip(clip, name) for clip in sorted(troubled, key=_trouble))


def _trouble(clip: ClipResult) -> tuple[int, str]:
    """Clips with something to look at come first."""
    missed = sum(not outcome.found for outcome in clip.judged.outcomes)
    return -(missed + clip.judged.verdicts.count("false")), clip.name


def _summary(result: Figures) -> str:
    rows = "".join(map(_row, result.kinds))
    false = result.false
    return (
        f"<p>{len(result.clips)} clips, {60 * result.hours:.1f} minutes. "
        f"{result.found.hits} of {result.found.n} events found; "
        f"{false.count} false alarms, {told_rate(false)} a camera-hour (95 %)."
        "<table><tr><th>kind<th>events<th>found<th>recall, 95 %<th>delay p50 / max<th>false"
        f"<th>false an hour, 95 %<th>again{rows}</table>"
        "<p><small>Again: raised once more for an event that was found already. Delay: from the "
        "moment the rule could be fulfilled.</small>"
    )


def _row(kind: KindFigures) -> str:
    cells = (
        kind.kind.replace("_", " "),
        str(kind.found.n or "-"),
        str(kind.found.hits) if kind.found.n else "-",
        told_share(kind.found),
        told_delays(kind),
        str(kind.false.count),
        told_rate(kind.false),
        str(kind.again or ""),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}" for cell in cells)


def _scores(result: Figures) -> str:
    error = result.reliability.error
    if error is None:
        return ""
    return (
        f"<h2>Scores</h2><p>Share of true incidents by score. Expected calibration error "
        f"{error:.2f} over {result.reliability.n} incidents.<br>{diagram(result.reliability)}"
    )


def _clip(clip: ClipResult, case: str = "") -> str:
    notes = [f"{clip.seconds:.1f} s"]
    if clip.cuts:
        notes.append(f"{len(clip.cuts)} cuts of the view")
    notes += clip.truth.flags
    missed = [
        _card(clip.thumbs.get(_event_name(clip, one)), "missed", told_event(one), COLOURS["false"])
        for one in clip.judged.outcomes
        if not one.found
    ]
    judged = zip(clip.incidents, clip.judged.verdicts, strict=True)
    cards = missed + [
        _card(clip.thumbs.get(one.id), verdict, _told(one), COLOURS[verdict])
        for one, verdict in sorted(judged, key=lambda pair: ORDER.index(pair[1]))
    ]
    if len(cards) > MOST_CARDS:
        notes.append(f"{len(cards) - MOST_CARDS} pictures more are left out")
    head = f"{case}: {clip.name}" if case else clip.name
    return (
        f"<h2>{escape(head)}</h2><small>{escape('; '.join(notes))}</small>"
        f'{timeline(clip)}<div class="cards">{"".join(cards[:MOST_CARDS])}</div>'
    )


def _event_name(clip: ClipResult, outcome: Outcome) -> str:
    return f"event-{clip.truth.events.index(outcome.event)}"


def _told(incident: Incident) -> str:
    scores = ", ".join(f"{name} {value:.2f}" for name, value in _first(incident))
    return told_incident(incident) + (f" ({scores})" if scores else "")


def _first(incident: Incident, most: int = 6) -> Sequence[tuple[str, float]]:
    return list(incident.scores.items())[:most]


def _card(thumb: Thumb | None, verdict: str, told: str, colour: str) -> str:
    picture = ""
    if thumb is not None:
        data = base64.b64encode(thumb.jpeg).decode("ascii")
        picture = f'<img alt="" loading="lazy" src="data:image/jpeg;base64,{data}">'
    return (
        f'<figure style="border-color:{colour}">{picture}'
        f"<figcaption><b>{escape(verdict)}</b> {escape(told)}</figcaption></figure>"
    )

"""Draw how long the stages of alerts took in one run of the chaos, and what was broken meanwhile.

    python -m tests.chaos.chart RUN_DIR --out latencies.png

Reads `stages.jsonl` and `history.jsonl` of the run's folder. Durations are those that the API gives
(`took`); of a line without them, the differences of its times, of which negative ones are left out
and counted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from alerts.trace import STAGES
from tests.chaos import history

FLOOR_S = 0.001
"""Times are kept in milliseconds: less is shown as that."""
LABELS = {
    "inferred": "analysed",
    "raised": "condition met",
    "spooled": "saved at the node",
    "arrived": "at the service",
    "stored": "alert stored",
    "notified": "offered to the patrol",
    "received": "on its device",
    "seen": "seen",
    "accepted": "accepted",
    "en_route": "en route",
    "on_scene": "on scene",
    "closed": "closed",
}
TICKS = {
    0.001: "1 ms",
    0.01: "10 ms",
    0.1: "100 ms",
    1: "1 s",
    10: "10 s",
    60: "1 min",
    600: "10 min",
    3600: "1 h",
}
KILLED = ("control", "node", "worker", "postgresql")
SPANS = {"away": "database away", "full": "disk full"}
INK, QUIET, BLUE, DEEP, RED, AMBER = (
    "#1b2733",
    "#8a97a3",
    "#7fb2d9",
    "#0b4f7a",
    "#c62f2f",
    "#d98a1f",
)


@dataclass
class Run:
    """What is drawn."""

    took: dict[str, list[float]] = field(default_factory=dict)
    """By stage."""
    alerts: list[tuple[float, float | None, float | None]] = field(default_factory=list)
    """Seconds into the run when somebody first saw it; picture to alert; offer to answer."""
    marks: list[tuple[float, str]] = field(default_factory=list)
    """Kills (by process), `link ...`, `clock`: seconds into the run."""
    spans: list[tuple[float, float, str]] = field(default_factory=list)
    """`away` and `full`: from, until."""
    unknown: int = 0
    """Stages of which nobody can say what they took."""
    count: int = 0
    lasted_s: float = 0.0


def load(folder: Path) -> Run:
    """What a run has left in its folder."""
    run = Run()
    entries = list(history.read(folder / "history.jsonl"))
    began_s = entries[0]["t"] if entries else 0.0
    run.lasted_s = entries[-1]["t"] - began_s if entries else 0.0
    first = _first_seen(entries)
    for line in (folder / "stages.jsonl").read_text(encoding="utf-8").splitlines():
        alert = json.loads(line)
        took, unknown = durations(alert)
        run.count += 1
        run.unknown += unknown
        for stage, seconds in took.items():
            run.took.setdefault(stage, []).append(seconds)
        if alert["alert"] in first:
            at_s = first[alert["alert"]] - began_s
            names = [stage for stage in STAGES if stage in alert["times"]]
            run.alerts.append(
                (
                    at_s,
                    _sum(took, names, "captured", "stored"),
                    _sum(took, names, "notified", "accepted"),
                )
            )
    _faults(run, entries, began_s)
    return run


def durations(alert: dict[str, Any]) -> tuple[dict[str, float], int]:
    """Seconds by stage, none negative, and of how many stages nobody can say."""
    names = [stage for stage in STAGES if stage in alert["times"]]
    took: dict[str, float] = {}
    for before, stage in itertools.pairwise(names):
        if "took" in alert:
            seconds = alert["took"].get(stage)
        else:
            ends = (datetime.fromisoformat(alert["times"][one]) for one in (before, stage))
            began, ended = ends
            seconds = (ended - began).total_seconds()
        if seconds is not None and seconds >= 0:
            took[stage] = seconds
    return took, max(0, len(names) - 1) - len(took)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not below so great a share of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def _sum(took: dict[str, float], names: Sequence[str], begin: str, end: str) -> float | None:
    if begin not in names or end not in names:
        return None
    parts = names[names.index(begin) + 1 : names.index(end) + 1]
    return sum(took[one] for one in parts) if all(one in took for one in parts) else None


def _first_seen(entries: Sequence[dict[str, Any]]) -> dict[str, float]:
    first: dict[str, float] = {}
    for one in entries:
        if one["what"] == "event" and one.get("alert"):
            first.setdefault(one["alert"], one["t"])
    return first


def _faults(run: Run, entries: Sequence[dict[str, Any]], began_s: float) -> None:
    open_since: dict[str, float] = {}
    for one in entries:
        if one["who"] != "chaos":
            continue
        at_s, what = one["t"] - began_s, one["what"]
        if what == "kill":
            run.marks.append((at_s, one["process"]))
        elif what in SPANS:
            open_since[what] = at_s
        elif what == "back" and one.get("of") in open_since:
            run.spans.append((open_since.pop(one["of"]), at_s, one["of"]))
        elif what == "clock" or what.startswith("link"):
            run.marks.append((at_s, what.partition(" ")[0]))
    run.spans += [(since, run.lasted_s, what) for what, since in open_since.items()]


def said(seconds: float) -> str:
    """As people say it."""
    if seconds < 1:
        return f"{max(seconds, FLOOR_S) * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


# --- drawing ---


def draw(run: Run, out: Path) -> None:
    """One picture: the stages above, the run in time below."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        3, 1, figsize=(11, 10.5), height_ratios=(6, 3.2, 1.9), layout="constrained"
    )
    stages, times, faults = axes
    _draw_stages(stages, run)
    _draw_times(times, run)
    _draw_faults(faults, run)
    times.sharex(faults)
    times.tick_params(labelbottom=False)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    kills = sum(1 for _, what in run.marks if what in KILLED)
    figure.suptitle(
        f"{run.count:,} alerts while {kills} processes were killed, {run.lasted_s / 60:.0f} min: "
        "what each stage took since the one before it",
        fontsize=12,
        color=INK,
    )
    figure.savefig(out, dpi=130)
    plt.close(figure)


def _log_time(axis: Any, most_s: float) -> None:
    axis.set_xscale("log")
    axis.set_xlim(FLOOR_S * 0.8, most_s)
    axis.set_xticks(list(TICKS), list(TICKS.values()))
    axis.minorticks_off()
    axis.grid(axis="x", color="#e3e8ec", linewidth=0.8)
    axis.set_axisbelow(True)


def _draw_stages(axis: Any, run: Run) -> None:
    names = [stage for stage in STAGES if run.took.get(stage)]
    most_s = max((max(values) for values in run.took.values()), default=1.0)
    _log_time(axis, max(3600.0, most_s) * 1.2)
    for row, stage in enumerate(names):
        values = [max(FLOOR_S, value) for value in run.took[stage]]
        _hump(axis, row, values)
        p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
        axis.plot([p50], [row], "o", color=DEEP, markersize=7, zorder=4)
        axis.plot([p99], [row], "D", color=RED, markersize=6, zorder=4)
        axis.plot([max(values)], [row], "|", color=INK, markersize=11, zorder=3)
        axis.text(
            1.01,
            row,
            f"{len(values):>6,}   {said(p50):>8}   {said(p99):>8}   {said(max(values)):>8}",
            transform=axis.get_yaxis_transform(),
            va="center",
            family="monospace",
            fontsize=9,
            color=INK,
        )
    axis.text(
        1.01,
        -0.85,
        f"{'count':>6}   {'p50':>8}   {'p99':>8}   {'most':>8}",
        transform=axis.get_yaxis_transform(),
        va="center",
        family="monospace",
        fontsize=9,
        color=QUIET,
    )
    axis.set_yticks(range(len(names)), [LABELS.get(name, name) for name in names])
    axis.set_ylim(len(names) - 0.4, -1.2)
    handles = [
        axis.plot([], [], "o", color=DEEP, label="p50")[0],
        axis.plot([], [], "D", color=RED, label="p99")[0],
        axis.plot([], [], "|", color=INK, markersize=11, label="most")[0],
    ]
    axis.legend(handles=handles, loc="upper right", ncols=3, frameon=False, fontsize=9)
    if run.unknown:
        note = f"{run.unknown:,} durations are not known and not shown"
        axis.annotate(note, (1, -0.09), xycoords="axes fraction", ha="right", fontsize=8)


def _hump(axis: Any, row: int, values: Sequence[float]) -> None:
    """How many took so long, as the height of a hump over the logarithm of the time."""
    counts: dict[tuple[float, float], int] = {}
    for value in values:
        edges = _edges(value)
        counts[edges] = counts.get(edges, 0) + 1
    # A count for each width on the axis, for steps are not equally wide.
    dense = {edges: count / math.log(edges[1] / edges[0]) for edges, count in counts.items()}
    tallest = max(dense.values())
    for (left, right), density in dense.items():
        # The root, so that what is rare can be seen, too.
        height = 0.42 * math.sqrt(density / tallest)
        axis.fill_between(
            [left, right], row - height, row + height, color=BLUE, linewidth=0, zorder=2
        )


def _edges(value: float) -> tuple[float, float]:
    """The step that a value belongs to: eight a decade, but none finer than a millisecond."""
    if value < 0.01:
        whole = round(value * 1000)
        return (whole - 0.5) / 1000, (whole + 0.5) / 1000
    step = math.floor(math.log10(value) * 8)
    return max(0.0095, 10 ** (step / 8)), 10 ** ((step + 1) / 8)


def _draw_times(axis: Any, run: Run) -> None:
    for index, colour, label in (
        (1, DEEP, "from the picture to the alert in the database"),
        (2, AMBER, "from the offer to the answer"),
    ):
        points = [(one[0], one[index]) for one in run.alerts if one[index] is not None]
        axis.plot(
            [at_s for at_s, _ in points],
            [max(FLOOR_S, took or 0.0) for _, took in points],
            ".",
            color=colour,
            markersize=3,
            alpha=0.5,
            label=label,
        )
    axis.set_yscale("log")
    ticks = {at: text for at, text in TICKS.items() if at != 3600}
    axis.set_yticks(list(ticks), list(ticks.values()))
    axis.minorticks_off()
    axis.set_ylim(FLOOR_S * 0.8, None)
    axis.grid(axis="y", color="#e3e8ec", linewidth=0.8)
    axis.set_axisbelow(True)
    _shade(axis, run)
    axis.legend(loc="lower right", frameon=True, framealpha=0.9, fontsize=9, markerscale=3)


def _draw_faults(axis: Any, run: Run) -> None:
    rows = [*(one for one in KILLED if any(what == one for _, what in run.marks)), "link", "clock"]
    for row, name in enumerate(rows):
        at = [at_s for at_s, what in run.marks if what == name]
        colour = {"link": QUIET, "clock": AMBER}.get(name, RED)
        axis.plot(at, [row] * len(at), "|", color=colour, markersize=9, markeredgewidth=1.4)
    names = [f"kill -9 {name}" if name in KILLED else name for name in rows]
    names = ["patrols' links" if one == "link" else one for one in names]
    names = ["wall clock ± 5 min" if one == "clock" else one for one in names]
    axis.set_yticks(range(len(rows)), names, fontsize=9)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, max(1.0, run.lasted_s))
    axis.set_xlabel("seconds into the run")
    _shade(axis, run)


def _shade(axis: Any, run: Run) -> None:
    for begin_s, end_s, what in run.spans:
        axis.axvspan(
            begin_s, end_s, color=RED if what == "away" else AMBER, alpha=0.13, linewidth=0
        )
        if axis.get_yscale() == "log":
            axis.text(
                (begin_s + end_s) / 2,
                0.98,
                SPANS[what],
                transform=axis.get_xaxis_transform(),
                ha="center",
                va="top",
                fontsize=8,
                color=INK,
                rotation=90 if end_s - begin_s < 0.08 * run.lasted_s else 0,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="the folder of a run")
    parser.add_argument("--out", type=Path, default=Path("latencies.png"))
    said_ = parser.parse_args()
    run = load(said_.run)
    draw(run, said_.out)
    print(f"{run.count} alerts, {run.unknown} durations not known: {said_.out}")


if __name__ == "__main__":
    main()

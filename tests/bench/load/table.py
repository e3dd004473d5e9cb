"""The figures as people read them."""

from __future__ import annotations

from typing import Any


def table(figures: dict[str, Any]) -> str:
    rows = [f"{'milliseconds from the spool to':42}{'count':>10}{'p50':>9}{'p99':>9}{'max':>9}"]
    for stretch in ("sustained", "burst"):
        for who in ("operators", "patrols"):
            found = figures[stretch][who]
            cells = "".join(f"{found.get(name, '-'):>9}" for name in ("p50", "p99", "max"))
            name = f"{stretch}: {who}' streams"
            rows.append(f"{name:42}{found['count']:>10}{cells}")
    plan, memory = figures["plan"], figures["rss_mb"]
    rows += [
        f"clients {plan['clients']} ({plan['operators']} operators), "
        f"cut off {figures['disconnects']} times, other breaks {figures['breaks']}; "
        f"missed {figures['missed']}, repeated {figures['repeated']}, "
        f"strange {figures['strange']}",
        f"alerts {figures['alerts']}, events {figures['events']}; "
        f"changes {figures['changes_per_s']}/s beside a limit of "
        f"{figures['limit']['commits_per_s']} commits/s ({plan['store']})",
        f"memory of the service, MB: start {memory['start']}, middle {memory['middle']}, "
        f"end {memory['end']}, most {memory['most']}",
        "cores used: "
        + ", ".join(f"{name} {used}" for name, used in figures["cores_used"].items())
        + f"; load before and after {figures['load_before_after']}",
    ]
    return "\n".join(rows)

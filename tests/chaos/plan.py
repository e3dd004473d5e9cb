"""Which fault strikes when: drawn from the seed before the run begins. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

KILLED = {"sqlite": {"node": 5, "control": 5, "worker": 4}}
KILLED["postgresql"] = {**KILLED["sqlite"], "postgresql": 4}
"""How often which process is killed, in relation."""
LINKS = ("cut", "delay", "reset")
STEP_S = 300
KILL_EVERY_S = 2.6
"""On the average. Control is back after some two seconds."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, `at_s` after the beginning."""

    at_s: float
    kind: str
    """`kill`, `away`, `full`, `clock`, `link`, `rival`."""
    facts: dict[str, Any] = field(default_factory=dict)


def duration_s(kills: int, away_s: float) -> float:
    """How long the faults of a run take, about."""
    return kills * KILL_EVERY_S + away_s + 10.0


def draw(seed: int, store: str, kills: int, away_s: float, steps: int, full: int) -> list[Fault]:
    """All faults of a run, in order: `steps` pairs of clock steps, `full` times a full disk."""
    dice = random.Random(f"{seed}:{store}:plan")
    span_s = duration_s(kills, away_s)
    away_at_s = round(dice.uniform(0.3, 0.5) * (span_s - away_s), 2)
    faults = [Fault(away_at_s, "away", {"seconds": away_s})]

    def moment() -> float:
        """Not while the database is away: nothing would move."""
        at_s = dice.uniform(3.0, span_s - away_s)
        return round(at_s + (away_s if at_s > away_at_s else 0.0), 2)

    processes = KILLED[store]
    for _ in range(kills):
        first = dice.choices(list(processes), list(processes.values()))[0]
        faults.append(Fault(moment(), "kill", {"process": first, "dice": dice.randrange(2**32)}))
    for number in range(2 * steps):
        # There and back, first forward, then backward, so that it ends where it began.
        step_s = STEP_S if number % 4 in (0, 3) else -STEP_S
        at_s = round(span_s * (number + dice.uniform(0.2, 0.8)) / (2 * steps), 2)
        faults.append(Fault(at_s, "clock", {"seconds": step_s}))
    for _ in range(full):
        faults.append(Fault(moment(), "full", {"seconds": round(dice.uniform(4, 8), 1)}))
    for _ in range(max(3, kills // 2)):
        faults.append(Fault(moment(), "link", _trouble(dice)))
    for _ in range(max(1, kills // 60)):
        faults.append(Fault(moment(), "rival"))
    return sorted(faults, key=lambda one: one.at_s)


def _trouble(dice: random.Random) -> dict[str, Any]:
    return {
        "how": dice.choice(LINKS),
        "share": dice.choice((0.1, 0.3, 1.0)),
        "seconds": round(dice.uniform(0.5, 6.0), 2),
        "delay_s": round(dice.uniform(0.05, 0.8), 2),
        "dice": dice.randrange(2**32),
    }

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
LAST = 0.97
"""The faults end while incidents still come."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    at: float
    """When so great a share of the incidents has been acknowledged: the faults are spread over the
    work, however fast the machine is."""
    kind: str
    """`kill`, `away`, `full`, `clock`, `link`, `rival`."""
    facts: dict[str, Any] = field(default_factory=dict)


def draw(seed: int, store: str, kills: int, away_s: float, steps: int, full: int) -> list[Fault]:
    """All faults of a run, in order: `steps` pairs of clock steps, `full` times a full disk."""
    dice = random.Random(f"{seed}:{store}:plan")

    def moment() -> float:
        return round(dice.uniform(0.01, LAST), 4)

    faults = [Fault(round(dice.uniform(0.3, 0.6), 4), "away", {"seconds": away_s})]
    processes = KILLED[store]
    for _ in range(kills):
        first = dice.choices(list(processes), list(processes.values()))[0]
        faults.append(Fault(moment(), "kill", {"process": first, "dice": dice.randrange(2**32)}))
    for number in range(2 * steps):
        # There and back, first forward, then backward, so that it ends where it began.
        step_s = STEP_S if number % 4 in (0, 3) else -STEP_S
        at = round(LAST * (number + dice.uniform(0.2, 0.8)) / (2 * steps), 4)
        faults.append(Fault(at, "clock", {"seconds": step_s}))
    for _ in range(full):
        faults.append(Fault(moment(), "full", {"seconds": round(dice.uniform(4, 8), 1)}))
    for _ in range(max(3, kills // 2)):
        faults.append(Fault(moment(), "link", _trouble(dice)))
    for _ in range(max(1, kills // 60)):
        faults.append(Fault(moment(), "rival"))
    return sorted(faults, key=lambda one: one.at)


def _trouble(dice: random.Random) -> dict[str, Any]:
    return {
        "how": dice.choice(LINKS),
        "share": dice.choice((0.1, 0.3, 1.0)),
        "seconds": round(dice.uniform(0.5, 6.0), 2),
        "delay_s": round(dice.uniform(0.05, 0.8), 2),
        "dice": dice.randrange(2**32),
    }

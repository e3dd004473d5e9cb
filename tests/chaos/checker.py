"""The judge: what must hold after a run, whatever was killed. Pure, over `Evidence`.

Each invariant is a function that gives how many things it has looked at, and one line for each
that is wrong. A run in which an invariant had nothing to look at proves nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos import invariants, messages, passage
from tests.chaos.evidence import Evidence

Look = Callable[[Evidence], Iterator[str | None]]
"""Gives None for each thing that is right, one line for each that is wrong."""

INVARIANTS: dict[str, Look] = {
    "every incident acknowledged to a node is in exactly one alert": invariants.kept,
    "what was spooled was delivered, and nothing waits or was laid aside": invariants.delivered,
    "nothing is stored that no node has seen": invariants.invented,
    "every alert has its incidents, each counted once": invariants.whole,
    "every incident has its end, also what a killed node had open": invariants.over,
    "every alert is closed, or loud": invariants.ended,
    "no step outside the table, each begins where the last one ended": invariants.moves,
    "a patrol has one alert at a time": invariants.one_at_a_time,
    "what a person was told is done is done": invariants.durable,
    "no patrol is offered an alert twice": passage.offers,
    "operators read the feed in order, nothing missed, nothing repeated": passage.operators,
    "patrols read what is theirs, in order, nothing repeated": passage.patrols,
    "an alert's versions appear in their order": passage.versions,
    "no step of an account is before the one before it": invariants.account_times,
    "no stage of an alert's way takes less than no time": invariants.stage_times,
    "one service at a time": invariants.one_service,
    "every notification has its end": messages.notified,
    "every delivery has its end": messages.sent,
    "no receiver got two messages where one was meant": messages.once,
    "no stage of a notification is before the one before it": messages.times,
}
SHOWN = 5


@dataclass(frozen=True)
class Verdict:
    """Of one invariant."""

    name: str
    looked_at: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        mark = "WRONG" if self.wrong else "ok" if self.looked_at else "--"
        lines = [f"{mark:5} {self.looked_at:>8}  {self.name}"]
        lines += [f"{'':16}{line}" for line in self.wrong[:SHOWN]]
        if len(self.wrong) > SHOWN:
            lines.append(f"{'':16}and {len(self.wrong) - SHOWN} more")
        return "\n".join(lines)


def judge(evidence: Evidence) -> list[Verdict]:
    """Every invariant, in the order of the list."""
    verdicts = []
    for name, look in INVARIANTS.items():
        seen = list(look(evidence))
        wrong = tuple(line for line in seen if line is not None)
        verdicts.append(Verdict(name, len(seen), wrong))
    return verdicts

"""Kills what can be killed while incidents come, then checks the history of everybody.

    python -m tests.chaos --store sqlite|postgresql --incidents 10000 --kills 200 --seed 1

Exit status 0: every invariant holds. With `--mutate` something is made wrong on purpose, in the
product (`ack-early`, `not-idempotent`, `offer-twice`) or in the evidence (`lose`, `double`,
`ask-twice`): then 0 says that the checker saw it. See docs/chaos.md.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.chaos.checker import Verdict, judge
from tests.chaos.mutants import MUTANTS
from tests.chaos.run import Done, Options, Run
from tests.chaos.tampering import TAMPERINGS


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def report(done: Done, verdicts: list[Verdict], options: Options) -> str:
    """What was done and what was found, with the counts."""
    evidence = done.evidence
    acked = {one["id"] for one in evidence.journal if one["what"] == "acked"}
    closed = sum(one["state"] == "closed" for one in evidence.alerts.values())
    kills = ", ".join(f"{name} {count}" for name, count in sorted(done.kills.items()))
    others = ", ".join(f"{name} {count}" for name, count in sorted(done.others.items()))
    breaks = sum(one["what"] == "break" for one in evidence.history)
    lines = [
        f"store {options.store}, seed {options.seed}, {done.seconds:.0f} s",
        f"incidents acknowledged {len(acked)}, alerts {len(evidence.alerts)}: closed {closed}, "
        f"loud {len(evidence.alerts) - closed}",
        f"kills {sum(done.kills.values())}: {kills}",
        f"other faults: {others}",
        f"control started {done.starts} times, ended with status {done.exit_status}; "
        f"streams broken {breaks} times; feed events {len(evidence.events)}; "
        f"notifications {len(evidence.notifications)}, deliveries {len(evidence.deliveries)}",
        *map(str, verdicts),
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where history and evidence go")
    parser.add_argument("--patrols", type=int, default=24)
    parser.add_argument("--away", type=float, default=60.0, help="seconds without the database")
    parser.add_argument("--steps", type=int, default=3, help="pairs of clock steps of 5 minutes")
    parser.add_argument("--full", type=int, default=2, help="how often the disk is full")
    parser.add_argument("--rate", type=float, default=25.0, help="incidents a second")
    parser.add_argument("--mutate", choices=[*TAMPERINGS, *MUTANTS])
    said = parser.parse_args()
    options = Options(
        store=said.store,
        incidents=said.incidents,
        kills=said.kills,
        seed=said.seed,
        out=said.out or Path(mkdtemp(prefix=f"chaos-{said.store}-")),
        patrols=said.patrols,
        away_s=said.away,
        clock_steps=said.steps,
        full=said.full,
        per_s=said.rate,
        mutant=said.mutate if said.mutate in MUTANTS else None,
    )
    try:
        done = asyncio.run(Run(options, say).whole())
    except RuntimeError as error:  # what this machine does not let us do
        say(str(error))
        return 2
    if said.mutate in TAMPERINGS:
        say(TAMPERINGS[said.mutate](done.evidence, random.Random(options.seed)))
    verdicts = judge(done.evidence)
    print(report(done, verdicts, options))
    wrong = [one for one in verdicts if one.wrong]
    say(f"history and evidence: {options.out}")
    if said.mutate:
        names = "; ".join(f"{one.name} ({len(one.wrong)})" for one in wrong)
        print(f"mutation {said.mutate}: " + (f"caught: {names}" if wrong else "NOT CAUGHT"))
        return 0 if wrong else 1
    print("every invariant holds" if not wrong else f"{len(wrong)} invariants are broken")
    return 1 if wrong or done.exit_status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())

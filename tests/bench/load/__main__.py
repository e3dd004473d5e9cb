"""The whole alert path under load: a node's spool, `qalqan serve`, thousands who listen.

    .venv/bin/python -m tests.bench.load [--seconds 600] [--rate 50] [--burst 1000]
        [--clients 2000] [--disconnects 1000] [--store sqlite|postgresql] [--json FILE]

Every part is a process of its own on two cores: the service, a node whose happenings are made up
but whose spool and link are the product's own, the listeners, and the people who act: patrols
accept, operators close. The listeners and the people share the cores with the service; what they
cost is in the figures. Beside it stands how many commits a second the store does on this disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.load.run import Plan, measure
from tests.bench.load.table import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=600, help="of the sustained stretch")
    parser.add_argument("--rate", type=float, default=50, help="new incidents a second")
    parser.add_argument("--burst", type=int, default=1000, help="incidents in ten seconds")
    parser.add_argument("--clients", type=int, default=2000, help="streams")
    parser.add_argument("--operators", type=int, help="of them operators; by default a quarter")
    parser.add_argument("--disconnects", type=int, default=1000)
    parser.add_argument("--cameras", type=int, default=6000)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--json", type=Path, help="where the figures go, else standard output")
    parser.add_argument("--folder", type=Path, help="on which disk; by default a temporary folder")
    given = parser.parse_args()
    operators = given.clients // 4 if given.operators is None else given.operators
    plan = Plan(
        given.seconds,
        given.rate,
        given.burst,
        given.clients,
        operators,
        given.disconnects,
        given.cameras,
        given.store,
    )
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with TemporaryDirectory(dir=given.folder, prefix="qalqan-load-") as folder:
        figures = asyncio.run(measure(plan, Path(folder)))
    print(table(figures), file=sys.stderr)
    text = json.dumps(figures)
    if given.json:
        given.json.write_text(text + "\n", "utf-8")
    else:
        print(text)
    if figures["missed"] or figures["repeated"]:
        sys.exit(1)


if __name__ == "__main__":
    main()

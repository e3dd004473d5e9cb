"""Make the clips of the guard's slices, each with its truth.

    .venv/bin/python -m tests.bench.guard_slices --out DIR [--seed N] [NAME...]
    .venv/bin/qalqan bench guard DIR/*.mp4

Takes about a minute once to cut people out of the test clip, then some ten seconds a clip.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.support.slices import make, stagings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for staging in stagings(given.seed):
        if not given.names or staging.name in given.names:
            print(make(staging, given.out, given.seed), flush=True)


if __name__ == "__main__":
    main()

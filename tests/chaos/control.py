"""`qalqan serve` as it is, but for its node: that one makes incidents up (`tests.chaos.node`).

    python -m tests.chaos.control serve --config FILE --data DIR --port N [--database ADDRESS]

The supervisor, the link, the store, the delivery workers and the API are the product's. With
CHAOS_MUTANT set, one thing in it is made wrong on purpose: the checker must see it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import api.assembly as assembly
import api.cli.serve as serving
from api.cli.main import run
from tests.chaos.mutants import MUTANTS

MUTANT = "CHAOS_MUTANT"


def node_command(*, socket: str, data: str, **_: Any) -> list[str]:
    """Instead of `api.supervisor.node_command`."""
    return [sys.executable, "-m", "tests.chaos.node", "--socket", socket, "--data", data]


def main() -> None:
    assembly.node_command = node_command  # type: ignore[assignment]
    serving.Catalog.check = lambda self, model: None  # type: ignore[method-assign] # it has none
    if mutant := os.environ.get(MUTANT):
        MUTANTS[mutant]()
    run()


if __name__ == "__main__":
    main()

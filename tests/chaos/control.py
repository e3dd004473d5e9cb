"""`qalqan serve` as it is, but for its node: that one makes incidents up (`tests.chaos.node`).

The supervisor, the link, the store, the couriers and the API are the product's. With CHAOS_MUTANT
set, one thing in it is made wrong on purpose: the checker must see it.

`python -m tests.chaos.control` loads the code once and then forks a service for every line of its
input, a JSON list of the command's arguments: loading takes most of a start, and a service that is
killed a hundred times would spend the run on it. It says `ready`, `began PID`, `ended PID STATUS`.
"""

from __future__ import annotations

import json
import os
import select
import sys
from contextlib import suppress
from typing import Any

import api.assembly as assembly
import api.cli.serve as serving
from api.cli.main import main as command
from tests.chaos.mutants import MUTANTS

MUTANT = "CHAOS_MUTANT"
LOOK_S = 0.02


def node_command(*, socket: str, data: str, **_: Any) -> list[str]:
    """Instead of `api.supervisor.node_command`."""
    return [sys.executable, "-m", "tests.chaos.node", "--socket", socket, "--data", data]


def serve(arguments: list[str]) -> int:
    """Be the service; gives its exit status."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what we listen to and speak to is not the service's
    os.close(nothing)
    try:
        return command(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def say(*words: object) -> None:
    print(*words, flush=True)


def reap() -> None:
    """Tell of every service that has ended."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            say("ended", ended[0], os.waitstatus_to_exitcode(ended[1]))


def main() -> None:
    assembly.node_command = node_command  # type: ignore[assignment]
    serving.Catalog.check = lambda self, model: None  # type: ignore[method-assign] # it has none
    if mutant := os.environ.get(MUTANT):
        MUTANTS[mutant]()
    say("ready")
    while True:
        reap()
        if not select.select([0], [], [], LOOK_S)[0]:
            continue
        order = os.read(0, 65536)  # one line at a time: the other side waits for `began`
        if not order:
            return
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = serve(json.loads(order))
            finally:
                sys.stderr.flush()
                os._exit(status)
        say("began", pid)


if __name__ == "__main__":
    main()

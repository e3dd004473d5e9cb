"""Runs the steps one after another and says how it goes."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence

from deploy.setup import python_env
from deploy.setup.assets import asset_steps
from deploy.setup.console import console_steps
from deploy.setup.debian import (
    BROWSER,
    CLOCK,
    DATABASE,
    RECEIVERS,
    RTSP_SERVER,
    packages_step,
)
from deploy.setup.node_js import node_step
from deploy.setup.paths import ROOT
from deploy.setup.step import Step, StepFailed

LITTLE_SPACE = 300 * 1024 * 1024
"""With less space on the disk than this, that is the likely reason of a failure."""
DONE, FAILED, INTERRUPTED = 0, 1, 130


def demo_steps() -> list[Step]:
    """What `qalqan demo` needs."""
    return [
        packages_step("Debian packages: RTSP server", RTSP_SERVER),
        python_env.python_step(python_env.DEMO),
        node_step(),
        *asset_steps(),
        *console_steps(),
    ]


def test_steps() -> list[Step]:
    """What the tests need: all of that, a browser, a database server and the tools."""
    return [
        packages_step(
            "Debian packages: RTSP server, Chromium, PostgreSQL",
            (*RTSP_SERVER, *BROWSER, *DATABASE, *RECEIVERS, *CLOCK),
        ),
        python_env.python_step(python_env.TEST),
        node_step(),
        *asset_steps(),
        *console_steps(),
    ]


PURPOSES: dict[str, Callable[[], list[Step]]] = {"demo": demo_steps, "test": test_steps}


def main(arguments: Sequence[str]) -> int:
    """Run the steps of one purpose; gives the exit status."""
    purpose = arguments[0] if arguments else "test"
    if purpose not in PURPOSES or len(arguments) > 1:
        _complain(f"set-up: there is `demo` and `test`, not `{' '.join(arguments)}`")
        return 2
    return run(PURPOSES[purpose]())


def run(steps: Sequence[Step], clock: Callable[[], float] = time.monotonic) -> int:
    """Run the steps; 0 when all are done, 1 at the first that fails, 130 when interrupted."""
    began = clock()
    for number, step in enumerate(steps, 1):
        label = f"[{number}/{len(steps)}] {step.name}"
        started = clock()
        try:
            if step.is_done():
                _say(f"{label}: there")
                continue
            _say(f"{label} ...")
            step.do()
        except (StepFailed, OSError) as error:
            _complain(f"{label}: failed: {error}\n    What to do: {advice(step)}.")
            return FAILED
        except KeyboardInterrupt:
            _complain(f"\n{label}: stopped. Run it again to go on from here.")
            return INTERRUPTED
        _say(f"{label}: done in {clock() - started:.1f} s")
    _say(f"Everything is there ({clock() - began:.1f} s).")
    return DONE


def advice(step: Step, free_bytes: int | None = None) -> str:
    """What to do about a failed step: a full disk explains most failures, else its own advice."""
    free = shutil.disk_usage(ROOT).free if free_bytes is None else free_bytes
    if free < LITTLE_SPACE:
        return f"free some disk space ({free // 1024**2} MB are left), then run it again"
    return f"{step.advice}, then run it again"


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

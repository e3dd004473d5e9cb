"""Running other programs: quietly, and with their last words as the reason when they fail."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from deploy.setup.paths import ROOT, VENV
from deploy.setup.step import StepFailed

LAST_LINES = 3
LINE_LENGTH = 300


def command(*words: str | Path, cwd: Path = ROOT) -> str:
    """Run a command, its environment's programs first on the path; gives what it said.

    Raises `StepFailed`.
    """
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            [str(word) for word in words],
            cwd=cwd,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise StepFailed(f"there is no program `{words[0]}` on this machine") from None
    if done.returncode != 0:
        raise StepFailed(
            f"`{shown(words)}` ended with {done.returncode}: {last_words(done.stdout)}"
        )
    return done.stdout


def shown(words: tuple[str | Path, ...]) -> str:
    """A command as a person would type it, shortened."""
    names = [word.name if isinstance(word, Path) else word for word in words]
    return " ".join(names[:4]) + (" ..." if len(names) > 4 else "")


def last_words(said: str) -> str:
    """What tells most of a long output: its complaints if there are any, else its last lines."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = [line for line in lines if line.lower().startswith(("error", "e:", "npm error"))]
    return " / ".join((complaints or lines)[-LAST_LINES:])[-LINE_LENGTH:] or "it said nothing"

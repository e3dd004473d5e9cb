"""Keeps the terminal for people: what programs log goes to a file meanwhile."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


@contextlib.contextmanager
def logs_to(path: Path) -> Iterator[TextIO]:
    """Send standard error to a file, that of child processes too; gives the real one."""
    sys.stderr.flush()
    terminal = os.dup(2)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    try:
        with os.fdopen(os.dup(terminal), "w", encoding="utf-8", buffering=1) as people:
            yield people
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)

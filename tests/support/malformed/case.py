"""One malformed input and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SECRET = "tr0ub4dor"
"""Stands for every password in the inputs; it may come back nowhere."""


@dataclass(frozen=True, slots=True)
class HttpCase:
    """A request. `body`: bytes as they are, anything else as JSON."""

    group: str
    name: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    names: str = ""
    """What the reply must name."""


@dataclass(frozen=True, slots=True)
class CliCase:
    """A command line, with files it reads and variables it sees."""

    group: str
    name: str
    arguments: tuple[str, ...]
    """`{dir}` stands for a folder that holds `files`."""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    names: str = ""
    """What the line must name."""
    code: int = 2
    """Exit status that is right: 2 for what was asked, 1 for what was met."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an input led to."""

    group: str
    name: str
    code: int
    """HTTP status, or exit status."""
    line: str
    """What a person reads."""
    wrong: str = ""
    """What is wrong with this outcome; empty when it is right."""

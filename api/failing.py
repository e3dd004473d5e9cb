"""Rules that watch nothing because they fail, as a node reports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from api.looking import read_word, read_words

MOST_RULES: Final = 64


@dataclass(frozen=True, slots=True)
class FailingRule:
    """One rule of a camera that is not watched, or only between its failures."""

    kind: str
    zone: str | None
    since: datetime
    """When it failed first."""
    failures: int
    """Since then."""
    error: str
    """The latest, in one line."""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError` for what is no such report."""
        kind, failures = read_word(said["kind"]), said["failures"]
        if kind is None or not isinstance(failures, int) or failures < 1:
            raise ValueError("a failing rule has a kind and a count")
        return cls(
            kind,
            read_words(said["zone"]),
            datetime.fromisoformat(said["since"]),
            failures,
            read_words(said["error"]) or "",
        )


def read_failing(said: Sequence[Mapping[str, Any]]) -> tuple[FailingRule, ...]:
    """All of one camera. Raises `KeyError`, `TypeError`, `ValueError`."""
    if not isinstance(said, list):
        raise TypeError("failing rules are a list")
    return tuple(FailingRule.read(one) for one in said[:MOST_RULES])

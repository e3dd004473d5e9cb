"""What nodes have learnt to be part of a camera's place, as they report it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from api.looking import read_amount, read_words

MOST_FIXTURES: Final = 256
_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class KnownFixture:
    """A thing that rules do not see: it never moved and looks as it did."""

    id: str
    label: str
    xyxy: tuple[float, float, float, float]
    """Fractions of the frame."""
    since: datetime | None
    """When it was learnt; None: before that was noted."""
    times: int
    """How often something was found to be it, and hidden."""
    hidden_s: float
    """For how long altogether, in seconds of the video."""

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError` for what is no such report."""
        identity, since, times = str(said["id"]), said["since"], said["times"]
        if not _ID.fullmatch(identity) or not isinstance(times, int) or times < 0:
            raise ValueError("a fixture has an id and a count")
        x1, y1, x2, y2 = (read_amount(value) or 0.0 for value in said["xyxy"])
        return cls(
            identity,
            read_words(said["label"]) or "",
            (x1, y1, x2, y2),
            None if since is None else datetime.fromisoformat(since),
            times,
            read_amount(said["hidden_s"]) or 0.0,
        )


def read_fixtures(said: Sequence[Mapping[str, Any]]) -> tuple[KnownFixture, ...]:
    """All of one camera. Raises `KeyError`, `TypeError`, `ValueError`."""
    if not isinstance(said, list):
        raise TypeError("fixtures are a list")
    return tuple(KnownFixture.read(one) for one in said[:MOST_FIXTURES])

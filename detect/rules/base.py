"""What a rule says about one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from detect.track import Track


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's condition is met now.

    Findings of one rule with the same `key` belong to one happening.
    """

    key: str
    since_s: float
    """Media time at which it began."""
    tracks: tuple[Track, ...]
    """The tracks that fulfil it, most certain first."""
    why: str
    """One sentence in plain English."""
    momentary: bool = False
    """It is over as soon as it is seen (a crossing), not while it lasts."""


class RuleJudge(Protocol):
    """One rule of one camera, with its memory."""

    def judge(self, tracks: Sequence[Track], t_s: float) -> list[Finding]:
        """What holds at media time `t_s`, which never goes back."""
        ...


def people_word(track: Track) -> str:
    """`A person`, `A car`, `An elephant`."""
    article = "An" if track.label[:1] in "aeiou" else "A"
    return f"{article} {track.label}"

"""Which savings are on: each can be left out, so that what it is worth can be measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

Economy = Literal["when_needed", "always", "never"]
"""When idle cameras are decoded by key frames alone; `when_needed`: when the machine is loaded."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How cameras are looked at. All on is the usual way; all off is exact mode."""

    regions: bool = True
    """Look at moving, followed and due parts instead of every whole frame."""
    packing: bool = True
    """Parts of several cameras share canvases; without it each frame has canvases of its own."""
    rate: bool = True
    """Analyse more or fewer frames a second as the scene asks for it."""
    idle: bool = True
    """Decode key frames alone where nothing happens."""
    shed: bool = True
    """Under overload leave out what matters least, in a stated order."""
    audit: bool = True
    """Look at a random 1 to 2 % of frames whole, to measure what is missed."""

    @property
    def is_exact(self) -> bool:
        return not (self.regions or self.rate or self.idle or self.shed)

    def without(self, names: Iterable[str]) -> Self:
        """The mode with some savings off. Raises ValueError that names an unknown one."""
        names = tuple(names)
        known = [field.name for field in fields(self)]
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is not one of {', '.join(known)}")
        return replace(self, **{name: False for name in names})


USUAL = Mode()
EXACT = Mode(regions=False, packing=False, rate=False, idle=False, shed=False, audit=False)
"""Every scheduled frame, full frame."""

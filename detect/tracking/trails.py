"""Where each track stood lately, so that an incident can say how those who raised it came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from detect.track import Track

KEPT_S = 15.0
"""So much of a track's way is kept,"""
STEPS = 64
"""in at most so many steps."""
GONE_S = 3.0
"""The way of a track that is no longer followed is kept so much longer."""

Step = tuple[float, float, float]
"""Media time in seconds, and the foot's x and y in fractions of the frame."""
Ways = Mapping[int, Sequence[Step]]
"""By track, in order of time."""


class Trails:
    """The latest steps of one camera's tracks; at most `STEPS` each, whatever the frame rate."""

    def __init__(self) -> None:
        self._steps: dict[int, deque[Step]] = {}
        self._seen_s: dict[int, float] = {}

    @property
    def ways(self) -> Ways:
        """As far as they are known now; changed in place by `update`."""
        return self._steps

    def update(self, tracks: Iterable[Track], t_s: float) -> None:
        """Take one frame's tracks. `t_s` never goes back."""
        for track in tracks:
            self._seen_s[track.id] = t_s
            if track.unseen_s == 0:
                self._step(track, t_s)
        for identity in [one for one, at_s in self._seen_s.items() if t_s - at_s > GONE_S]:
            del self._seen_s[identity]
            self._steps.pop(identity, None)

    def _step(self, track: Track, t_s: float) -> None:
        steps = self._steps.setdefault(track.id, deque(maxlen=STEPS))
        # A rounding error must not halve the steps of a camera whose rate is just this one.
        if not steps or t_s - steps[-1][0] >= KEPT_S / STEPS - 1e-6:
            steps.append((t_s, *track.foot))
        while t_s - steps[0][0] > KEPT_S:
            steps.popleft()

    def reset(self) -> None:
        """Nothing is followed any longer."""
        self._steps.clear()
        self._seen_s.clear()

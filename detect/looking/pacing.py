"""How closely one camera is watched: frames a second, and whether its key frames suffice.

Each followed thing, each rule that it could fulfil and fresh motion ask for a rate; the highest
counts. A rate rises at once and falls only when less has been asked for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from detect.geometry import Outline, Point
from detect.looking.look import LiveTrack
from detect.looking.motion import STILL, Motion
from detect.mode import Economy
from detect.rules.line_crossing import LineCrossingRule
from detect.scene import Scene
from detect.track import Box
from ingest.pace import Wanted

LEAST_FPS = 1.0
SOON_S = 2.0
"""A rule is live for what stands in its place, or can be there within this time,"""
BURST = 1.0
"""even if it starts to run now: heights a second."""
STEP = 0.5
"""Between two frames a thing may move by this part of its smaller side: more, and its boxes hardly
overlap."""
LOOKS = 3.0
"""Looks that a thing gets before it reaches the edge of a zone or a line,"""
NEAR = 1.0
"""once it is within this many heights of it."""
AT_REST = 0.08
"""Heights a second: boxes tremble by this much on things that stand."""
UNSURE = 1.5
"""Times the nominal rate while a track is unconfirmed or out of sight,"""
FEW = 4
"""where at most so many are followed: in a crowd somebody always is, more frames tell little."""
FALL_S = 2.0
"""Less must have been asked for this long before the rate falls."""
SAME = 0.1
"""A rate less by under this part is no reason to change."""
MOTION_S = 2.0
"""Decoding goes on for this long after something moved that nobody follows,"""
FOLLOWED_S = 3.0
"""and for this long after something was followed: people hide behind things and come back. Who
comes back later wakes the camera, which loses nothing."""
KEYS_FPS = 1.0
"""Who asks for more than this cannot do with key frames, which come every 1 to 4 seconds."""
PRESSURE_ON = 0.9
PRESSURE_OFF = 0.7
"""Demand as a part of the capacity: at which key frames begin to suffice, and cease to."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the conditions of rules are decided."""

    classes: frozenset[str]
    floor_fps: float
    """The highest of the rules'."""
    outline: Outline | None
    """A zone's polygon, a line's two ends; None for the whole frame."""

    def away(self, foot: Point) -> float:
        """Signed distance to the outline: below 0 inside a zone; -inf where there is none."""
        # A line is a polygon of two points: nothing is inside it.
        return -inf if self.outline is None else -self.outline.depth(foot)

    def is_live(self, track: LiveTrack) -> bool:
        return track.label in self.classes and self.away(_foot(track)) <= _reach(track)

    def asks(self, track: LiveTrack) -> float:
        """Frames a second: the floor where it is live for the track, and enough looks before the
        outline is reached.
        """
        if track.label not in self.classes:
            return 0.0
        away = self.away(_foot(track))
        floor_fps = self.floor_fps if away <= _reach(track) else 0.0
        height, away = _height(track), abs(away)
        if away > NEAR * height or _is_slow(track):
            return floor_fps
        return max(floor_fps, LOOKS * track.speed / max(away, 0.1 * height))


class Pacer:
    """Of one camera. Pure of clocks: `t_s` is media time and never goes back."""

    def __init__(
        self,
        scene: Scene | None,
        *,
        nominal_fps: float = 5.0,
        most_fps: float = 10.0,
        least_fps: float = LEAST_FPS,
        economy: Economy = "when_needed",
    ) -> None:
        self._nominal = min(nominal_fps, most_fps)
        self._most, self._least = most_fps, min(least_fps, nominal_fps)
        self._economy = economy
        self._places = _places(scene) if scene else ()
        always = [rule.always_fps for rule in scene.rules] if scene else []
        self._always_fps = max(always, default=0.0)
        self._fps = self._nominal
        self._lower_since_s: float | None = None
        self._lower_fps = 0.0
        self._moved_s = self._followed_s = -inf
        self._began_s: float | None = None
        self._is_pressed = False

    @property
    def floor_fps(self) -> float:
        """The highest floor of any of the scene's rules, should it be live."""
        least_fps = max(self._least, self._always_fps)
        return max((place.floor_fps for place in self._places), default=least_fps)

    def decide(
        self,
        t_s: float,
        live: Sequence[LiveTrack],
        motion: Motion | None = None,
        *,
        is_open: bool = False,
        is_due: bool = False,
        pressure: float = 0.0,
        asks_fps: float = 0.0,
    ) -> Wanted:
        """What is wanted of the camera from now on.

        `live` and `motion` are those of the frame at `t_s` (None: nothing moved), `is_open` says
        that an incident lasts, `is_due` that a check of a zone waits, `pressure` is the demand of
        all cameras as a part of what the machine can do (0 for no load, 1 for all of it),
        `asks_fps` is what the rules ask for to be sure of what they suspect.
        """
        motion = STILL if motion is None else motion
        fresh = motion.is_scene_change or any(
            not any(_overlap(region, track.xyxy) for track in live) for region in motion.regions
        )
        asked = max(self._asked(live, fresh, is_open), min(self._most, asks_fps))
        self._fps = self._steadied(asked, t_s)
        is_busy = is_open or is_due or max(asks_fps, self._always_fps) > KEYS_FPS
        return Wanted(self._fps, self._keys(t_s, live, motion, is_busy, pressure))

    def _asked(self, live: Sequence[LiveTrack], fresh: bool, is_open: bool) -> float:
        asked = [self._least, self._always_fps]
        if fresh:
            asked.append(self._nominal)
        if is_open:
            asked.append(self.floor_fps)
        for track in live:
            asked.append(self._for(track, is_crowd=len(live) > FEW))
            asked += [place.asks(track) for place in self._places]
        return min(self._most, max(asked))

    def _for(self, track: LiveTrack, *, is_crowd: bool) -> float:
        """For the track itself, whatever the rules."""
        if not track.is_confirmed or track.unseen_s > 0:
            return self._nominal if is_crowd else UNSURE * self._nominal
        if _is_slow(track):
            return self._least
        x1, y1, x2, y2 = track.xyxy
        smaller = max(1e-3, min(x2 - x1, y2 - y1))
        return max(self._nominal, track.speed / (STEP * smaller))

    def _steadied(self, asked: float, t_s: float) -> float:
        """The rate after hysteresis."""
        if asked >= self._fps * (1 - SAME):
            self._lower_since_s = None
            return max(asked, self._fps)
        if self._lower_since_s is None:
            self._lower_since_s, self._lower_fps = t_s, asked
        self._lower_fps = max(self._lower_fps, asked)
        if t_s - self._lower_since_s < FALL_S:
            return self._fps
        self._lower_since_s = None
        return self._lower_fps

    def _keys(
        self,
        t_s: float,
        live: Sequence[LiveTrack],
        motion: Motion,
        busy: bool,
        pressure: float,
    ) -> bool:
        """Whether key frames suffice."""
        if self._began_s is None:
            self._began_s = t_s
        if motion.regions or motion.is_scene_change:
            self._moved_s = t_s
        if busy or any(not self._is_parked(track) for track in live):
            self._followed_s = t_s
        self._is_pressed = pressure >= (PRESSURE_OFF if self._is_pressed else PRESSURE_ON)
        wished = self._economy == "always" or (self._economy == "when_needed" and self._is_pressed)
        return (
            wished
            and t_s - self._moved_s >= MOTION_S
            and t_s - max(self._followed_s, self._began_s) >= FOLLOWED_S
        )

    def _is_parked(self, track: LiveTrack) -> bool:
        """Things that rest where no rule minds them, as parked cars do, are not followed."""
        sure = track.is_confirmed and track.unseen_s == 0 and _is_slow(track)
        return sure and not any(place.is_live(track) for place in self._places)


def _places(scene: Scene) -> tuple[_Place, ...]:
    """Each zone or line once for the same classes, however many rules are about it."""
    floors_fps: dict[tuple[frozenset[str], tuple[Point, ...] | None], float] = {}
    for rule in scene.rules:
        if not rule.labels:
            continue
        if isinstance(rule, LineCrossingRule):
            points: tuple[Point, ...] | None = scene.line(rule.line)
        else:
            points = scene.polygon(rule.place)
        place = rule.labels, points
        floors_fps[place] = max(floors_fps.get(place, 0.0), rule.floor_fps)
    return tuple(
        _Place(classes, fps, None if points is None else Outline(points))
        for (classes, points), fps in floors_fps.items()
    )


def _reach(track: LiveTrack) -> float:
    """How far it can be soon."""
    return (track.speed + BURST * _height(track)) * SOON_S


def _height(track: LiveTrack) -> float:
    return max(1e-3, track.xyxy[3] - track.xyxy[1])


def _foot(track: LiveTrack) -> Point:
    x1, _, x2, y2 = track.xyxy
    return (x1 + x2) / 2, y2


def _is_slow(track: LiveTrack) -> bool:
    x1, y1, x2, y2 = track.xyxy
    return track.speed < AT_REST * sqrt(max(1e-6, (x2 - x1) * (y2 - y1)))


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

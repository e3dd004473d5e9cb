"""What was seen, drawn into the picture: boxes, ways, zones, lines, incidents and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from detect.drawing import brush
from detect.drawing.brush import Colour
from detect.drawing.letters import LINE_PX, width_px, wrapped
from detect.geometry import Point
from detect.incident import Incident, IncidentBox, IncidentId, TrackPath
from detect.scene import Scene
from detect.track import Box, Track
from ingest.frame import Frame, FrameSize, Image

WIDTH_PX = (960, 1280)
"""The drawn picture is at least and at most this wide, so that letters can be read."""
TRAIL_S = 15.0
"""So much of a track's way is drawn."""
STAYS_S = 3.0
"""An incident that is over is told so much longer: one moment could not be read."""
BANNERS = 4
"""Incidents told at a time, at most; of more their number is."""

ZONE: Colour = (230, 190, 90)
LINE: Colour = (230, 120, 220)
SEVERITY: dict[str, Colour] = {
    "critical": (40, 40, 235),
    "high": (0, 120, 255),
    "medium": (0, 200, 255),
    "low": (200, 200, 200),
}
TRACK: dict[str, Colour] = {"person": (120, 230, 120), "bag": (255, 160, 200)}
OTHER: Colour = (235, 205, 120)
CAME: Colour = (245, 245, 245)
BAGS = frozenset({"backpack", "handbag", "suitcase"})


class Annotator:
    """Draws one camera's frames, in order."""

    def __init__(self, scene: Scene, language: str = "en") -> None:
        self._scene = scene
        self._language = language
        self._trails: dict[int, deque[tuple[float, float, float]]] = {}
        self._shown: dict[IncidentId, tuple[float, Incident]] = {}

    def take(self, changes: Iterable[Incident], t_s: float) -> None:
        """Incidents that changed by this frame."""
        for incident in changes:
            self._shown[incident.id] = (t_s, incident)

    def draw(self, frame: Frame, tracks: Sequence[Track]) -> Image:
        """The frame's source picture with everything on it: (h, w, 3) BGR uint8, even sides."""
        t_s = frame.t_s
        self._shown = {k: one for k, one in self._shown.items() if _is_told(*one, t_s)}
        self._follow(tracks, t_s)
        image = picture_of(frame, *WIDTH_PX)
        drawn = Drawing(image)
        drawn.scene(self._scene)
        for trail in self._trails.values():
            drawn.way([(x, y) for _, x, y in trail], OTHER)
        drawn.tracks(tracks)
        shown = [incident for _, incident in self._shown.values()]
        for incident in shown:
            drawn.incident(incident, tracks)
        drawn.banners([(i, i.why_in.get(self._language, i.why)) for i in shown])
        drawn.clock(t_s)
        return image

    def _follow(self, tracks: Sequence[Track], t_s: float) -> None:
        for track in tracks:
            if track.unseen_s == 0:
                self._trails.setdefault(track.id, deque()).append((t_s, *track.foot))
        live = {track.id for track in tracks}
        for identity, trail in list(self._trails.items()):
            while trail and t_s - trail[0][0] > TRAIL_S:
                trail.popleft()
            if identity not in live or not trail:
                del self._trails[identity]


def _is_told(changed_s: float, incident: Incident, t_s: float) -> bool:
    return incident.is_open or t_s - changed_s <= STAYS_S


def picture_of(frame: Frame, least_px: int, most_px: int) -> Image:
    """The frame's source picture, scaled to a width between the two: BGR, even sides."""
    picture = frame.picture
    width = min(max(picture.width_px, least_px), most_px) & ~1
    height = max(2, round(picture.height_px * width / picture.width_px) & ~1)
    whole = (0, 0, picture.width_px, picture.height_px)
    return np.ascontiguousarray(picture.crop(whole, FrameSize(width, height)))


class Drawing:
    """What there is to tell, at its place in one picture (changed in place)."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._height, self._width = image.shape[:2]
        self._scale = max(1, self._width // 480)

    def scene(self, scene: Scene) -> None:
        """Zones and lines, with their names."""
        for zone in scene.zones:
            points = [self._at(*point) for point in zone.polygon]
            brush.polyline(self._image, points, ZONE, self._scale, closed=True)
            self._name(zone.name, points[0], ZONE)
        for line in scene.lines:
            points = [self._at(*point) for point in line.points]
            brush.polyline(self._image, points, LINE, 2 * self._scale)
            self._name(line.name, points[0], LINE)

    def tracks(self, tracks: Sequence[Track]) -> None:
        """Each box that is seen now, with class and number; thin where it is only expected."""
        for track in tracks:
            colour = TRACK["bag"] if track.label in BAGS else TRACK.get(track.label, OTHER)
            x1, y1, *_ = xyxy = self._box(track.xyxy)
            if track.unseen_s > 0:
                brush.box(self._image, xyxy, colour, 1)
                continue
            brush.box(self._image, xyxy, colour, self._scale)
            words = f"{track.label} {track.id}"
            at = (round(x1), round(y1) - (LINE_PX + 1))
            brush.caption(self._image, at, words, brush.BLACK, colour, max(1, self._scale - 1))

    def way(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """Where somebody went; fractions of the frame."""
        brush.polyline(self._image, [self._at(*p) for p in points], colour, 1)

    def incident(self, incident: Incident, tracks: Sequence[Track] = ()) -> None:
        """Its latest boxes, at where their tracks are now, and the ways that led to it: pale until
        its rule was met.
        """
        colour = SEVERITY[incident.severity]
        for path in incident.paths:
            came, since = _parts(path, incident.start_s)
            self.way(came, CAME)
            self.way(since, colour)
        now = {track.id: track.xyxy for track in tracks}
        for box in latest(incident.boxes):
            if box.track and box.track not in now and not incident.is_open and tracks:
                continue  # it has gone: nothing is there any longer
            xyxy = now.get(box.track, box.xyxy)
            brush.box(self._image, self._box(xyxy), colour, self._scale + 2)

    def outline(self, xyxy: Box) -> None:
        """A place that somebody named; fractions of the frame."""
        brush.box(self._image, self._box(xyxy), ZONE, self._scale)

    def banners(self, told: Sequence[tuple[Incident, str]]) -> None:
        """Kind and sentence of each incident, from the top of the picture."""
        scale, y = self._scale, 0
        order = sorted(told, key=lambda one: list(SEVERITY).index(one[0].severity))
        for incident, why in order[:BANNERS]:
            head = incident.kind.replace("_", " ")
            indent = (width_px(head) + 10) * scale
            lines = wrapped(why, max(40, (self._width - indent) // scale - 8))
            down = (len(lines) * LINE_PX + 3) * scale
            brush.shade(self._image, (0, y, self._width, y + down))
            ground = SEVERITY[incident.severity]
            brush.caption(self._image, (0, y), head, brush.BLACK, ground, scale)
            for row, line in enumerate(lines):
                at = (indent, y + (3 + row * LINE_PX) * scale)
                brush.text(self._image, at, line, brush.WHITE, scale)
            y += down
        if len(order) > BANNERS:
            words = f"+ {len(order) - BANNERS}"
            brush.caption(self._image, (0, y), words, brush.WHITE, brush.BLACK, scale)

    def clock(self, t_s: float) -> None:
        """Media time, in the lower left corner."""
        words = f"{int(t_s // 60):02d}:{t_s % 60:04.1f}"
        at = (0, self._height)
        brush.caption(self._image, at, words, brush.WHITE, brush.BLACK, self._scale)

    def _name(self, name: str, at: tuple[float, float], colour: Colour) -> None:
        where = (round(at[0]), round(at[1]))
        brush.caption(self._image, where, name, brush.BLACK, colour, max(1, self._scale - 1))

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x * self._width, y * self._height

    def _box(self, xyxy: Box) -> Box:
        x1, y1, x2, y2 = xyxy
        return (*self._at(x1, y1), *self._at(x2, y2))


def _parts(path: TrackPath, start_s: float) -> tuple[list[Point], list[Point]]:
    """How a track came until `start_s`, and its way since then; both hold the step between."""
    feet = [(x, y) for _, x, y in path.points]
    met = sum(t_s <= start_s for t_s, *_ in path.points)
    return feet[:met], feet[max(0, met - 1) :]


def latest(boxes: Sequence[IncidentBox]) -> list[IncidentBox]:
    """The boxes of the last frame that an incident has some of."""
    last_s = max((box.t_s for box in boxes), default=0.0)
    return [box for box in boxes if box.t_s == last_s]

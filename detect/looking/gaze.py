"""Decides, frame by frame, how one camera is looked at: whole, in parts, or not at all.

Everything follows from media time, sequence numbers and the camera's id: two runs over the same
frames decide alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from zlib import crc32

from detect.looking.interest import Interest, bounds
from detect.looking.look import LiveTrack, Look, Reason, Region, Seen
from detect.looking.patience import Patience
from detect.looking.regions import (
    area,
    cost_px,
    grown,
    merged,
    overlap,
    round_motion,
    round_track,
    unzoomed,
)
from detect.track import Box
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image

SWEEP_BUSY_S = 2.0
"""Between whole frames where something is going on and rules wait for it."""
SWEEP_QUIET_S = 4.0
"""The same where nothing has been seen for `QUIET_S`."""
SWEEP_IDLE_S = 5.0
"""The same where no rule waits for anything."""
SWEEP_LEAST_S = 1.0
QUIET_S = 10.0
LIGHT_AGAIN_S = 1.0
"""After a change of light or view the picture is looked at whole once more, when it has settled."""
CHECK_S = 2.0
"""A rule's zone is looked at this often, whatever moves."""
CHECK_MOST = 0.5
"""Zones due for a check that cover more of the frame than this are checked by a whole frame."""
SMALL_PX = 28.0
"""Things less high than this at full-frame scale are seen better enlarged, ..."""
ENLARGED_PX = 48.0
"""... to about this height, ..."""
MAX_ZOOM = 2.5
"""... but no more than so many times."""
LEAST_ZOOM = 1.2
CHECK_ZOOM = 2.0
"""Of checks of zones where small things were found in the last `FAR_S`."""
FAR_S = 600.0
FOUND_PART = 0.1
"""A detection answers for motion when it covers this part of it, or lies in it by half."""
ALL: Box = (0.0, 0.0, 1.0, 1.0)


class Moved(Protocol):
    """What moved since the frames before; see `detect.looking.motion`."""

    @property
    def regions(self) -> tuple[Box, ...]: ...
    @property
    def share(self) -> float: ...
    @property
    def is_scene_change(self) -> bool: ...


class SensesMotion(Protocol):
    def update(self, image: Image, t_s: float, held: Sequence[Box] = ()) -> Moved:
        """Judge a picture and learn from it; in `held` stand things that are followed."""
        ...


class ChoosesAudits(Protocol):
    """Which frames are looked at whole to measure what looking at parts misses."""

    def chosen(self, camera: CameraId, seq: int) -> bool: ...


class RegionGaze:
    """See `detect.looking.look.Gaze`. `classes` are the names behind the labels of detections.

    A frame chosen for an audit comes with the regions that would have been looked at.
    """

    def __init__(
        self,
        camera: CameraId,
        motion: SensesMotion,
        interest: Interest,
        classes: Sequence[str],
        audits: ChoosesAudits | None = None,
    ) -> None:
        self._camera = camera
        self._motion = motion
        self._classes = tuple(classes)
        self._audits = audits
        self._phase = crc32(camera.encode()) / 2**32
        self._patience = Patience()
        self._moved: tuple[Box, ...] = ()
        self._care = 1.0
        self._is_sparing = False
        self._last_s: float | None = None
        self._whole_s: float | None = None
        self._light_again_s: float | None = None
        self._busy_s = 0.0
        self.watch_for(interest)

    def watch_for(self, interest: Interest) -> None:
        """Look after other rules from the next frame on."""
        self._interest = interest
        self._checks = [bounds(zone) for zone in interest.zones]
        self._checked_s = [self._last_s or 0.0] * len(self._checks)
        self._far_s: list[float | None] = [None] * len(self._checks)

    def take_care(self, care: float) -> None:
        """Look more widely from now on; 1 is usual.

        Sweeps and checks come `care` times as often, and more ground is taken in round what moves.
        """
        self._care = max(care, 1.0)

    def spare(self, is_sparing: bool) -> None:
        """Whether to sweep at the longest interval and to enlarge nothing, from now on."""
        self._is_sparing = is_sparing

    def plan(self, frame: Frame, live: Sequence[LiveTrack]) -> Look:
        """How this frame is to be looked at."""
        t_s = frame.t_s
        held = [track.xyxy for track in live if track.is_confirmed]
        moved = self._motion.update(frame.image, t_s, held)
        gap_s = 0.0 if self._last_s is None else max(t_s - self._last_s, 0.0)
        self._last_s = t_s
        self._moved = moved.regions
        why = self._why_whole(t_s, moved)
        if why is not None:
            return Look("full", why)
        look = self._parts(frame, live, gap_s)
        is_audit = self._audits is not None and self._audits.chosen(self._camera, frame.seq)
        return Look("full", "audit", look.regions) if is_audit and look.kind != "full" else look

    def learn(self, frame: Frame, look: Look, seen: Seen) -> None:
        """Told what came of it."""
        t_s = frame.t_s
        if ALL in seen.looked:
            self._whole_s = t_s
            self._checked_s = [t_s] * len(self._checks)
            if self._light_again_s is not None and t_s >= self._light_again_s:
                self._light_again_s = None
        for at, box in enumerate(self._checks):
            if any(overlap(box, looked) >= 0.99 * area(box) for looked in seen.looked):
                self._checked_s[at] = t_s
        wanted = [self._interest.wants(name) for name in self._classes]
        boxes = [
            (float(x1), float(y1), float(x2), float(y2))
            for (x1, y1, x2, y2), label in zip(
                seen.detections.xyxy.tolist(), seen.detections.label.tolist(), strict=True
            )
            if wanted[label]
        ]
        if boxes:
            self._busy_s = t_s
        self._learn_far(boxes, frame)
        looked_at = [box for box in self._moved if _is_seen(box, seen.looked)]
        self._patience.learn([(box, _is_found(box, boxes)) for box in looked_at], t_s)

    def _why_whole(self, t_s: float, moved: Moved) -> Reason | None:
        if self._whole_s is None:
            return "first"
        if moved.is_scene_change:
            self._light_again_s = t_s + LIGHT_AGAIN_S
            self._patience.forget()
            return "light"
        if self._light_again_s is not None and t_s >= self._light_again_s:
            return "light"
        period_s = max(self._period_s(t_s) / self._care, SWEEP_LEAST_S)
        before, now = self._whole_s / period_s + self._phase, t_s / period_s + self._phase
        return "sweep" if int(now) > int(before) else None

    def _period_s(self, t_s: float) -> float:
        if not self._interest.has_rules or self._is_sparing:
            return SWEEP_IDLE_S
        return SWEEP_BUSY_S if t_s - self._busy_s <= QUIET_S else SWEEP_QUIET_S

    def _parts(self, frame: Frame, live: Sequence[LiveTrack], gap_s: float) -> Look:
        height, width = frame.image.shape[:2]
        size, t_s = FrameSize(width, height), frame.t_s
        checks = self._due(t_s)
        if sum(area(box) for box in checks) > CHECK_MOST:
            return Look("full", "sweep")
        regions = [
            round_track(track, gap_s, size, self._zoom(track.xyxy, frame))
            for track in live
            if self._interest.wants(track.label)
        ]
        followed = [region.xyxy for region in regions]
        for box in self._moved:
            if self._patience.is_due(box, t_s):
                is_new = not any(overlap(box, other) > 0 for other in followed)
                region = round_motion(box, size, self._zoom(box, frame) if is_new else 1.0)
                if self._care > 1:
                    more = (self._care - 1) / 2
                    region = replace(region, xyxy=grown(region.xyxy, 0.0, more, size))
                regions.append(region)
        regions += [Region(box, self._check_zoom(box, frame), "zone") for box in checks]
        regions = [region for region in regions if area(region.xyxy) > 0]
        if not regions:
            return Look("nothing", "quiet")
        return _look(regions, size)

    def _due(self, t_s: float) -> list[Box]:
        """Places of rules that nobody has looked at for a while."""
        wait_s = CHECK_S / self._care
        return [
            box
            for box, checked_s in zip(self._checks, self._checked_s, strict=True)
            if t_s - checked_s >= wait_s and area(box) > 0
        ]

    def _learn_far(self, boxes: Sequence[Box], frame: Frame) -> None:
        """Zones in which small things were found are far."""
        small = [box for box in boxes if (box[3] - box[1]) * frame.image.shape[0] < SMALL_PX]
        for at, zone in enumerate(self._checks):
            if any(overlap(box, zone) >= 0.5 * area(box) for box in small):
                self._far_s[at] = frame.t_s

    def _check_zoom(self, zone: Box, frame: Frame) -> float:
        """Above 1 for a far zone, in which who stands still would else never be found."""
        far_s = self._far_s[self._checks.index(zone)]
        if self._is_sparing or far_s is None or frame.t_s - far_s > FAR_S:
            return 1.0
        native = frame.picture.width_px / frame.image.shape[1]
        zoom = min(CHECK_ZOOM, native)
        return zoom if zoom >= LEAST_ZOOM and area(zone) * zoom * zoom <= CHECK_MOST else 1.0

    def _zoom(self, thing: Box, frame: Frame) -> float:
        """Above 1 for what is small and far, where a rule holds and the source has more pixels."""
        height_px = (thing[3] - thing[1]) * frame.image.shape[0]
        if self._is_sparing or not 0 < height_px < SMALL_PX or not self._interest.is_near(thing):
            return 1.0
        native = frame.picture.width_px / frame.image.shape[1]
        zoom = min(ENLARGED_PX / height_px, MAX_ZOOM, native)
        return zoom if zoom >= LEAST_ZOOM else 1.0


def _look(regions: Sequence[Region], size: FrameSize) -> Look:
    """These regions, or the whole frame where they would cost more even if packed without a gap."""
    full_px = size.width_px * size.height_px
    several = merged(regions, size)
    if cost_px(several, size) < full_px:
        return Look("regions", "active", several)
    several = merged(unzoomed(regions), size)
    if cost_px(several, size) < full_px:
        return Look("regions", "active", several)
    return Look("full", "crowd")


def _is_seen(box: Box, looked: Sequence[Box]) -> bool:
    return any(overlap(box, other) >= 0.5 * area(box) for other in looked)


def _is_found(box: Box, boxes: Sequence[Box]) -> bool:
    """Whether something was found where a box moved."""
    return any(
        shared >= FOUND_PART * area(box) or shared >= 0.5 * area(other) > 0
        for other in boxes
        if (shared := overlap(box, other)) > 0
    )

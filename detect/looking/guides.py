"""What guides the attention of each camera, put together as the mode has it.

frame -> motion -> gaze (what is looked at) ... tracks -> pacing (how often, and at what)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from detect.looking.attention import Guides, MakeGuides, Pacing, WholeGaze
from detect.looking.audit import Auditor
from detect.looking.gaze import RegionGaze
from detect.looking.interest import Interest
from detect.looking.look import WHOLE_FRAME, Gaze, LiveTrack, Look, Seen
from detect.looking.motion import STILL, Motion, MotionGate
from detect.looking.pacing import Pacer
from detect.mode import Economy, Mode
from detect.overload import Service
from detect.scene import Scene
from detect.track import Box
from ingest.camera import Camera, CameraId
from ingest.frame import Frame, Image
from ingest.pace import Pace

MOST_FPS = 10.0
"""Frames a second at most, however much goes on."""
QUIET_FPS = 1.0
"""Frames a second where nothing goes on."""
LOOK_S = 1.0
"""However heavy the load, what moves is looked at once in this time."""
ROOM = 0.6
"""Share of the cores that full service may need for any camera to get more than its own rate."""


WHOLE_S = 1.0
"""Where the whole frame was cheaper than its parts it is looked at whole for so long, without
weighing again: in a crowd the weighing costs, too."""


class Sense:
    """One camera's motion, shared by the gaze and the pacing. Used by one thread at a time."""

    def __init__(self) -> None:
        self.gate = MotionGate()
        self.last: Motion = STILL
        """At the last frame."""

    def update(self, image: Image, t_s: float, held: Sequence[Box] = ()) -> Motion:
        """See `MotionGate.update`."""
        self.last = self.gate.update(image, t_s, held)
        return self.last


class AttentiveGaze:
    """Looks at parts of frames, as widely as the audit asks and as sparingly as the load does."""

    def __init__(
        self,
        camera: CameraId,
        sense: Sense,
        interest: Interest,
        classes: Sequence[str],
        service: Service,
        audit: Auditor | None,
    ) -> None:
        self._camera = camera
        self._sense = sense
        self._interest = interest
        self._service = service
        self._audit = audit
        self._live: Sequence[LiveTrack] = ()
        self._whole_until_s = -inf
        self._last_s = -inf
        self._motion_s = -inf  # media time at which what moves was last looked at
        self._gaze = RegionGaze(camera, sense, interest, classes, audit)

    def plan(self, frame: Frame, live: Sequence[LiveTrack]) -> Look:
        self._live = [track for track in live if self._interest.wants(track.label)]
        if frame.t_s < self._whole_until_s:
            self._last_s = self._motion_s = frame.t_s
            return Look("full", "crowd")
        self._gaze.spare(self._service.sheds("sweep"))
        if self._audit is not None:
            widening = self._audit.widening(self._camera)
            self._gaze.take_care(widening.care)
            self._sense.gate.widen(widening.sensitivity)
        return self._thinned(self._gaze.plan(frame, self._live), frame)

    def learn(self, frame: Frame, look: Look, seen: Seen) -> None:
        self._gaze.learn(frame, look, seen)
        chose_whole = look.why == "crowd" or (look.why == "active" and seen.looked == WHOLE_FRAME)
        if chose_whole and self._live and frame.t_s >= self._whole_until_s:
            self._whole_until_s = frame.t_s + WHOLE_S
        if self._audit is not None and look.why == "audit":
            self._audit.judge(self._camera, look, seen, self._live)

    def _thinned(self, look: Look, frame: Frame) -> Look:
        """Under overload, motion that nobody follows is looked at every second time, unless that
        would be more than `LOOK_S` later.
        """
        gap_s, self._last_s = frame.t_s - self._last_s, frame.t_s
        may_wait = frame.t_s + gap_s - self._motion_s <= LOOK_S + 1e-6
        is_left = may_wait and frame.seq % 2 and self._service.sheds("quiet")
        if look.kind != "regions" or not is_left:
            self._motion_s = frame.t_s
            return look
        kept = tuple(region for region in look.regions if region.why != "motion")
        if len(kept) == len(look.regions):
            return look
        self._service.count(self._camera, "quiet")
        return Look("regions" if kept else "nothing", look.why, kept)


class SensingWholeGaze(WholeGaze):
    """Every frame whole, with an eye on motion: for pacing without regions."""

    def __init__(self, sense: Sense) -> None:
        self._sense = sense

    def plan(self, frame: Frame, live: Sequence[LiveTrack]) -> Look:
        self._sense.update(frame.image, frame.t_s, [track.xyxy for track in live])
        return super().plan(frame, live)


class CameraPacing:
    """Tells ingest how much of one camera is wanted."""

    def __init__(
        self,
        camera: CameraId,
        pacer: Pacer,
        pace: Pace,
        sense: Sense,
        interest: Interest,
        service: Service,
        mode: Mode,
    ) -> None:
        self._camera = camera
        self._pacer = pacer
        self._pace = pace
        self._sense = sense
        self._interest = interest
        self._service = service
        self._mode = mode
        self._nominal_fps = pace.wanted.fps

    def follow(
        self,
        t_s: float,
        live: Sequence[LiveTrack],
        look: Look,
        *,
        has_open: bool,
        asks_fps: float = 0.0,
    ) -> None:
        """Decide from what the frame at `t_s` gave."""
        shedding = self._service.sheds("rate")
        wanted = self._pacer.decide(
            t_s,
            [track for track in live if self._interest.wants(track.label)],
            self._sense.last,
            is_open=has_open,
            is_due=look.why in ("first", "light"),
            pressure=max(1.0, self._service.demand) if shedding else self._service.demand,
            asks_fps=asks_fps,
        )
        fps = wanted.fps if self._mode.rate else self._nominal_fps
        if self._service.sheds("floor") and fps > self._pacer.floor_fps:
            fps = self._pacer.floor_fps
            self._service.count(self._camera, "floor")
        elif fps > self._nominal_fps and self._service.demand > ROOM:
            fps = self._nominal_fps
            if shedding:
                self._service.count(self._camera, "rate")
        self._pace.want(fps, keys_only=wanted.keys_only and self._mode.idle)


class GuideMaker:
    """Makes what guides the attention of cameras. `classes` are the names behind the labels."""

    def __init__(
        self,
        classes: Sequence[str],
        mode: Mode,
        economy: Economy,
        service: Service,
        audit: Auditor | None = None,
    ) -> None:
        self._classes = tuple(classes)
        self._mode = mode
        self._economy: Economy = economy
        self._service = service
        self._audit = audit if mode.audit else None
        self._interests: dict[CameraId, Interest] = {}

    def matters(self, camera: CameraId, label: int) -> bool:
        """Whether things of this class (its number) matter at this camera. Thread-safe."""
        interest = self._interests.get(camera)
        return interest is None or interest.wants(self._classes[label])

    def forget(self, camera: CameraId) -> None:
        """It is no longer watched."""
        self._interests.pop(camera, None)

    def of(self, camera: Camera, pace: Pace) -> MakeGuides:
        """What makes the guides of one camera, anew for each scene; its motion is kept."""
        if self._mode.is_exact:
            return lambda scene: Guides(WholeGaze())
        sense = Sense()
        pace.wakes = sense.gate.peek
        return lambda scene: self._guides(camera, scene, pace, sense)

    def _guides(self, camera: Camera, scene: Scene, pace: Pace, sense: Sense) -> Guides:
        interest = self._interests[camera.id] = Interest.of(scene)
        gaze: Gaze = SensingWholeGaze(sense)
        if self._mode.regions:
            if self._audit is not None:
                self._audit.watch_for(camera.id, interest.labels or self._classes)
            gaze = AttentiveGaze(
                camera.id, sense, interest, self._classes, self._service, self._audit
            )
        if not (self._mode.rate or self._mode.idle or self._mode.shed):
            return Guides(gaze)
        pacer = Pacer(
            scene,
            nominal_fps=camera.fps,
            most_fps=max(MOST_FPS, camera.fps),
            least_fps=QUIET_FPS,
            economy=self._economy,
        )
        pacing: Pacing = CameraPacing(
            camera.id, pacer, pace, sense, interest, self._service, self._mode
        )
        return Guides(gaze, pacing)

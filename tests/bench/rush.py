"""Many still cameras that connect at once to a machine that carries them only by key frames.

Simulated on one clock, with set costs: the real readers, batcher, guides and load meter decide.
`python -m tests.bench.rush CAMERAS [SECONDS]` prints a line every five seconds, and in the end how
long any camera went without a look and without a whole frame.
"""

from __future__ import annotations

import heapq
import sys
from dataclasses import dataclass, field
from itertools import count, pairwise

from detect.batching import Batcher
from detect.incident import IncidentId, ModelRef
from detect.load import LoadMeter, Work
from detect.looking.attention import Attention
from detect.looking.audit import Auditor
from detect.looking.guides import GuideMaker
from detect.looking.look import WHOLE_FRAME, Look, Seen
from detect.mode import USUAL
from detect.overload import Cost, Service
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame, FrameSize
from ingest.gop import GopMeter
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.reader import Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet
from ingest.timeline import Stamp
from tests.support.incidents import NOON
from tests.support.rtsp_fake import BASE, FakeSource
from tests.support.walks import people

CORES, FPS, USUAL_FPS, MAILBOX_FRAMES = 2, 25, 5.0, 12
KEY_S, PICTURE_S, WHOLE_S, PART_S = 0.006, 0.002, 0.0125, 0.0006
"""Core-seconds for a key frame, another picture, a look at a whole frame, and at parts of one."""
CLASSES = ("person",)
SCENE = Scene.parse({"version": 1, "rules": [{"kind": "intrusion", "seconds": 1}]})


@dataclass
class Watched:
    """One camera, from its packets to its attention."""

    id: CameraId
    rush: Rush
    sent: int = 0
    seq: int = 0
    spent_s: float = 0.0
    is_busy: bool = False
    is_queued: bool = False
    looks_s: list[float] = field(default_factory=list)
    wholes_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = FakeSource(FrameSize(64, 36), fps=FPS, gop=FPS, is_still=True)
        decode, alone = self.source.decoder.decode, self.source.decoder.alone
        self.source.decoder.decode = lambda packet: decode(self._spend(packet))  # type: ignore[method-assign]
        self.source.decoder.alone = lambda key: alone(self._spend(key))  # type: ignore[method-assign]
        self.box = Mailbox[Frame](MAILBOX_FRAMES, deadline_s=lambda one: one.deadline_s)
        pace = Pace(USUAL_FPS)
        camera = Camera(self.id, StreamUrl.parse("rtsp://10.0.0.1/a"), USUAL_FPS)
        make, ids = self.rush.guides.of(camera, pace), count()
        watch = CameraWatch(
            self.id, SCENE, CLASSES, ModelRef("m", "0"), lambda: IncidentId(str(next(ids)))
        )
        self.attention = Attention(watch, make(SCENE), make)
        self.reader = Reader(
            self.source.decoder,
            self,
            Sampler(USUAL_FPS),
            pace,
            self._emit,
            gop=GopMeter(FPS),
            now=lambda: self.rush.now_s,
        )
        self.rush.batcher.add(self.id, self.box)

    def place(self, decoded: Decoded) -> Stamp:
        return Stamp(float((decoded.pts or 0) * BASE), NOON)

    def _spend(self, packet: Packet) -> Packet:
        self.spent_s += KEY_S if packet.is_key else PICTURE_S
        return packet

    def _emit(self, due: Due) -> None:
        t_s, received_s = due.stamp.t_s, due.decoded.arrived_s
        picture = due.decoded.picture
        self.box.put(
            Frame(self.id, self.seq, t_s, NOON, received_s, due.image, picture, due.deadline_s)
        )
        self.seq += 1


class Rush:
    """All of them on one clock."""

    def __init__(self, cameras: int) -> None:
        self.now_s = 0.0
        self.service = Service()
        self.meter = LoadMeter(CORES, self.service)
        self.guides = GuideMaker(CLASSES, USUAL, "when_needed", self.service, Auditor(CLASSES))
        self.batcher = Batcher(
            32, devices=CORES, run_s=lambda frames: frames * PART_S, now=lambda: self.now_s
        )
        self.watched = {
            one.id: one for one in (Watched(CameraId(f"c{n}"), self) for n in range(cameras))
        }
        self._events: list[tuple[float, int, object]] = []
        self._order = count()
        self._lanes: list[tuple[float, int, Watched]] = []
        self._free = CORES
        self._busy_s = self._looking_s = self.meter_s = 0.0
        for one in self.watched.values():
            self._at(0.0, one)

    def run_to(self, second: int) -> None:
        """Go on to a second, the next one; the load is measured then."""
        while self._events[0][0] < second:
            self.now_s, _, event = heapq.heappop(self._events)
            self._happen(event)
            while self._free and self._begin():
                pass
        self._measure(float(second))

    @property
    def idle(self) -> int:
        """Cameras that are decoded by key frames alone."""
        return sum(one.reader.is_idle for one in self.watched.values())

    def longest_s(self, since_s: float, *, whole: bool = False) -> float:
        """The longest that any camera went without a look since then."""
        return max(
            after - before
            for one in self.watched.values()
            for before, after in pairwise(
                [t_s for t_s in (one.wholes_s if whole else one.looks_s) if t_s >= since_s]
                + [self.meter_s]
            )
        )

    def _at(self, when_s: float, event: object) -> None:
        heapq.heappush(self._events, (when_s, next(self._order), event))

    def _happen(self, event: object) -> None:
        if isinstance(event, Watched):
            event.reader.feed(event.source.packet(event.sent, self.now_s))
            event.sent += 1
            self._at(event.sent / FPS, event)
            self._ring(event)
        elif callable(event):
            self._free += 1
            event()

    def _ring(self, one: Watched) -> None:
        if not (one.is_busy or one.is_queued) and (due_s := one.reader.due_s()) is not None:
            one.is_queued = True
            heapq.heappush(self._lanes, (due_s, next(self._order), one))

    def _begin(self) -> bool:
        """Give a free core the most urgent work; whether there is any."""
        start_s = self.batcher.start_by(timeout=0)
        if self._lanes and (start_s is None or self._lanes[0][0] <= start_s):
            self._decode(heapq.heappop(self._lanes)[2])
        elif start_s is not None:
            self._look()
        else:
            return False
        return True

    def _decode(self, one: Watched) -> None:
        one.is_queued, one.is_busy, one.spent_s = False, True, 0.0
        one.reader.work()

        def done() -> None:
            one.is_busy = False
            self._ring(one)

        self._take(one.spent_s, done)

    def _look(self) -> None:
        batch = self.batcher.take(timeout=0)
        assert batch is not None
        looks = [self.watched[frame.camera].attention.plan(frame) for frame in batch.frames]
        spent_s = sum(WHOLE_S if look.kind == "full" else PART_S for look in looks)
        self._looking_s += spent_s

        def done() -> None:
            for frame, look in zip(batch.frames, looks, strict=True):
                self._learn(frame, look)
            self.batcher.done(batch)

        self._take(spent_s, done)

    def _learn(self, frame: Frame, look: Look) -> None:
        one = self.watched[frame.camera]
        is_whole = look.kind == "full"
        looked = WHOLE_FRAME if is_whole else tuple(region.xyxy for region in look.regions)
        seen = Seen(people([]), looked, float(is_whole))
        one.attention.watch.see(frame.t_s, NOON, seen.detections)
        one.attention.learn(frame, look, seen)
        one.looks_s.append(self.now_s)
        if is_whole:
            one.wholes_s.append(self.now_s)

    def _take(self, spent_s: float, done: object) -> None:
        self._free -= 1
        self._busy_s += spent_s
        self._at(self.now_s + spent_s, done)

    def _measure(self, now_s: float) -> None:
        self.meter_s = now_s
        several = self.watched.values()
        counts = [one.reader.counts for one in several]
        work = Work(
            busy_s=self._busy_s,
            looking_s=self._looking_s,
            pictures=sum(one.placed for one in counts),
            looked=sum(len(one.looks_s) for one in several),
            late=sum(one.late for one in counts)
            + sum(sum(one.box.drops.values()) for one in several),
            alone=sum(one.alone for one in counts),
        )
        self.meter.step(now_s, work, [Cost(FPS, USUAL_FPS)] * len(counts))


def main(cameras: int, seconds: int = 60) -> None:
    rush = Rush(cameras)
    for second in range(1, seconds + 1):
        rush.run_to(second)
        if second % 5 == 0:
            load = rush.meter.load
            print(f"{second:4} s: {load.used_cores:.2f} cores, level {load.level}", end=", ")
            print(f"{rush.idle} of {cameras} idle")
    print(f"longest without a look {rush.longest_s(seconds / 2):.2f} s", end=", ")
    print(f"without a whole frame {rush.longest_s(seconds / 2, whole=True):.2f} s")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

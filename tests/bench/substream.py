"""An idle camera with rare key frames beside its substream: what it costs, whether it alarms.

    python -m tests.bench.substream [--seconds 180] [--only NAME...] [--sub 640x360]

A scene is made by script, encoded as a main stream (a key frame every ten seconds, and every second
to compare) and again, smaller and much more coarsely, as a substream. All go through the reader as
it is in service, in media time, under the real motion gate and pacer; one line of JSON a figure:
processor time a camera-second while nobody is there, and what the gate makes of the switches: in
the last way the substream goes away for a second four times a minute.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import av

from detect.looking.motion import MotionGate
from detect.looking.pacing import Pacer
from ingest.aside import ExactSize
from ingest.frame import FrameSize, Image
from ingest.gop import GopMeter
from ingest.pace import Pace
from ingest.packets import KeptPackets
from ingest.reader import DecodeCounts, Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet
from ingest.sources.decode import Decoder
from ingest.sources.demux import Demuxer
from ingest.sources.file import Stamps
from ingest.timeline import Stamp
from tests.bench.idle_scenes import WEATHERS
from tests.support.footage import Footage, Recipe, Walk, encode, footage

MODEL = FrameSize(416, 416)
USUAL_FPS = 5.0
FPS = 25.0
SUB_FPS = 12.5
BIT_RATE, SUB_BIT_RATE = 3_000_000, 300_000
LONG_GOP_S = 10.0
LEARN_S = 60.0
"""Nobody comes before, and nothing is counted."""
AFTER_S = 10.0
"""Nor so soon after somebody left."""
AWAY_EVERY_S = 15.0
LAG_S = 0.08
"""The substream arrives so much later."""
START = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stream:
    decoder: Decoder
    packets: list[Packet]


def opened(path: Path, size: FrameSize, fps: float, lag_s: float = 0.0) -> Stream:
    """The packets of a file as if they came over the line in media time."""
    demuxer = Demuxer(av.open(str(path)), size)
    stamp = Stamps(fps)
    packets = [stamp(packet) for packet in demuxer.packets() if packet is not None]
    return Stream(
        demuxer.decoder,
        [replace(packet, arrived_s=number / fps + lag_s) for number, packet in enumerate(packets)],
    )


def pictures(path: Path, size: tuple[int, int]) -> Iterator[Image]:
    """Every second picture of a file at another size."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % round(FPS / SUB_FPS) == 0:
                scaled = frame.reformat(width=size[0], height=size[1], format="bgr24")
                yield scaled.to_ndarray()


class Small:
    """The substream, as `ingest.aside.Aside` is to a reader."""

    def __init__(self, stream: Stream, *, is_shaky: bool) -> None:
        self._decoder = stream.decoder
        self._is_shaky = is_shaky
        self.kept = KeptPackets()
        self.now_s = 0.0

    @property
    def is_ready(self) -> bool:
        return not self._is_shaky or self.now_s % AWAY_EVERY_S >= 1.0

    def due_s(self) -> float | None:
        head = self.kept.head()
        return head.arrived_s if head else None

    def work(self) -> list[Decoded]:
        packet, _ = self.kept.take()
        return self._decoder.decode(packet) if packet else []

    def leave(self) -> None:
        self._decoder.reset()


@dataclass(slots=True)
class Tally:
    empty_s: float = 0.0
    cpu_s: float = 0.0
    """Of reading and decoding while nobody is there."""
    wakes: int = 0
    switches: int = 0
    """From the substream to the main stream or back, while nobody is there."""
    changes: int = 0
    """Pictures that the gate called a scene change."""
    moving: int = 0
    """Pictures with motion while nobody is there."""
    aside: int = 0
    noticed_s: list[float] = field(default_factory=list)
    decoded: int = 0


class Camera:
    """One camera's reader under gate and pacer."""

    def __init__(
        self,
        made: Footage,
        main: Stream,
        small: Stream | None,
        *,
        idle: bool,
        is_shaky: bool = False,
    ) -> None:
        self._made, self._main = made, main
        self._small_packets = small.packets if small else []
        self._small = Small(small, is_shaky=is_shaky) if small else None
        self._gate, self._pacer = MotionGate(), Pacer(None, economy="always" if idle else "never")
        self._pace = Pace(USUAL_FPS, self._gate.peek)
        self._now_s = self._analysed_s = 0.0
        self._due: list[Due] = []
        self._was_aside: bool | None = None
        self._unseen = list(made.arrivals)
        self.tally = Tally()
        self._counts = DecodeCounts()
        self._reader = Reader(
            main.decoder,
            self,
            Sampler(USUAL_FPS),
            self._pace,
            self._due.append,
            gop=GopMeter(FPS),
            counts=self._counts,
            now=lambda: self._now_s,
            aside=self._small,
        )

    def place(self, decoded: Decoded) -> Stamp:
        return Stamp(decoded.arrived_s, START)

    def run(self) -> Tally:
        for packet, is_main in self._arriving():
            step_s, self._now_s = packet.arrived_s - self._now_s, packet.arrived_s
            if self._small is not None:
                self._small.now_s = self._now_s
            is_empty = self._is_empty(self._now_s)
            cpu_s = time.thread_time()
            woke = self._counts.replays
            if is_main:
                self._reader.feed(packet)
            elif self._small is not None:
                self._small.kept.put(packet)
                if not self._reader.is_aside:
                    self._small.kept.skip_to_newest_key()
            while self._reader.due_s() is not None:
                self._reader.work()
                cpu_s += self._analyse(is_empty=is_empty)
            if is_empty:
                self.tally.cpu_s += time.thread_time() - cpu_s
                self.tally.empty_s += step_s
                self.tally.wakes += self._counts.replays - woke
        self.tally.aside, self.tally.decoded = self._counts.aside, self._counts.pictures
        return self.tally

    def _arriving(self) -> Iterator[tuple[Packet, bool]]:
        both = [(packet, True) for packet in self._main.packets]
        both += [(packet, False) for packet in self._small_packets]
        yield from sorted(both, key=lambda one: one[0].arrived_s)

    def _analyse(self, *, is_empty: bool) -> float:
        """Look at what is due; gives the processor time that this took."""
        began_s = time.thread_time()
        for due in self._due:
            motion = self._gate.update(due.image, due.stamp.t_s)
            wanted = self._pacer.decide(due.stamp.t_s, [], motion)
            self._pace.want(wanted.fps, keys_only=wanted.keys_only)
            moves = bool(motion.regions)
            if due.stamp.t_s > LEARN_S / 2:
                self.tally.changes += motion.is_scene_change
            if is_empty:
                self.tally.moving += moves
                self.tally.switches += self._was_aside not in (None, due.is_aside)
            self._was_aside = due.is_aside
            for arrival in self._unseen[:1]:
                if moves and due.stamp.t_s >= arrival.begins_s:
                    self.tally.noticed_s.append(round(self._now_s - arrival.begins_s, 2))
                    self._unseen.pop(0)
        self._due.clear()
        return time.thread_time() - began_s

    def _is_empty(self, t_s: float) -> bool:
        return t_s >= LEARN_S and not any(
            one.begins_s - 1 <= t_s <= one.ends_s + AFTER_S for one in self._made.arrivals
        )


def measure(name: str, recipe: Recipe, sub: tuple[int, int], folder: Path) -> None:
    made = footage(recipe, folder)
    short = footage(replace(recipe, gop_s=1.0), folder)
    small = folder / f"{made.path.stem}-{sub[0]}x{sub[1]}.h264"
    if not small.is_file():
        thin = replace(recipe, size=sub, fps=SUB_FPS, gop_s=2.0, bit_rate=SUB_BIT_RATE)
        encode(pictures(made.path, sub), small, thin)
    exact = ExactSize(*MODEL.fit(*recipe.size))

    def main(path: Path) -> Stream:
        return opened(path, MODEL, FPS)

    def beside() -> Stream:
        return opened(small, exact, SUB_FPS, LAG_S)

    ways = {
        "fully": Camera(made, main(made.path), None, idle=False),
        "keys": Camera(short, main(short.path), None, idle=True),
        "substream": Camera(made, main(made.path), beside(), idle=True),
        "switching": Camera(made, main(made.path), beside(), idle=True, is_shaky=True),
    }
    for way, camera in ways.items():
        tally = camera.run()
        figures = {
            "scene": name,
            "way": way,
            "ms_per_camera_second": round(tally.cpu_s / tally.empty_s * 1000, 2),
            "empty_s": round(tally.empty_s),
            "wakes": tally.wakes,
            "switches": tally.switches,
            "scene_changes": tally.changes,
            "moving": tally.moving,
            "noticed_s": tally.noticed_s,
            "decoded": tally.decoded,
            "aside": tally.aside,
        }
        print(json.dumps(figures), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--size", type=_size, default=(1280, 720))
    parser.add_argument("--sub", type=_size, default=(640, 360))
    parser.add_argument("--only", nargs="*", default=sorted(WEATHERS))
    parser.add_argument("--footage", type=Path, default=Path("var/bench/footage"))
    options = parser.parse_args()
    walk = Walk(at_s=options.seconds - 30, height=0.2, speed=1.4)
    common = Recipe(
        seconds=options.seconds,
        size=options.size,
        fps=FPS,
        gop_s=LONG_GOP_S,
        bit_rate=BIT_RATE,
        walks=(walk,),
    )
    for name in options.only:
        recipe = replace(common, weather=WEATHERS[name])
        measure(name, recipe, options.sub, options.footage)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


if __name__ == "__main__":
    main()

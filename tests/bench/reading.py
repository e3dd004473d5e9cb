"""What reading a camera costs, by itself: `python -m tests.bench.reading CLIP`.

Makes camera-like video of the clip and plays it from memory, one JSON line a figure:
processor time of reading, of following a stream, of a key frame by itself and of a frame's
conversion; Python's share of a packet and of a frame; memory a camera takes, from 8 to 24 cameras,
packets kept apart, followed fully and idle.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av

from ingest.frame import FrameSize
from ingest.gop import GopMeter
from ingest.memory import give_back_pictures
from ingest.pace import Pace
from ingest.reader import Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet
from ingest.sources.demux import Demuxer
from ingest.sources.encode import encode_clip
from ingest.sources.file import FileClock, Stamps
from ingest.timeline import Stamp
from tests.support.rtsp_fake import FakeSource

SIZE = FrameSize(416, 416)
FPS, ANALYSED_FPS = 25.0, 5.0
FEW, MANY = 8, 24
WATCHED = 2
"""Frames that a camera keeps: the latest, and one on its way."""
PACKETS = 150


class Clock:
    def __init__(self) -> None:
        self._clock = FileClock(FPS)

    def place(self, decoded: Decoded) -> Stamp:
        return Stamp(self._clock.media_s(decoded), datetime.now(UTC))


def reader(decoder, emit: Callable[[Due], None], *, idle: bool) -> Reader:  # type: ignore[no-untyped-def]
    pace = Pace(ANALYSED_FPS, lambda image: False)
    pace.want(ANALYSED_FPS, keys_only=idle)
    sampler = Sampler(ANALYSED_FPS)
    return Reader(decoder, Clock(), sampler, pace, emit, gop=GopMeter(FPS), now=None)


def play(reader: Reader, packets: list[Packet]) -> None:
    for packet in packets:
        reader.feed(packet)
        while reader.due_s() is not None:
            reader.work()


def opened(clip: Path) -> tuple[Demuxer, list[Packet]]:
    demuxer = Demuxer(av.open(str(clip)), SIZE)
    stamp = Stamps(FPS)
    return demuxer, [stamp(packet) for packet in demuxer.packets() if packet is not None]


def cpu_ms(work: Callable[[], object], times: int) -> float:
    started_s = time.thread_time()
    work()
    return (time.thread_time() - started_s) / times * 1000


def times(clip: Path) -> dict[str, float]:
    figures: dict[str, float] = {}
    figures["read_ms_per_packet"] = cpu_ms(lambda: opened(clip), 1)
    demuxer, packets = opened(clip)
    figures["read_ms_per_packet"] /= len(packets)
    decoder = demuxer.decoder
    some: list[Decoded] = []

    def follow() -> None:
        for packet in packets:
            some[:] = decoder.decode(packet) or some

    keys = [packet for packet in packets if packet.is_key]
    figures["decode_ms_per_picture"] = cpu_ms(follow, len(packets))
    figures["key_alone_ms"] = cpu_ms(lambda: [decoder.alone(key) for key in keys], len(keys))
    picture = some[0]
    figures["convert_ms"] = cpu_ms(lambda: [picture.image() for _ in range(100)], 100)
    for idle in (False, True):
        name = "idle" if idle else "fully"
        seconds = len(packets) / FPS
        one = reader(opened(clip)[0].decoder, lambda due: None, idle=idle)
        figures[f"{name}_ms_per_camera_second"] = cpu_ms(lambda: play(one, packets), 1) / seconds  # noqa: B023
    return figures


def overhead() -> dict[str, float]:
    """With a decoder and a scaler that do next to nothing; their own time taken off."""
    source = FakeSource(FrameSize(16, 12), fps=FPS, gop=25)
    packets = [source.packet(number, number / FPS) for number in range(20_000)]
    count = len(packets)
    bare = cpu_ms(lambda: [source.decoder.decode(packet) for packet in packets], count)
    source.decoder.log.clear()
    dues: deque[Due] = deque(maxlen=1)
    rare = cpu_ms(lambda: play(_at(0.1, source, dues), packets), count)
    often = cpu_ms(lambda: play(_at(FPS, source, dues), packets), count)
    image = source.decoded(packets[0]).image
    shown = cpu_ms(lambda: [image() for _ in range(count)], count)
    return {
        "python_us_per_packet": (rare - bare) * 1000,
        "python_us_per_frame": (often - rare - shown) * 1000,
    }


def _at(fps: float, source: FakeSource, dues: deque[Due]) -> Reader:
    pace, gop = Pace(fps), GopMeter(FPS)
    return Reader(source.decoder, Clock(), Sampler(fps), pace, dues.append, gop=gop, now=None)


def memory(clip: Path, *, idle: bool) -> dict[str, float]:
    packets = opened(clip)[1][:PACKETS]
    cameras, marks = [], {}
    for number in range(1, MANY + 1):
        frames: deque[Due] = deque(maxlen=WATCHED)
        demuxer = Demuxer(av.open(str(clip)), SIZE)
        one = reader(demuxer.decoder, frames.append, idle=idle)
        play(one, packets)
        cameras.append((demuxer, one, frames))
        if number in (FEW, MANY):
            gc.collect()
            marks[number] = resident_mb()
    name = "idle" if idle else "fully"
    return {f"{name}_mb_per_camera": (marks[MANY] - marks[FEW]) / (MANY - FEW)}


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--default-malloc", action="store_true", help="Leave glibc as it is.")
    options = parser.parse_args()
    if not options.default_malloc:
        give_back_pictures()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "camera.h264"
        size = {"width": options.width, "height": options.height}
        encode_clip(options.clip, clip, fps=FPS, seconds=12, **size)
        figures = memory(clip, idle=True) | memory(clip, idle=False) | overhead() | times(clip)
    for name, figure in figures.items():
        print(json.dumps({name: round(figure, 3)}), flush=True)


if __name__ == "__main__":
    main()

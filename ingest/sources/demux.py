"""An open container to the packets of its video: the first video stream, nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator

from av.container import InputContainer
from av.packet import Packet as AvPacket
from av.stream import Discard
from av.video.stream import VideoStream

from ingest.errors import StreamUnreadable
from ingest.frame import FrameSize
from ingest.sources.base import Packet
from ingest.sources.decode import Decoder
from ingest.sources.h264 import FrameNumbers


class Demuxer:
    """Reads packets. Its decoder is a thing apart: another thread may use it meanwhile."""

    def __init__(self, container: InputContainer, size: FrameSize) -> None:
        if not container.streams.video:
            raise StreamUnreadable("the stream has no video")
        self._container = container
        self._stream = container.streams.video[0]
        for other in container.streams:
            if other.index != self._stream.index:
                # Sound that goes on must not make a frozen picture look alive.
                other.discard = Discard.all
        context, rate = self._stream.codec_context, self._stream.average_rate
        self.codec: str = context.name
        """The decoder's name."""
        self._numbers = FrameNumbers(context.extradata) if self.codec == "h264" else None
        self.decoder = Decoder(context, size, float(rate) if rate else None)

    def packets(self) -> Iterator[Packet | None]:
        """Packets from the first key frame on; None for one that is of no use.

        What follows a gap is of none until the next key frame: a picture made of it would be
        smeared. Raises the library's errors as they are.
        """
        awaits_key_frame = True
        for packet in self._container.demux(self._stream):
            arrived_s = time.monotonic()
            if not packet.size:
                continue  # the end
            if awaits_key_frame and not packet.is_keyframe:
                yield None
                continue
            awaits_key_frame = not self._follows(packet, is_first=awaits_key_frame)
            yield None if awaits_key_frame else _packet(packet, arrived_s)

    def _follows(self, packet: AvPacket[VideoStream], *, is_first: bool) -> bool:
        """Whether no picture is missing before this packet, as far as can be told."""
        if self._numbers is None:
            return True
        if is_first:
            self._numbers.restart()
        return not self._numbers.has_gap(memoryview(packet))

    def close(self) -> None:
        """Let go of the stream."""
        self._container.close()


def _packet(packet: AvPacket[VideoStream], arrived_s: float) -> Packet:
    return Packet(packet, packet.size, packet.is_keyframe, packet.pts, packet.time_base, arrived_s)

"""One suite over every source of frames: the fake that unit tests use, and real RTSP."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from api.demo.virtual_cameras import VirtualCameras
from ingest.errors import IngestError, StreamLost
from ingest.frame import FrameSize
from ingest.sources.base import Decoded, Source
from ingest.sources.rtsp import open_stream
from tests.support.rtsp import PASSWORD, annex_b, camera
from tests.support.rtsp_fake import FakeSource

SIZE = FrameSize(160, 160)
FPS = 20.0

pytestmark = pytest.mark.rtsp


@dataclass
class Case:
    source: Source
    end: Callable[[], None]
    """Makes the stream break off."""
    codec: str


@contextmanager
def real(folder: Path, codec: str) -> Iterator[Case]:
    kind = "h265" if codec == "hevc" else "h264"
    clip = annex_b(kind, 320, 240, 40, FPS, folder)  # type: ignore[arg-type]
    with VirtualCameras([camera(folder, "gate", clip, FPS, kind)]) as cameras:  # type: ignore[arg-type]
        yield Case(open_stream(cameras.url("gate"), SIZE), cameras.kill, codec)


@pytest.fixture(params=["fake", "h264", "hevc"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    opened: AbstractContextManager[Case] = (
        nullcontext(Case(FakeSource(SIZE, count=12), lambda: None, "h264"))
        if request.param == "fake"
        else real(tmp_path, request.param)
    )
    with opened as case:
        yield case
        case.source.close()


def test_a_source_keeps_its_promise(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    started_s = time.monotonic()
    pictures = case.source.pictures()
    first = next(pictures)
    image = first.image()
    assert image.shape == (120, 160, 3)
    assert image.dtype == np.uint8
    assert (first.picture.width_px, first.picture.height_px) == (320, 240)
    assert first.picture.jpeg()[:2] == b"\xff\xd8"
    assert (case.source.info.codec, case.source.info.width_px) == (case.codec, 320)
    ten = [first, *(next(pictures) for _ in range(9))]
    assert all(a.arrived_s <= b.arrived_s for a, b in itertools.pairwise(ten))
    assert started_s <= first.arrived_s <= time.monotonic()
    stamps = [float(p.pts * p.time_base) for p in ten if p.pts is not None and p.time_base]
    steps = np.diff(stamps)
    assert (steps > 0).all()
    case.end()
    with pytest.raises(StreamLost) as caught:
        for _ in pictures:
            pass
    assert isinstance(caught.value, IngestError)
    assert caught.value.__cause__ is None
    assert PASSWORD not in f"{caught.value!r} {caplog.text}"
    case.source.close()
    case.source.close()


def test_kept_packets_can_be_decoded_again(case: Case) -> None:
    """What waking relies on: alone, again and at first, the same pictures at the same times."""
    packets = list(itertools.islice(case.source.packets(), 12))
    decoder = case.source.decoder
    assert packets[0].is_key
    assert all(a.arrived_s <= b.arrived_s for a, b in itertools.pairwise(packets))
    assert all(packet.size_bytes > 0 for packet in packets)

    def seen(pictures: list[Decoded]) -> list[tuple[int | None, bytes]]:
        return [(picture.pts, picture.image().tobytes()) for picture in pictures]

    def decoded() -> list[tuple[int | None, bytes]]:
        each = [seen(decoder.decode(packet)) for packet in packets]
        return [*itertools.chain.from_iterable(each), *seen(decoder.drain())]

    first = decoded()
    assert len(first) == 12
    alone = decoder.alone(packets[0])
    assert alone is not None
    assert seen([alone]) == first[:1]
    assert decoder.decode(packets[1]) == [], "it begins again at a key frame"
    assert decoded() == first
    assert decoder.decode(packets[0])
    decoder.reset()
    assert decoder.decode(packets[1]) == []

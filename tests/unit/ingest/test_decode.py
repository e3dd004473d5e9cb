from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ingest.errors import StreamUnreadable
from ingest.frame import FrameSize
from ingest.sources.base import Decoded
from ingest.sources.demux import Demuxer
from ingest.sources.encode import encode_images
from ingest.sources.picture import AvPicture
from tests.support.rtsp import (
    annex_b,
    moving_images,
    with_damage,
    without_first_key_frame,
)


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return annex_b("h264", 320, 240, 40, 20, tmp_path_factory.mktemp("decode"))


class Reading:
    """One stream, read and decoded."""

    def __init__(self, data: bytes, size: FrameSize) -> None:
        self.demuxer = Demuxer(av.open(io.BytesIO(data), format="h264"), size)
        self.decoder = self.demuxer.decoder

    def batches(self) -> Iterator[list[Decoded]]:
        for packet in self.demuxer.packets():
            yield [] if packet is None else self.decoder.decode(packet)
        yield self.decoder.drain()

    def pictures(self) -> Iterator[Decoded]:
        return itertools.chain.from_iterable(self.batches())


def decoder(data: bytes, size: FrameSize = FrameSize(160, 160)) -> Reading:  # noqa: B008
    return Reading(data, size)


def test_one_codec_thread_and_one_scaler_whatever_the_size(stream: bytes, tmp_path: Path) -> None:
    other = annex_b("h264", 176, 240, 10, 20, tmp_path)
    reader = decoder(stream + other)
    shapes = {picture.image().shape for picture in reader.pictures()}
    assert shapes == {(120, 160, 3), (160, 117, 3)}
    context = reader.decoder._new_context()
    assert context.thread_count == 1
    assert reader.decoder.decoded == 50
    assert reader.demuxer.codec == reader.decoder.info.codec == "h264"
    assert (reader.decoder.info.width_px, reader.decoder.info.height_px) == (176, 240)
    reader.demuxer.close()


def test_the_image_is_the_picture_small_and_in_bgr(tmp_path: Path) -> None:
    colours = np.empty((240, 320, 3), np.uint8)
    colours[:, :160] = (200, 60, 30)  # blue on the left
    colours[:, 160:] = (30, 60, 200)
    path = tmp_path / "flat.h264"
    encode_images(iter([colours] * 3), path, width=320, height=240, fps=10)
    for picture in decoder(path.read_bytes(), FrameSize(80, 80)).pictures():
        image = picture.image()
        assert image.shape == (60, 80, 3)
        assert np.abs(image[:, 5:35].mean((0, 1)) - (200, 60, 30)).max() < 4
        assert np.abs(image[:, 45:75].mean((0, 1)) - (30, 60, 200)).max() < 4


def test_nothing_before_a_key_frame_and_nothing_damaged(stream: bytes) -> None:
    assert decoder(without_first_key_frame(stream)).decoder.info.codec == "h264"
    assert len(list(decoder(without_first_key_frame(stream)).pictures())) == 20
    batches = list(decoder(with_damage(stream, range(5, 7))).batches())
    given = [len(batch) for batch in batches]
    assert sum(given) in range(24, 27)  # up to the damage, and the second group of pictures
    assert sum(given[-20:]) >= 19


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate, frame.time_base = 8000, Fraction(1, 8000)
        out.mux(sound.encode(frame))
    with pytest.raises(StreamUnreadable, match="no video"):
        Demuxer(av.open(str(path)), FrameSize(64, 64))


@pytest.mark.parametrize(
    ("size", "limit", "shown"),
    [
        ((320, 240), 1280, (320, 240)),
        ((320, 240), 160, (160, 120)),
        ((321, 241), 1280, (320, 240)),
        ((2, 2), 1280, (2, 2)),
    ],
)
def test_a_picture_as_jpeg(
    size: tuple[int, int], limit: int, shown: tuple[int, int], recwarn: pytest.WarningsRecorder
) -> None:
    image = next(moving_images(1, 400, 400))[: size[1], : size[0]]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
    picture = AvPicture(frame)
    assert (picture.width_px, picture.height_px) == size
    small, large = picture.jpeg(limit, quality=10), picture.jpeg(limit, quality=95)
    assert len(small) <= len(large)
    with av.open(io.BytesIO(large)) as container:
        decoded = next(container.decode(video=0))
    assert (decoded.width, decoded.height) == shown

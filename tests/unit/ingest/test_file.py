from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ingest.camera import CameraId
from ingest.errors import StreamUnreadable
from ingest.frame import Frame, FrameSize
from ingest.sources.base import Decoded
from ingest.sources.encode import encode_clip, encode_images
from ingest.sources.file import USUAL_FPS, FileClock, decode_only, open_file
from tests.support.rtsp import (
    is_picture,
    moving_images,
    nal_units,
    with_damage,
    without_key_frames,
)
from tests.support.rtsp_fake import FakePicture

SIZE = FrameSize(160, 160)
GATE = CameraId("gate")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds, raw H.264."""
    path = tmp_path_factory.mktemp("file") / "clip.h264"
    encode_images(moving_images(40, 320, 240), path, width=320, height=240, fps=10)
    return path


@pytest.fixture(scope="module")
def movie(clip: Path) -> Path:
    """The same in a container, which gives it timestamps."""
    path = clip.with_suffix(".mp4")
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for image in moving_images(40, 320, 240):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode(None))
    return path


def frames(path: Path, fps: float = 5) -> list[Frame]:
    return list(open_file(str(path), GATE, fps, SIZE))


def test_frames_are_chosen_by_media_time_and_twice_the_same(movie: Path) -> None:
    first, second = frames(movie), frames(movie)
    assert [frame.t_s for frame in first] == pytest.approx([n / 5 for n in range(20)])
    assert [frame.seq for frame in first] == list(range(20))
    for a, b in zip(first, second, strict=True):
        assert a.t_s == b.t_s
        assert np.array_equal(a.image, b.image)
    moments = [(frame.captured_at - first[0].captured_at).total_seconds() for frame in first]
    assert moments == pytest.approx([frame.t_s for frame in first])
    assert first[0].picture.jpeg()[:2] == b"\xff\xd8"
    assert first[0].image.shape == (120, 160, 3)


def test_a_raw_stream_is_timed_by_its_rate(clip: Path) -> None:
    times = [frame.t_s for frame in frames(clip, 30)]
    assert len(times) == 40
    assert np.diff(times) == pytest.approx(1 / 25, abs=0.001)  # the demuxer's assumption


def test_realtime_keeps_the_pace(movie: Path) -> None:
    some = list(itertools.islice(open_file(str(movie), GATE, 10, SIZE, realtime=True), 4))
    assert some[3].received_s - some[0].received_s == pytest.approx(0.3, abs=0.15)


def test_decode_only_counts_every_picture(movie: Path) -> None:
    few, decoded = decode_only(movie, GATE, SIZE)
    assert len(list(few)) == 1
    assert decoded() == 40


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00" * 5000])
def test_what_is_no_video_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.mp4"
    path.write_bytes(content)
    with pytest.raises(StreamUnreadable) as caught:
        frames(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.mp4", "concat:a|b", "pipe:0"])
def test_a_name_is_a_file_name_and_nothing_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(StreamUnreadable):
        frames(tmp_path / name)
    with pytest.raises(StreamUnreadable):
        list(open_file(name, GATE, 5, SIZE))


def test_a_playlist_cannot_lead_to_another_file(tmp_path: Path, movie: Path) -> None:
    playlist = tmp_path / "list.ffconcat"
    playlist.write_text(f"ffconcat version 1.0\nfile '{movie}'\n")
    with pytest.raises(StreamUnreadable):
        frames(playlist)


def test_a_file_without_a_picture_is_unreadable(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "empty.h264"
    path.write_bytes(without_key_frames(clip.read_bytes()))
    with pytest.raises(StreamUnreadable, match="no picture"):
        frames(path)


def test_damage_costs_its_group_of_pictures_and_no_more(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "spoilt.h264"
    path.write_bytes(with_damage(clip.read_bytes(), range(14, 16)))
    assert 33 <= len(frames(path, 100)) < 40


def test_the_clock_of_a_file_never_goes_back() -> None:
    base, clock, picture = Fraction(1, 1000), FileClock(10), FakePicture(2, 2)
    stamps = [None, 500, 600, 600, 200, 300, None, 400]
    times = [
        clock.media_s(Decoded(pts, base, 0.0, picture, lambda: np.zeros((2, 2, 3), np.uint8)))
        for pts in stamps
    ]
    assert times == pytest.approx([n / 10 for n in range(8)])
    assert FileClock(None)._frame_s == 1 / USUAL_FPS


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_what_is_encoded_is_as_cameras_send_it(tmp_path: Path, movie: Path, codec: str) -> None:
    """A key frame every second, each with its parameter sets; no file when it fails."""
    out = tmp_path / f"out.{codec}"
    options = {"width": 320, "height": 240, "fps": 20, "codec": codec}
    count = encode_clip(movie, out, start_s=1.0, seconds=2.0, crop=(0, 0, 0.5, 1), **options)  # type: ignore[arg-type]
    assert abs(count - 39) <= 1  # each of 20 pictures held for two, the last one once
    units = nal_units(out.read_bytes())
    if codec == "h264":
        kinds = [unit[0] & 0x1F for unit in units]
        assert kinds.count(7) == kinds.count(8) == kinds.count(5) == 2
        assert sum(is_picture(unit) for unit in units) == count
    else:
        kinds = [(unit[0] >> 1) & 0x3F for unit in units]
        assert kinds.count(32) == kinds.count(33) == kinds.count(34) == 2
    with pytest.raises(StreamUnreadable):
        encode_clip(movie, tmp_path / "none.h264", start_s=60, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.glob("none*"))


def test_encoding_what_is_no_video_says_so(tmp_path: Path) -> None:
    source = tmp_path / "text.avi"
    source.write_text("no")
    with pytest.raises(StreamUnreadable, match=r"text\.avi"):
        encode_clip(source, tmp_path / "o.h264", width=64, height=64, fps=5)

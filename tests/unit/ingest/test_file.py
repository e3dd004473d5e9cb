from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ingest.camera import CameraId
from ingest.errors import StreamUnreadable
from ingest.frame import Frame, FrameSize, Image
from ingest.pace import Pace
from ingest.reader import DecodeCounts
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


def filler(length: int, content: bytes) -> bytes:
    """A unit that decoders pass over, with its length before it as MP4 has it."""
    return length.to_bytes(4, "big") + (b"\x0c" + content).ljust(length, b"\xff")


def test_lengths_that_look_like_start_codes_cost_no_picture(movie: Path, tmp_path: Path) -> None:
    """0x167 and 0x141 bytes read like a parameter set and slices whose numbers leap."""
    parameters = filler(0x167, b"\xff\xff\xdc")
    slices = [filler(0x141, bytes([0x61 | number << 1])) for number in range(16)]
    path = tmp_path / "lengths.mp4"
    with av.open(str(movie)) as source, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(source.streams.video[0]) if packet.size]
        for number, packet in enumerate(packets):
            extra = parameters if number == 0 else slices[number * 5 % 16]
            made = av.Packet(extra + bytes(packet))
            made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.is_keyframe, made.stream = packet.is_keyframe, stream
            out.mux(made)
    counts = DecodeCounts()
    list(open_file(str(path), GATE, 5, SIZE, counts=counts))
    assert counts.pictures == 40


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


QUIET_S, STARTS_S, WHOLE_S = 6, 6.4, 9
"""Something comes into view between two key frames."""


def arriving(width: int = 320, height: int = 240) -> Iterator[Image]:
    """A noisy ground, nothing else; then a bright square comes and moves."""
    rng = np.random.default_rng(7)
    for number in range(WHOLE_S * 10):
        image = rng.integers(95, 105, (height, width, 3), np.uint8)
        if number >= STARTS_S * 10:
            left = (number * 9) % (width - 60)
            image[80:140, left : left + 60] = (40, 200, 240)
        yield image


@pytest.fixture(scope="module", params=["raw", "B pictures"])
def arrival(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key frame a second: as cameras send it, and with pictures out of order."""
    folder = tmp_path_factory.mktemp("arrival")
    if request.param == "raw":
        path = folder / "arrival.h264"
        encode_images(arriving(), path, width=320, height=240, fps=10)
        return path
    path = folder / "arrival.mp4"
    with av.open(str(path), "w") as out:
        options = {"x264-params": "keyint=10:min-keyint=10:scenecut=0:bframes=2:open-gop=0"}
        stream = out.add_stream("libx264", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for image in arriving():
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode(None))
    return path


def is_something(image: Image) -> bool:
    return bool((image[:, :, 2] > 180).mean() > 0.005)


def watched(path: Path) -> tuple[list[Frame], DecodeCounts]:
    """As the analysis would: idle until something is seen in an analysed frame."""
    pace, counts, seen = Pace(5.0, is_something), DecodeCounts(), []
    pace.want(1.0, keys_only=True)
    for frame in open_file(str(path), GATE, 5, SIZE, pace=pace, counts=counts):
        seen.append(frame)
        if is_something(frame.image):
            pace.want(5.0, keys_only=False)
    return seen, counts


def test_idle_key_frames_alone_are_decoded_and_on_waking_all_that_was_kept(arrival: Path) -> None:
    fully, (idle, counts) = frames(arrival), watched(arrival)
    rate = 10 if arrival.suffix == ".mp4" else 25  # what the demuxer takes a raw stream for
    last_quiet_s = QUIET_S * 10 / rate
    first, first_fully = (next(f for f in some if is_something(f.image)) for some in (idle, fully))
    assert first.t_s - first_fully.t_s <= 1 / 5, "found among what was kept"
    since = [frame.t_s for frame in idle if frame.t_s > last_quiet_s]
    assert np.diff(since).max() <= 0.2 + 1 / rate + 1e-6
    by_time = {round(frame.t_s, 4): frame for frame in frames(arrival, 30)}
    for frame in idle:
        assert np.array_equal(frame.image, by_time[round(frame.t_s, 4)].image), "the same pictures"
    assert [frame.seq for frame in idle] == list(range(len(idle)))
    assert counts.replays == 1
    assert counts.alone in (QUIET_S, QUIET_S + 1)
    assert counts.placed == WHOLE_S * 10 - counts.alone * 9 + 9 * 2
    assert counts.pictures == counts.placed + 2, "the quiet key frame and the one that woke"


def test_idle_twice_the_same(arrival: Path) -> None:
    first, second = watched(arrival), watched(arrival)
    assert first[1] == second[1]
    assert [frame.t_s for frame in first[0]] == [frame.t_s for frame in second[0]]


def test_without_wishes_everything_is_decoded_once(arrival: Path) -> None:
    counts = DecodeCounts()
    list(open_file(str(arrival), GATE, 5, SIZE, counts=counts))
    whole = WHOLE_S * 10
    assert counts == DecodeCounts(pictures=whole, placed=whole)

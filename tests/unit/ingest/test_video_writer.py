"""MP4 files that play, or no file at all."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from ingest.sources.video_writer import VideoUnwritable, VideoWriter, jpeg


def picture(grey: int, width: int = 66, height: int = 49) -> np.ndarray:
    return np.full((height, width, 3), grey, np.uint8)


def test_pictures_come_out_at_their_times(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    times = [0.0, 0.2, 0.9, 1.0, 1.0]  # the last one's time does not grow
    with VideoWriter(path, fps=5) as writer:
        for index, t_s in enumerate(times):
            writer.write(picture(40 * index), t_s)
    assert writer.written == 5
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 66, 48)
        assert stream.pix_fmt == "yuv420p"
        frames = list(video.decode(stream))
    assert [f.time for f in frames] == pytest.approx(times, abs=0.01)
    assert frames[3].to_ndarray(format="gray").mean() == pytest.approx(120, abs=6)


def stopped(path: Path, *, keep_part: bool) -> None:
    with VideoWriter(path, keep_part=keep_part) as writer:
        writer.write(picture(9), 0.0)
        writer.write(picture(9), 0.5)
        raise RuntimeError("stop")


def test_what_somebody_stopped_may_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with pytest.raises(RuntimeError, match="stop"):
        stopped(path, keep_part=True)
    with av.open(str(path)) as video:
        assert len(list(video.decode(video=0))) == 2
    assert list(tmp_path.iterdir()) == [path]


def test_what_broke_off_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"

    with pytest.raises(RuntimeError, match="stop"):
        stopped(path, keep_part=False)
    with VideoWriter(path):
        pass  # not a single picture
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(VideoUnwritable, match=r"cannot write .*out\.mp4: No such file") as said:
        VideoWriter(tmp_path / "no" / "out.mp4")
    assert "\n" not in str(said.value)


def test_a_picture_becomes_a_small_jpeg() -> None:
    data = jpeg(picture(120, 800, 400), max_width_px=200)
    assert data.startswith(b"\xff\xd8")
    assert len(data) < 5000

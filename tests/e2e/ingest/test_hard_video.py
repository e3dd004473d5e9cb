"""Video that is hard to take: other codecs, other sizes, no beginning, damage."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from ingest.errors import StreamUnreadable
from ingest.frame import FrameSize, Image
from ingest.sources import rtsp
from ingest.sources.base import Decoded
from ingest.sources.rtsp import LiveStream, open_stream
from tests.support.rtsp import (
    camera,
    moving_images,
    with_damage,
    with_loss,
    without_first_key_frame,
    without_key_frames,
)

pytestmark = pytest.mark.rtsp

SIZE = FrameSize(160, 160)


@contextmanager
def playing(one: VirtualCamera) -> Iterator[LiveStream]:
    with VirtualCameras([one]) as cameras:
        source = open_stream(cameras.url(one.path), SIZE)
        try:
            yield source
        finally:
            source.close()


def some(source: LiveStream, count: int) -> list[Decoded]:
    return list(itertools.islice(source.pictures(), count))


def is_scene(image: Image) -> bool:
    """The bright square on its grey ground: no smear, no flat grey."""
    bright = (image[:, :, 2] > 180) & (image[:, :, 0] < 90)
    ground = image[: image.shape[0] // 4]
    share = bright.mean() * 320 * 240 / (40 * 40)
    return bool(0.8 < share < 1.25 and 94 < ground.mean() < 106 and ground.std() < 8)


def test_the_measure_of_a_scene_can_fail() -> None:
    image = next(moving_images(1, 320, 240))
    assert is_scene(image)
    assert not is_scene(np.full_like(image, 128))
    assert not is_scene(np.roll(image, 100, 1) // 2 + image // 2)


def test_h265(tmp_path: Path, clip: Callable[..., bytes]) -> None:
    with playing(camera(tmp_path, "gate", clip("h265"), codec="h265")) as source:
        pictures = some(source, 30)
        assert source.info.codec == "hevc"
    assert all(is_scene(picture.image()) for picture in pictures)


def test_resolution_changes_in_mid_stream(tmp_path: Path, clip: Callable[..., bytes]) -> None:
    both = clip() + clip(width=176, height=240)
    sizes = []
    with playing(camera(tmp_path, "gate", both)) as source:
        for picture in itertools.islice(source.pictures(), 90):
            image = picture.image()
            sizes.append((picture.picture.width_px, source.info.width_px, image.shape[:2]))
            assert 94 < image[:30].mean() < 106
    runs = [size for size, _ in itertools.groupby(sizes)]
    wide, narrow = (320, 320, (120, 160)), (176, 176, (160, 117))
    assert runs[:3] == [wide, narrow, wide]


def test_a_stream_that_starts_without_a_key_frame(
    tmp_path: Path, clip: Callable[..., bytes]
) -> None:
    with playing(camera(tmp_path, "gate", without_first_key_frame(clip()))) as source:
        pictures = some(source, 15)
    assert all(is_scene(picture.image()) for picture in pictures)


def test_a_stream_without_any_key_frame_is_given_up(
    tmp_path: Path, clip: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp, "FIRST_PICTURE_S", 2.0)
    with playing(camera(tmp_path, "gate", without_key_frames(clip()))) as source:
        with pytest.raises(StreamUnreadable) as caught:
            some(source, 1)
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("spoil", [with_damage, with_loss])
def test_damage_is_left_out_until_the_next_key_frame(
    tmp_path: Path, clip: Callable[..., bytes], spoil: Callable[[bytes, range], bytes]
) -> None:
    """Of 40 pictures 5 are noise, or missing; a key frame comes every 20."""
    spoilt = spoil(clip(), range(8, 13))
    with playing(camera(tmp_path, "gate", spoilt)) as source:
        pictures = some(source, 60)
    assert all(is_scene(picture.image()) for picture in pictures)
    stamps = [float(p.pts * p.time_base) for p in pictures if p.pts and p.time_base]
    gaps = np.diff(stamps)
    assert gaps.max() > 0.3, "what was damaged was left out"
    assert gaps.max() < 1.0, "the next key frame brings the picture back"


def test_nothing_but_noise_is_given_up(
    tmp_path: Path, clip: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp, "FIRST_PICTURE_S", 2.0)
    with playing(camera(tmp_path, "gate", with_damage(clip(), range(40)))) as source:
        with pytest.raises(StreamUnreadable):
            some(source, 1)

"""The virtual cameras' accounts, asked as a client asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from api.demo.virtual_cameras import VirtualCameras, VirtualCamerasError
from ingest.camera import StreamUrl
from ingest.errors import NoSuchStream, WrongPassword
from ingest.frame import FrameSize
from ingest.sources.rtsp import open_stream
from tests.support.rtsp import annex_b, camera

pytestmark = pytest.mark.rtsp


def look(url: StreamUrl) -> None:
    source = open_stream(url, FrameSize(64, 64))
    try:
        next(source.pictures())
    finally:
        source.close()


def test_a_user_has_its_own_paths_all_of_them_and_no_others(tmp_path: Path) -> None:
    clip = annex_b("h264", 160, 120, 20, 20, tmp_path)
    one, two = camera(tmp_path, "one", clip), camera(tmp_path, "two", clip)
    other = replace(camera(tmp_path, "three", clip), user="other", password="else")
    with VirtualCameras([one, two, other]) as cameras:
        for path in ("one", "two", "three"):
            look(cameras.url(path))
        with pytest.raises(WrongPassword):
            look(cameras.url("one", password="wrong"))
        trespasser = cameras.url("three").reveal().replace("/three", "/one")
        with pytest.raises(NoSuchStream):
            look(StreamUrl.parse(trespasser))


def test_a_user_with_two_passwords_is_refused(tmp_path: Path) -> None:
    clip = annex_b("h264", 160, 120, 20, 20, tmp_path)
    one = camera(tmp_path, "one", clip)
    two = replace(camera(tmp_path, "two", clip), password="another")
    with pytest.raises(VirtualCamerasError), VirtualCameras([one, two]):
        pass

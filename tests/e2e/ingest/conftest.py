"""The password must be nowhere: not in a log, not in an error, not on standard error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import av.logging
import pytest

from ingest.errors import IngestError
from ingest.frame import FrameSize
from ingest.sources.encode import VideoCodec
from tests.support.rtsp import PASSWORD, annex_b

FPS = 20.0
SIZE = FrameSize(160, 160)
Clip = Callable[..., bytes]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Two seconds of video as raw bytes, encoded once a session."""
    folder = tmp_path_factory.mktemp("clips")

    def make(codec: VideoCodec = "h264", width: int = 320, height: int = 240) -> bytes:
        return annex_b(codec, width, height, 40, FPS, folder)

    return make


@pytest.fixture(autouse=True)
def _password_nowhere(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert av.logging.get_level() is None, "the library must not log: its words hold addresses"
    out, err = capfd.readouterr()
    shown = caplog.text + out + err
    for secret in (PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in shown


def tells_nothing(error: IngestError) -> None:
    """The error is one line that names the address and hides the password."""
    text = str(error)
    assert "\n" not in text
    assert "127.0.0.1" in text
    for secret in (PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in f"{text} {error!r}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None

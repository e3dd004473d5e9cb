from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import pytest

from ingest import probe as module
from ingest.camera import StreamUrl
from ingest.errors import IngestError, NoSuchStream, StreamUnreachable, StreamUnreadable
from ingest.probe import probe
from ingest.sources.base import SourceInfo

URL = StreamUrl.parse("rtsp://guard:hunter2@127.0.0.1:9/gate")


Child = Callable[[str], None]


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Child:
    """The looking process, replaced by a program of the test's; it is given the address."""
    program: list[str] = []
    start = asyncio.create_subprocess_exec

    async def instead(*argv: str, **more: object) -> asyncio.subprocess.Process:
        assert "hunter2" not in " ".join(argv), "secrets are never in argv"
        return await start(sys.executable, "-c", *program, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module.asyncio, "create_subprocess_exec", instead)
    return program.append


async def test_what_it_says_is_passed_on(child: Child) -> None:
    child(
        "import sys; assert 'hunter2' in sys.stdin.read()\n"
        'print(\'{"codec": "h264", "width_px": 640, "height_px": 360, "fps": null}\')'
    )
    assert await probe(URL) == SourceInfo("h264", 640, 360, None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("import os; os.abort()", StreamUnreadable),
        ("print('no json')", StreamUnreadable),
        ("print('[1, 2]')", StreamUnreadable),
        ("print('{\"codec\": 1}')", StreamUnreadable),
        ('print(\'{"error": "NoSuchStream", "message": "m"}\')', NoSuchStream),
        ('print(\'{"error": "annotations", "message": "m"}\')', IngestError),
        ("import time; time.sleep(60)", StreamUnreachable),
    ],
)
async def test_a_child_that_fails_is_an_error_in_time(
    child: Child, body: str, kind: type[IngestError]
) -> None:
    child(body)
    async with asyncio.timeout(5):
        with pytest.raises(IngestError) as caught:
            await probe(URL, timeout_s=1.0)
    assert type(caught.value) is kind
    assert "hunter2" not in str(caught.value)

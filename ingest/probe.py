"""Looks at a stream in a process of its own: hostile video must not reach the control process.

`python -m ingest.probe` takes the address on standard input (never in arguments), prints one JSON
line and ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict

from ingest import errors
from ingest.camera import StreamUrl
from ingest.errors import IngestError, StreamUnreachable, StreamUnreadable
from ingest.sources.base import SourceInfo

LIMIT_S = 9.0
KINDS: dict[str, type[IngestError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, IngestError)
}


async def probe(url: StreamUrl, timeout_s: float = LIMIT_S) -> SourceInfo:
    """What the stream carries. Raises `IngestError` within `timeout_s`."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ingest.probe",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        out, _ = await asyncio.wait_for(child.communicate(url.reveal().encode()), timeout_s)
    except TimeoutError:
        raise StreamUnreachable(f"{url}: no picture within {timeout_s:.0f} s") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        answer = json.loads(out)
        if "error" not in answer:
            return SourceInfo(**answer)
    except (ValueError, TypeError):
        raise StreamUnreadable(f"{url}: the video makes the decoder crash") from None
    raise KINDS.get(answer["error"], IngestError)(answer["message"])


def main() -> int:
    """Probe the address on standard input."""
    from ingest.frame import FrameSize
    from ingest.sources.rtsp import open_stream

    try:
        source = open_stream(StreamUrl.parse(sys.stdin.read().strip()), FrameSize(64, 64))
        next(source.pictures())
        answer = asdict(source.info)
    except IngestError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(answer), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()

"""A cheap question to a camera that is away: is anybody there again?"""

from __future__ import annotations

import asyncio
import contextlib

from ingest.camera import StreamUrl

ANSWER_S = 1.0


async def knock(url: StreamUrl, answer_s: float = ANSWER_S) -> bool:
    """Whether somebody answers at the address within `answer_s`.

    RTSP is asked for its `OPTIONS` (RFC 2326, 10.1: needs no password), because a frozen server
    still accepts connections; of the other schemes an accepted connection is enough.
    """
    try:
        async with asyncio.timeout(answer_s):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            try:
                return url.scheme != "rtsp" or await _answers(url, reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return False


async def _answers(
    url: StreamUrl, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    host = f"[{url.host}]" if ":" in url.host else url.host
    request = f"OPTIONS rtsp://{host}:{url.port}/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Qalqan\r\n\r\n"
    writer.write(request.encode())
    return bool(await reader.read(1))

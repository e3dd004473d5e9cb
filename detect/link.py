"""The link between a node and the control side of the same machine: JSON lines over a Unix socket.

    node -> control   hello {pid, model}, incident {seq, incident, trace},
                      health {cameras, spooled, unsaved, lost}, snapshot {camera, jpeg},
                      unfit {why}: the node cannot start and ends
    control -> node   cameras {cameras}, ack {seq}, snapshot {camera}

A line is at most `MAX_LINE_BYTES`. At most `WINDOW` incidents are under way without an
acknowledgement, so a control side that is slow (its database is away) is never flooded, and goes on
reading health meanwhile. The socket is readable by its owner only: camera addresses with their
passwords travel over it and never through arguments or files.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

MAX_LINE_BYTES = 16 * 1024 * 1024
WINDOW = 32

Message = dict[str, Any]


class LinkBroken(Exception):
    """The other side is gone or does not speak this protocol."""


class MessageTooLong(Exception):
    """A message does not fit one line; it was not sent."""


async def send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Write one message and wait until the other side keeps up.

    Raises `LinkBroken` or `MessageTooLong`.
    """
    line = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise MessageTooLong(
            f"a message of type {message['type']!r} has {len(line)} bytes, "
            f"more than the {MAX_LINE_BYTES} of a line"
        )
    try:
        writer.write(line)
        await writer.drain()
    except (ConnectionError, OSError) as error:
        raise LinkBroken(f"link lost while sending: {error}") from error


async def receive(reader: asyncio.StreamReader) -> Message:
    """Read one message. Raises `LinkBroken` at the end of the stream or on nonsense."""
    try:
        line = await reader.readline()
    except (ConnectionError, OSError, ValueError) as error:
        raise LinkBroken(f"link lost while receiving: {error}") from error
    if not line.endswith(b"\n"):
        raise LinkBroken("the other side closed the link")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LinkBroken("the other side sent a line that is not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise LinkBroken("the other side sent a message without a type")
    return message


async def first_ended(*jobs: asyncio.Task[None]) -> None:
    """Wait for the first of a link's jobs to end, end the others, raise what it raised.

    One that stops must never go unnoticed while the link looks alive.
    """
    try:
        await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        first = next((job for job in jobs if job.done()), None)
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
    if first is not None:
        first.result()

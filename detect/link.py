"""The link between a node and the control side of the same machine: JSON lines over a Unix socket.

    node -> control   hello, incident {seq, incident, trace}, health {cameras},
                      snapshot {request, jpeg}
    control -> node   cameras {cameras}, ack {seq}, snapshot {request, camera}

A line is at most `MAX_LINE_BYTES`. The socket is readable by its owner only: camera addresses with
their passwords travel over it and never through arguments or files.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

MAX_LINE_BYTES = 16 * 1024 * 1024

Message = dict[str, Any]


class LinkBroken(Exception):
    """The other side is gone or does not speak this protocol."""


async def send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Write one message and wait until the other side keeps up."""
    try:
        writer.write(
            json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        )
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
    except ValueError as error:
        raise LinkBroken("the other side sent a line that is not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise LinkBroken("the other side sent a message without a type")
    return message

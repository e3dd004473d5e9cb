"""What streams carry: events with their JSON made once, however many clients are told of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One event for the wire."""

    type: str
    json: str
    """Of its data, on one line."""
    id: int | None = None

    @classmethod
    def of(cls, kind: str, data: Any, number: int | None = None) -> Event:
        """The event of these data."""
        return cls(kind, json.dumps(data, ensure_ascii=False, separators=(",", ":")), number)

    def encode(self) -> bytes:
        """As a server-sent event."""
        number = "" if self.id is None else f"id: {self.id}\n"
        return f"event: {self.type}\n{number}data: {self.json}\n\n".encode()

    def message(self) -> str:
        """As a WebSocket's message."""
        number = "null" if self.id is None else self.id
        return f'{{"type":"{self.type}","id":{number},"data":{self.json}}}'


class Batch:
    """Events that go out together; the same object for every client that stands at one place."""

    def __init__(self, events: Sequence[Event] = (), upto: int = 0) -> None:
        self.events = events
        self.upto = upto
        """Who has been given these has been given all up to this event."""

    def __bool__(self) -> bool:
        return bool(self.events)

    @cached_property
    def chunk(self) -> bytes:
        """All of it as server-sent events, for one write."""
        return b"".join(event.encode() for event in self.events)

    @cached_property
    def piece(self) -> bytes:
        """The same as a piece of a reply that is sent in pieces."""
        return framed(self.chunk)


def framed(chunk: bytes) -> bytes:
    """One piece of a reply in pieces (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(chunk), chunk)

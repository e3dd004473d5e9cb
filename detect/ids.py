"""Time-ordered identifiers: UUID version 7 (RFC 9562, section 5.7). Standard library only."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID


def uuid7(now: datetime) -> str:
    """A new UUIDv7 whose first 48 bits are `now` in Unix milliseconds."""
    unix_ms = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = unix_ms << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62
    return str(UUID(int=value | secrets.randbits(62)))


def first_uuid7(moment: datetime) -> str:
    """What sorts before every UUIDv7 of that millisecond, and after those of all before it."""
    unix_ms = int(moment.timestamp() * 1000) & ((1 << 48) - 1)
    return str(UUID(int=unix_ms << 80))

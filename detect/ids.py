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

"""Records to JSON bodies and back, typed by their dataclasses' annotations."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def encode(record: Any) -> str:
    """A dataclass as JSON; times in ISO 8601 with full precision."""
    return json.dumps(asdict(record), ensure_ascii=False, default=_plain)


def decode(kind: type[T], body: str) -> T:
    """The dataclass from its JSON."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS.setdefault(kind, TypeAdapter(kind))
    found: T = adapter.validate_json(body)
    return found


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return ""  # secrets stand in a column of their own
    raise TypeError(f"{type(value).__name__} cannot be stored")

"""Records to JSON bodies and back, typed by their dataclasses' annotations."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def encode(record: Any) -> str:
    """A dataclass as JSON; times in ISO 8601 with full precision."""
    return json.dumps(record, ensure_ascii=False, default=_plain)


def decode(kind: type[T], body: str) -> T:
    """The dataclass from its JSON."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS.setdefault(kind, TypeAdapter(kind))
    found: T = adapter.validate_json(body)
    return found


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: object) -> object:
    """What JSON does not know, one level at a time: `asdict` would copy all that it knows, too."""
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: getattr(value, name) for name in _names(kind)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return ""  # secrets stand in a column of their own
    raise TypeError(f"{type(value).__name__} cannot be stored")

"""Cursor paging: a page names the cursor of the next one, so that new entries shift nothing."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from api.problem import bad_value

T = TypeVar("T")

MAX_LIMIT = 1000
ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
RULE = re.compile(r"[0-9a-zA-Z-]{1,64}/[a-z_]{1,64}/[^\x00-\x1f\x7f]{0,64}")
"""A camera, a kind of incident and the name of a zone, which may be empty."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Entries a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=600, description="`next_cursor` of the page before; absent: the first."),
]


def encode_cursor(last_id: str) -> str:
    """An opaque cursor that stands after `last_id`."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, pattern: re.Pattern[str] = ID) -> str:
    """The id a cursor stands after. Raises a 422."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not pattern.fullmatch(text):
        raise bad_value("/query/cursor", "This cursor was not given by this service.")
    return text


def page_after(
    items: Sequence[T], name: Callable[[T], str], limit: int, cursor: str | None
) -> tuple[list[T], str | None]:
    """The page of `items` (sorted by `name`) after a cursor, and the next cursor. Raises a 422."""
    start = bisect_right(items, decode_cursor(cursor), key=name) if cursor else 0
    page = list(items[start : start + limit])
    return page, encode_cursor(name(page[-1])) if start + limit < len(items) else None

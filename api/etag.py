"""Versions on the wire: `ETag` on what is read, `If-Match` on what is changed (RFC 9110)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from api.problem import bad_value

_STRONG = re.compile(r'"([1-9][0-9]{0,17})"')


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def expected_version(
    if_match: Annotated[
        str | None,
        Header(description='The `ETag` you read, e.g. `"3"`: a 412 if it changed since then.'),
    ] = None,
) -> int | None:
    """The version the caller wants to change; None when it does not care."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _STRONG.fullmatch(if_match.strip())
    if match is None:
        raise bad_value("/header/If-Match", 'If-Match must be one entity tag such as "3".')
    return int(match[1])


IfMatch = Annotated[int | None, Depends(expected_version)]

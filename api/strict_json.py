"""Reads request bodies as JSON and nothing but JSON, within bounds that every later layer can bear.

Refused: bytes that are not UTF-8, `NaN` and infinities, numbers of absurd length, a key given
twice, NUL and unpaired surrogates in strings (no database stores them), and deep nesting.
"""

from __future__ import annotations

import json
import math
from typing import Any

from fastapi import Request

from api.problem import Problem, Wrong, escape

MAX_DEPTH = 16
MAX_NUMBER_LENGTH = 32


class StrictRequest(Request):
    """A request whose `json()` raises a 400 or 422 problem for anything the service cannot hold."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict"):
            self._strict = parse(await self.body())
        return self._strict


def parse(body: bytes) -> Any:
    """Read one JSON text. Raises `Problem`."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise _not_json("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _not_json(f"{error.msg} at line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise _not_json("it is nested too deeply") from error
    _check(value, "", 0)
    return value


def _not_json(reason: str) -> Problem:
    detail = f"The request body cannot be read as JSON: {reason}."
    return Problem(400, detail, [Wrong("", reason)])


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise _not_json(f"a number has more than {MAX_NUMBER_LENGTH} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _not_json("a number is too large")
    return value


def _constant(text: str) -> float:
    raise _not_json(f"{text} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _not_json("an object has the same key twice")
    return found


def _check(value: Any, pointer: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _not_json(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        _check_text(value, pointer)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key, pointer)
            _check(inner, f"{pointer}/{escape(key)}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check(inner, f"{pointer}/{index}", depth + 1)


def _check_text(text: str, pointer: str) -> None:
    if "\0" in text:
        reason = "contains a NUL character"
    elif any("\ud800" <= character <= "\udfff" for character in text):
        reason = "contains an unpaired surrogate"
    else:
        return
    raise Problem(422, f"{pointer or 'The body'} {reason}.", [Wrong(pointer, reason)])

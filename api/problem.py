"""Errors as people and programs read them: `application/problem+json` (RFC 9457).

Every refusal leaves the service through here, with one clear line in `detail` and, for bad input,
a JSON pointer (RFC 6901) to each wrong value of the body. Values outside the body are pointed at as
`/query/NAME`, `/path/NAME` and `/header/NAME`. What the caller sent is never echoed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from alerts.errors import (
    AlertsError,
    NotFound,
    NotPermitted,
    NotYours,
    PatrolUnavailable,
    StoreUnavailable,
    TransitionRefused,
    VersionConflict,
)
from api.errors import VaultError
from api.nodes import NotWatched

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20
"""At most this many wrong values are named in one reply."""

MAX_POINTER = 200
WORDS = {
    "dict_type": "must be a JSON object",
    "extra_forbidden": "there is no such key",
    "missing": "this key is needed",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
}
"""What pydantic's commonest errors mean to a person."""

STATUS_OF: dict[type[Exception], int] = {
    NotFound: 404,
    NotWatched: 409,
    NotPermitted: 403,
    NotYours: 409,  # it was offered to the patrol and went on: read it again
    TransitionRefused: 409,
    PatrolUnavailable: 409,
    VersionConflict: 412,
    StoreUnavailable: 503,
    VaultError: 503,
}
"""The one table of what the layers below refuse -> HTTP status; another `AlertsError` is a 409."""
RETRY_AFTER_S = "2"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong value."""

    pointer: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "detail": self.detail}


class Problem(HTTPException):
    """A refusal with its problem document."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.errors = tuple(errors)


def bad_value(pointer: str, detail: str) -> Problem:
    """A 422 about one value."""
    return Problem(422, detail, [Wrong(pointer, detail)])


def escape(part: object) -> str:
    """One reference token of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def reply(
    status: int,
    detail: str,
    errors: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The problem document as a response."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = [wrong.as_json() for wrong in errors[:MAX_ERRORS]]
    return JSONResponse(document, status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(StarletteHTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for refusal in (AlertsError, NotWatched, VaultError):
        app.add_exception_handler(refusal, _refused)
    app.add_exception_handler(Exception, _unexpected)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - registered for it alone
    errors = error.errors if isinstance(error, Problem) else ()
    return reply(error.status_code, _sentence(error), errors, error.headers)


def _sentence(error: StarletteHTTPException) -> str:
    if isinstance(error, Problem):
        return str(error.detail)
    return {
        400: "The request body cannot be read.",
        404: "There is nothing at this address.",
        405: "This address does not take that method.",
    }.get(error.status_code, str(error.detail))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    return wrong_values(error.errors())


def wrong_values(errors: Sequence[Any]) -> Response:
    """A 422 (or 400 for what is not JSON at all) from pydantic's list of errors."""
    wrongs = [_wrong(item) for item in errors[:MAX_ERRORS]]
    if errors and errors[0].get("type") == "json_invalid":
        return reply(400, "The request body is not JSON.", [Wrong("", wrongs[0].detail)])
    first = wrongs[0]
    where = f"{first.pointer or 'the body'}: "
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return reply(422, f"{where}{first.detail}{more}", wrongs)


def _wrong(item: Mapping[str, Any]) -> Wrong:
    location = tuple(item.get("loc", ()))
    if item.get("type") == "json_invalid":
        reason = item.get("ctx", {}).get("error", "cannot be read")
        return Wrong("", f"not JSON: {reason} at character {location[-1] if location else 0}")
    if location[:1] == ("body",):
        location = location[1:]
    pointer = "".join(f"/{escape(part)}" for part in location)[:MAX_POINTER]
    if not pointer and item.get("type") == "missing":
        return Wrong("", "JSON is required")
    return Wrong(pointer, words_for(item))


def words_for(item: Mapping[str, Any]) -> str:
    """One of pydantic's errors in our words; never the value."""
    known = WORDS.get(str(item.get("type")))
    return known or _one_line(str(item.get("msg", "wrong value")))


def _one_line(text: str) -> str:
    return " ".join(text.removeprefix("Value error, ").split())[:300]


def _refused(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), 409)
    if isinstance(error, VaultError):
        log.error("%s", error)
    headers = {"Retry-After": RETRY_AFTER_S} if status == 503 else None
    return reply(status, _one_line(str(error)), (), headers)


def _unexpected(request: Request, error: Exception) -> Response:
    # Starlette logs the traceback itself by re-raising after this reply was sent.
    return reply(500, "Something failed inside the service; the log says what.")

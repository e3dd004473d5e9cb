"""Talking to a running service over its HTTP API, patiently and without showing a secret."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import httpx
import typer

from api.errors import BadInput, Refused

T = TypeVar("T")

TRIES = 8
"""How often a request is sent while the service says that it is busy."""
LONGEST_WAIT_S = 30.0
TIMEOUT_S = 90.0

Server = Annotated[
    str, typer.Option(envvar="QALQAN_SERVER", help="Address of the service.", show_default=True)
]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="File with the token; without it, the variable QALQAN_TOKEN."),
]
DEFAULT_SERVER = "http://127.0.0.1:8080"


def token_of(file: Path | None) -> str:
    """The bearer token. Raises `BadInput`."""
    if file is None:
        token = os.environ.get("QALQAN_TOKEN", "").strip()
        if not token:
            raise BadInput("set QALQAN_TOKEN, or name a file with --token-file")
    else:
        token = text_of(file, "token file").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise BadInput("the token is not one line of printable characters")
    return token


def text_of(file: Path, what: str) -> str:
    """A file's text. Raises `BadInput` that names the file."""
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise BadInput(f"{what} {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{what} {file} is not UTF-8 text") from error


class Remote:
    """One service, as one caller."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str) -> Any:
        return await self._send("GET", path)

    async def all(self, path: str) -> list[dict[str, Any]]:
        """Every item of a paged list."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            suffix = f"&cursor={cursor}" if cursor else ""
            page = await self._send("GET", f"{path}?limit=1000{suffix}")
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def post(self, path: str, body: object, key: str | None = None) -> Any:
        return await self._send("POST", path, body, {"Idempotency-Key": key} if key else {})

    async def patch(self, path: str, body: object, version: int) -> Any:
        return await self._send("PATCH", path, body, {"If-Match": f'"{version}"'})

    async def put(self, path: str, body: object, version: int) -> Any:
        return await self._send("PUT", path, body, {"If-Match": f'"{version}"'})

    async def _send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Any:
        """The reply's JSON. Raises `Refused`, or `BadInput` for what is wrong with the values."""
        for attempt in range(1, TRIES + 1):
            try:
                answer = await self._client.request(method, path, json=body, headers=headers)
            except httpx.HTTPError as error:
                reason = str(error) or type(error).__name__
                raise Refused(f"{self._client.base_url} does not answer: {reason}") from error
            busy = answer.status_code in (429, 503) and "Retry-After" in answer.headers
            if not busy or attempt == TRIES:
                break
            await asyncio.sleep(_wait_s(answer.headers["Retry-After"]))
        return _read(answer)


def _wait_s(retry_after: str) -> float:
    return min(LONGEST_WAIT_S, float(retry_after)) if retry_after.isdecimal() else 1.0


def _read(answer: httpx.Response) -> Any:
    try:
        found = answer.json() if answer.content else None
    except ValueError:
        raise Refused(f"{answer.url.host} answered {answer.status_code} without JSON") from None
    if answer.is_success:
        return found
    detail = found.get("detail") if isinstance(found, dict) else None
    reason = str(detail or f"the service answered {answer.status_code}")
    raise (BadInput if answer.status_code in (400, 413, 422) else Refused)(reason)


@asynccontextmanager
async def connected(server: str, token: str) -> AsyncIterator[Remote]:
    """A connection to a service. Raises `BadInput` for an address that is none."""
    try:
        url = httpx.URL(server)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise BadInput(f"--server is not an address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise BadInput("--server must begin with http:// or https:// and name a host")
    if url.userinfo:
        raise BadInput("--server must not hold a password: use QALQAN_TOKEN")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as client:
        yield Remote(client)


def with_service(
    server: str, token_file: Path | None, work: Callable[[Remote], Coroutine[Any, Any, T]]
) -> T:
    """Run `work` on a connection and give its result."""

    async def run() -> T:
        async with connected(server, token_of(token_file)) as remote:
            return await work(remote)

    return asyncio.run(run())

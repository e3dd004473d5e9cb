"""A small disk that can be full: a file system of its own, in a file, mounted for the run."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

SIZE = 4 * 1024**3
"""Sparse: it takes what is written to it."""
SMALLEST = 4096


class SmallDisk:
    """Mounted at `path`. Raises `RuntimeError` where one may not mount."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._image, self.path = folder / "disk.img", folder / "disk"
        self._filler = self.path / "filler"
        if os.geteuid() != 0:
            raise RuntimeError("the disk cannot be filled: only root may mount a small one")
        with self._image.open("wb") as image:
            image.truncate(size)
        self.path.mkdir()
        _run("mkfs.ext4", "-q", "-m", "0", str(self._image))
        _run("mount", "-o", "loop", str(self._image), str(self.path))
        os.chmod(self.path, 0o755)  # noqa: S103 - PostgreSQL runs as another user

    @property
    def used(self) -> int:
        """Bytes."""
        state = os.statvfs(self.path)
        return (state.f_blocks - state.f_bfree) * state.f_frsize

    def fill(self) -> None:
        """Not a block is left for anybody."""
        piece = SIZE
        with self._filler.open("ab") as file:
            end = 0
            while piece >= SMALLEST:
                try:
                    os.posix_fallocate(file.fileno(), end, piece)
                    end += piece
                except OSError:
                    piece //= 2

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            _run("umount", "-l", str(self.path))
        self._image.unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=60)

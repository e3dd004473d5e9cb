"""Stamps: a step is done when what it was made from is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from deploy.setup.paths import ROOT, STAMPS


def digest_of(paths: Iterable[Path], recipe: str) -> str:
    """SHA-256 over the names and contents of files, this checkout's place and the recipe.

    `recipe` names how the thing is made; change it when that changes.
    """
    digest = hashlib.sha256(f"{ROOT}\n{recipe}\n".encode())
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_stamped(name: str, digest: str) -> bool:
    """Whether the step's last success was with the same ingredients."""
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text("utf-8") == digest


def put_stamp(name: str, digest: str) -> None:
    """Remember a success."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(digest, "utf-8")


def drop_stamp(name: str) -> None:
    """Forget a success, before the thing is made anew."""
    (STAMPS / name).unlink(missing_ok=True)

"""Where this installation keeps what it fetched, and where its model manifests are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Folder of local state: `QALQAN_HOME`, else `var` beside the packages."""
    return Path(os.environ.get("QALQAN_HOME") or ROOT / "var")


def manifests() -> Path:
    """Folder with one folder a model."""
    return ROOT / "models"


def weights() -> Path:
    """Folder of fetched weights: `QALQAN_WEIGHTS`, else `weights` in the home."""
    return Path(os.environ.get("QALQAN_WEIGHTS") or home() / "weights")

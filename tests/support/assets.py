"""Real parts that set-up brings: the clip and the default model."""

from __future__ import annotations

from pathlib import Path

from api.home import home, manifests, weights
from detect.catalog import Catalog


def clip() -> Path:
    path = home() / "clips" / "vtest.avi"
    assert path.is_file(), "the clip is missing: run `make setup`"
    return path


def catalog() -> Catalog:
    return Catalog(manifests(), weights())

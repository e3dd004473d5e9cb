"""The adapters that every contract of the stores is tried on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.ports import Store
from tests.support.stores import ADAPTERS, Stores


@pytest.fixture(params=ADAPTERS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    with ADAPTERS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.store

"""Every adapter of the stores under one name: a new adapter is one more entry here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts.access import GrantStore
from alerts.ports import Store
from alerts.registry import CameraRegistry
from alerts.stores.memory import MemoryCameras, MemoryGrants, MemoryStore
from alerts.stores.sql import Database
from tests.support.postgresql import emptied_database


@dataclass(frozen=True)
class Stores:
    """What an adapter must offer."""

    store: Store
    cameras: CameraRegistry
    grants: GrantStore


@contextmanager
def in_memory(_folder: Path) -> Iterator[Stores]:
    yield Stores(MemoryStore(), MemoryCameras(), MemoryGrants())


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Stores]:
    with _opened(f"sqlite:///{folder / 'qalqan.db'}") as made:
        yield made


@contextmanager
def in_postgresql(_folder: Path) -> Iterator[Stores]:
    with _opened(emptied_database()) as made:
        yield made


@contextmanager
def _opened(address: str) -> Iterator[Stores]:
    database = Database.open(address)
    try:
        yield Stores(database.store, database.cameras, database.grants)
    finally:
        database.store.close()


ADAPTERS = {"memory": in_memory, "sqlite": in_sqlite, "postgresql": in_postgresql}

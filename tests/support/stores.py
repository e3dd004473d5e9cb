"""Every adapter of the stores under one name: a new adapter is one more entry here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alerts.access import GrantStore
from alerts.ports import Store
from alerts.registry import CameraRegistry
from alerts.stores.memory import MemoryCameras, MemoryGrants, MemoryStore
from alerts.stores.sql import Database


@dataclass(frozen=True)
class Stores:
    """What an adapter must offer."""

    store: Store
    cameras: CameraRegistry
    grants: GrantStore


def in_memory(_folder: Path) -> Stores:
    return Stores(MemoryStore(), MemoryCameras(), MemoryGrants())


def in_sqlite(folder: Path) -> Stores:
    database = Database.open(f"sqlite:///{folder / 'qalqan.db'}")
    return Stores(database.store, database.cameras, database.grants)


ADAPTERS = {"memory": in_memory, "sqlite": in_sqlite}

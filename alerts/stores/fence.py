"""Who may write: the service that took the database last, and the workers it gave its number to.

A lock alone does not say it. It ends when the server is restarted, and a second service may take it
before the first has noticed. So each claim has a number, one higher than the last, and every
transaction that changes something proves that its number is still the highest.
"""

from __future__ import annotations

import os
import platform

from sqlalchemy import Connection, func, insert, select

from alerts.errors import StoreUnavailable
from alerts.stores import schema

LATEST = select(func.max(schema.claims.c.epoch))


class TakenOver(StoreUnavailable):
    """Another service has taken the database; this process must end."""


class Fence:
    """Before each change. Without a number everything may pass: commands beside the service."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self._lost: str | None = None

    def advance(self, connection: Connection) -> int:
        """The next number, to be committed with this transaction. Others end with it."""
        number = int(connection.execute(LATEST).scalar() or 0) + 1
        holder = f"process {os.getpid()} on {platform.node() or 'an unnamed machine'}"
        connection.execute(insert(schema.claims).values(epoch=number, holder=holder))
        return number

    def check(self, connection: Connection) -> None:
        """Raises `TakenOver`, now and ever after."""
        self.stand_down()
        if self.epoch is None:
            return
        latest = int(connection.execute(LATEST).scalar() or 0)
        if latest != self.epoch:
            table = schema.claims.c
            query = select(table.holder).where(table.epoch == latest)
            by = connection.execute(query).scalar() or "nobody who is known"
            self._lost = (
                f"another service has taken the database over ({by}, epoch {latest} after"
                f" {self.epoch}): this one must end"
            )
            raise TakenOver(self._lost)

    def stand_down(self) -> None:
        """Raises `TakenOver` if a check has ever said so."""
        if self._lost is not None:
            raise TakenOver(self._lost)

    @property
    def is_lost(self) -> bool:
        return self._lost is not None

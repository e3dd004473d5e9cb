"""Silences over SQL; see `alerts.ports.Transaction`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy import update as sql_update

from alerts.calm.silence import Silence, SilenceId
from alerts.stores import schema
from alerts.stores.codec import decode, encode

IN_FORCE = (
    select(schema.silences.c.body)
    .where(schema.silences.c.until > bindparam("now"))
    .order_by(schema.silences.c.until, schema.silences.c.id)
)


class SqlSilences:
    """The part of a transaction that knows what is to be quiet."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put_silence(self, silence: Silence) -> None:
        table = schema.silences
        values = {
            "id": silence.id,
            "until": silence.ends.timestamp(),
            "body": encode(silence),
        }
        known = sql_update(table).where(table.c.id == silence.id).values(**values)
        if self._db.execute(known).rowcount == 0:
            self._db.execute(insert(table).values(**values))

    def silence(self, silence: SilenceId) -> Silence | None:
        table = schema.silences
        query = select(table.c.body).where(table.c.id == silence)
        body = self._db.execute(query).scalar()
        return None if body is None else decode(Silence, body)

    def silences(self, now: datetime) -> list[Silence]:
        found = self._db.execute(IN_FORCE, {"now": now.timestamp()})
        return [decode(Silence, body) for body in found.scalars()]

    def page_silences(self, limit: int, before: SilenceId | None = None) -> list[Silence]:
        table = schema.silences
        where = [] if before is None else [table.c.id < before]
        query = select(table.c.body).where(*where).order_by(table.c.id.desc()).limit(limit)
        return [decode(Silence, body) for body in self._db.execute(query).scalars()]


class MemorySilences:
    """The same in memory."""

    def __init__(self, silences: dict[SilenceId, Silence]) -> None:
        self._silences = silences

    def put_silence(self, silence: Silence) -> None:
        self._silences[silence.id] = silence

    def silence(self, silence: SilenceId) -> Silence | None:
        return self._silences.get(silence)

    def silences(self, now: datetime) -> list[Silence]:
        found = [one for one in self._silences.values() if one.in_force(now)]
        return sorted(found, key=lambda one: (one.ends, one.id))

    def page_silences(self, limit: int, before: SilenceId | None = None) -> list[Silence]:
        found = sorted(self._silences.items(), reverse=True)
        return [one for key, one in found if before is None or key < before][:limit]

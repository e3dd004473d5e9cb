"""Units and where they are, over SQL; see `alerts.ports.Transaction`.

A position changes a hundred times as often as the rest of a unit: it has a table of its own, and in
the unit's body there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, case, func, insert, select, text

from alerts.alert import PatrolId
from alerts.patrol import Patrol, Position, Presence
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.stores.moments import from_us, to_us
from alerts.stores.nearness import Wanted, nearest_keys
from alerts.stores.statements import KEY, set_by

UNITS, PLACES = schema.patrols, schema.positions
WHERE = (PLACES.c.latitude, PLACES.c.longitude, PLACES.c.at)
JOINED = UNITS.outerjoin(PLACES, PLACES.c.patrol == UNITS.c.id)
EVERYBODY = select(UNITS.c.body, *WHERE).select_from(JOINED).order_by(UNITS.c.id)
ONE = EVERYBODY.where(UNITS.c.id == bindparam(KEY))
SOME = EVERYBODY.where(UNITS.c.id.in_(bindparam(KEY, expanding=True)))
PRESENCE = case(
    (~PLACES.c.on_duty, Presence.OFF_DUTY.value),
    (PLACES.c.busy, Presence.BUSY.value),
    (PLACES.c.at.is_(None), Presence.UNKNOWN.value),
    (PLACES.c.at < bindparam("since", type_=BigInteger), Presence.OLD.value),
    else_=Presence.AVAILABLE.value,
)
COUNTED = select(PRESENCE.label("presence"), func.count()).group_by("presence")
KEPT = 8_192
"""Bodies of units that are not decoded anew."""
NAMES = tuple(one.name for one in fields(Patrol))
IN_ORDER, AT = attrgetter(*NAMES), NAMES.index("position")
AT_ONCE = 500
"""Ids asked for in one statement."""
ONE_BY_ONE = text(
    "UPDATE positions SET latitude = :latitude, longitude = :longitude, at = :at"
    " WHERE patrol = :unit"
)
IN_ARRAYS = text(
    "UPDATE positions SET latitude = moved.latitude, longitude = moved.longitude, at = moved.at"
    " FROM unnest(CAST(:unit AS text[]), CAST(:latitude AS float8[]),"
    " CAST(:longitude AS float8[]), CAST(:at AS bigint[]))"
    " AS moved (patrol, latitude, longitude, at) WHERE positions.patrol = moved.patrol"
)
"""The same in one statement: two thousand are one round trip and one plan."""


class SqlPatrols:
    """The part of a transaction that knows units."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def patrol(self, patrol: PatrolId) -> Patrol | None:
        return next(iter(self._units(ONE, {KEY: patrol})), None)

    def patrols(self) -> list[Patrol]:
        return self._units(EVERYBODY, {})

    def put_patrol(self, patrol: Patrol) -> None:
        body, key = encode(replace(patrol, position=None)), patrol.id
        known = set_by(UNITS, "id", ("body",))
        flags = {"on_duty": patrol.on_duty, "busy": patrol.busy_with is not None}
        where = {**_columns(patrol.position), **flags}
        if self._db.execute(known, {KEY: key, "body": body}).rowcount == 0:
            self._db.execute(insert(UNITS).values(id=key, body=body))
            self._db.execute(insert(PLACES).values(patrol=key, **where))
        else:
            moved = set_by(PLACES, "patrol", tuple(where))
            self._db.execute(moved, {KEY: key, **where})

    # --- where they are ---

    def positions(self, patrols: Sequence[PatrolId]) -> dict[PatrolId, Position | None]:
        found: dict[PatrolId, Position | None] = {}
        query = select(PLACES.c.patrol, *WHERE)
        for some in _parts(patrols):
            for key, *where in self._db.execute(query.where(PLACES.c.patrol.in_(some))):
                found[PatrolId(key)] = _position(*where)
        return found

    def put_positions(self, positions: Mapping[PatrolId, Position]) -> None:
        if not positions:
            return
        # In one order, so that none waits for another that waits for it.
        moved = sorted(positions.items())
        if self._db.dialect.name == "postgresql":
            columns = {
                "unit": [key for key, _ in moved],
                "latitude": [at.latitude for _, at in moved],
                "longitude": [at.longitude for _, at in moved],
                "at": [to_us(at.at) for _, at in moved],
            }
            self._db.execute(IN_ARRAYS, columns)
        else:
            rows = [{"unit": key, **_columns(at)} for key, at in moved]
            self._db.execute(ONE_BY_ONE, rows)

    def nearest_patrols(
        self,
        latitude: float,
        longitude: float,
        limit: int,
        seen_after: datetime,
        busy: bool = False,
    ) -> list[Patrol]:
        wanted = Wanted(latitude, longitude, limit, to_us(seen_after), busy)
        keys = nearest_keys(self._db, wanted)
        found = {}
        for some in _parts(keys):
            found.update({one.id: one for one in self._units(SOME, {KEY: list(some)})})
        return [found[PatrolId(key)] for key in keys]

    def patrols_counted(self, seen_after: datetime) -> dict[Presence, int]:
        rows = self._db.execute(COUNTED, {"since": to_us(seen_after)})
        return {Presence(name): int(count) for name, count in rows}

    def _units(self, query: Select[Any], values: dict[str, Any]) -> list[Patrol]:
        rows = self._db.execute(query, values)
        return [_standing(_unit(body), _position(*there)) for body, *there in rows]


@lru_cache(KEPT)
def _unit(body: str) -> Patrol:
    """A decision reads dozens of units, most of them as the one before read them."""
    return decode(Patrol, body)


def _standing(unit: Patrol, position: Position | None) -> Patrol:
    """The unit there. By hand, for `replace` takes ten times as long."""
    facts = IN_ORDER(unit)
    return Patrol(*(*facts[:AT], position, *facts[AT + 1 :]))


def _columns(position: Position | None) -> dict[str, Any]:
    if position is None:
        return {"latitude": None, "longitude": None, "at": None}
    latitude, longitude = position.latitude, position.longitude
    return {"latitude": latitude, "longitude": longitude, "at": to_us(position.at)}


def _position(latitude: float | None, longitude: float | None, at: int | None) -> Position | None:
    if latitude is None or longitude is None or at is None:
        return None
    return Position(latitude, longitude, from_us(at))


def _parts(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))

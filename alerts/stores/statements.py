"""Statements that are made once: composing one costs several times what running it does."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Select,
    Table,
    bindparam,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.alert import State

KEY = "wanted"
"""The parameter of statements that look for one key; it is no column's name."""


@cache
def storing(dialect: str, table: Table, columns: tuple[str, ...], *key: str) -> Executable:
    """Insert a row of these columns, or replace them in the row of that key."""
    made: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    new = {name: made.excluded[name] for name in columns if name not in key}
    return made.on_conflict_do_update(index_elements=list(key), set_=new)  # type: ignore[no-any-return]


@cache
def inserting(table: Table) -> Executable:
    """Insert a row."""
    return insert(table)


@cache
def row_by(table: Table, column: str, *wanted: Column[Any]) -> Select[Any]:
    """Those columns of the row whose column equals `KEY`."""
    return select(*wanted).where(table.c[column] == bindparam(KEY))


@cache
def body_by(table: Table, column: str) -> Select[Any]:
    """The body of the row whose column equals `KEY`."""
    return select(table.c.body).where(table.c[column] == bindparam(KEY))


@cache
def bodies_by(table: Table, column: str, order: str) -> Select[Any]:
    """The bodies of the rows whose column equals `KEY`, in order."""
    return body_by(table, column).order_by(table.c[order])


@cache
def joinable(table: Table, is_placed: bool) -> Select[Any]:
    """The bodies of open alerts in a vicinity (`alerts.grouping.Vicinity`), oldest first."""
    there: ColumnElement[bool] = table.c.camera == bindparam("near")
    if is_placed:
        there = or_(there, table.c.latitude.between(bindparam("south"), bindparam("north")))
    return (
        select(table.c.body)
        .where(
            table.c.kind.in_(bindparam("kinds", expanding=True)),
            table.c.seen >= bindparam("seen_after"),
            table.c.began <= bindparam("began_before"),
            table.c.state != State.CLOSED.value,
            there,
        )
        .order_by(table.c.id)
    )


@cache
def body_of_rule(table: Table) -> Select[Any]:
    """The bodies of one rule's rows; its `camera`, `kind` and `zone` are the parameters."""
    names = ("camera", "kind", "zone")
    return select(table.c.body).where(*(table.c[name] == bindparam(name) for name in names))


@cache
def latest_of_rule(table: Table) -> Select[Any]:
    """The same, the newest first, `most` of them."""
    order = (table.c.at.desc(), table.c.alert.desc())
    return body_of_rule(table).order_by(*order).limit(bindparam("most"))

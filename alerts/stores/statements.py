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
    Update,
    bindparam,
    insert,
    or_,
    select,
    update,
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
def rows_by(table: Table, column: str, order: str, *wanted: Column[Any]) -> Select[Any]:
    """The same of all such rows, in order."""
    return row_by(table, column, *wanted).order_by(table.c[order])


@cache
def body_by(table: Table, column: str) -> Select[Any]:
    """The body of the row whose column equals `KEY`."""
    return select(table.c.body).where(table.c[column] == bindparam(KEY))


@cache
def bodies_by(table: Table, column: str, order: str) -> Select[Any]:
    """The bodies of the rows whose column equals `KEY`, in order."""
    return body_by(table, column).order_by(table.c[order])


@cache
def latest_by_two(table: Table, one: str, other: str, order: str) -> Select[Any]:
    """The body of the last of the rows whose two columns equal parameters of their names."""
    where = (table.c[name] == bindparam(name) for name in (one, other))
    return select(table.c.body).where(*where).order_by(table.c[order].desc()).limit(1)


@cache
def due_by(table: Table, column: str, then: str) -> Select[Any]:
    """The bodies of the rows whose column has come (`now`), the earliest first, `most` of them."""
    due = table.c[column] <= bindparam("now")
    order = (table.c[column], table.c[then])
    return select(table.c.body).where(due).order_by(*order).limit(bindparam("most"))


@cache
def set_by(table: Table, column: str, names: tuple[str, ...]) -> Update:
    """Set these columns in the row whose column equals `KEY`."""
    new: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(table).where(table.c[column] == bindparam(KEY)).values(**new)


@cache
def following(table: Table, of_patrol: bool, of_all: bool = False) -> Select[Any]:
    """Rows of the feed after `seen`, `most` of them: one patrol's, the operators', or all."""
    query = select(table.c.seq, table.c.body).where(table.c.seq > bindparam("seen"))
    if not of_all:
        of = table.c.patrol == bindparam("patrol") if of_patrol else table.c.patrol.is_(None)
        query = query.where(of)
    return query.order_by(table.c.seq).limit(bindparam("most"))


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

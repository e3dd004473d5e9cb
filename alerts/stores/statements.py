"""Statements that are made once: composing one costs several times what running it does."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

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
def body_by(table: Table, column: str) -> Select[Any]:
    """The body of the row whose column equals `KEY`."""
    return select(table.c.body).where(table.c[column] == bindparam(KEY))


@cache
def bodies_by(table: Table, column: str, order: str) -> Select[Any]:
    """The bodies of the rows whose column equals `KEY`, in order."""
    return body_by(table, column).order_by(table.c[order])

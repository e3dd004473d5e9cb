"""Column types that mean the same in every database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.types import TypeEngine


def text_key(length: int) -> TypeEngine[str]:
    """Text that is searched and sorted by, in the order of its bytes as SQLite and Python have it.

    PostgreSQL would sort by the rules of the server's language, in which `a-1` may follow `a2`.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def row_number() -> TypeEngine[int]:
    """A row's number, 64 bits wide. SQLite counts in its own row ids, which are named INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")

"""Moments as whole numbers: they are compared in the database and come back exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (moment - EPOCH) // MICROSECOND


def from_us(number: int) -> datetime:
    """The moment of `to_us`."""
    return EPOCH + number * MICROSECOND

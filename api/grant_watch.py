"""Whose grant has ended, for all open streams by one short look at the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alerts.access import Grant, GrantStore
from api.auth.tokens import is_valid


class GrantWatch:
    """Knows the grants that were ended; looks again when told to."""

    def __init__(self, grants: GrantStore, now: Callable[[], datetime]) -> None:
        self._grants = grants
        self._now = now
        self._count: int | None = None
        self._ended: frozenset[str] = frozenset()
        self._looked: datetime | None = None

    def look(self) -> None:
        """Read who was revoked, if anybody was; in a worker thread. Raises `StoreUnavailable`."""
        self._looked = self._now()  # first: time passes while the store cannot be read, too
        count = self._grants.ended_count()
        if count != self._count:
            # The count first: who is revoked between the two is seen now or next time.
            self._ended = self._grants.ended()
            self._count = count

    def holds(self, grant: Grant) -> bool:
        """Whether the grant holds, by the last look."""
        return grant.id not in self._ended and is_valid(grant, self._looked or self._now())

"""Where units say they are, taken in: many at once, or one by one and many in one commit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alerts.alert import PatrolId
from alerts.errors import AlertsError, NotFound, StoreUnavailable
from alerts.patrol import Patrol, Position
from alerts.ports import Clock, Store, Transaction

TOGETHER = 500
"""Single reports in one commit at most."""


class Fix(StrEnum):
    """What came of one report."""

    TAKEN = "taken"
    OLDER = "older"
    """A later one is known."""
    UNKNOWN = "unknown"
    """There is no such unit."""


@dataclass(slots=True)
class _Report:
    patrol: PatrolId
    position: Position
    unit: Patrol | None = None
    error: AlertsError | None = None
    done: bool = False


class Whereabouts:
    """Thread-safe. A report is answered when it is committed, never before."""

    def __init__(self, store: Store, now: Clock) -> None:
        self._store = store
        self._now = now
        self._waiting: list[_Report] = []
        self._queue = threading.Lock()
        self._committing = threading.Lock()

    def take(self, fixes: Sequence[tuple[PatrolId, Position]]) -> list[Fix]:
        """In one commit; gives what came of each. Of one unit's the latest stays.

        A fix from the future counts as now. One that is known from the future (the clock has gone
        back since) gives way to any.
        """
        with self._store.begin() as tx:
            return self._note(tx, fixes)

    def report(self, patrol: PatrolId, position: Position) -> Patrol:
        """As `take`, of one unit. Raises `NotFound`.

        Who comes while another commits waits, and is in the next commit together with all that
        came meanwhile: a thousand phones do not make a thousand commits a second.
        """
        mine = _Report(patrol, position)
        with self._queue:
            self._waiting.append(mine)
        with self._committing:
            while not mine.done:
                self._commit()
        if mine.error is not None:
            raise mine.error
        if mine.unit is None:
            raise NotFound(f"there is no patrol {patrol}")
        return mine.unit

    def _commit(self) -> None:
        """The reports that wait: all are answered, whatever happens."""
        with self._queue:
            some, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        units: dict[PatrolId, Patrol | None] = {}
        error: AlertsError | None = StoreUnavailable("the position was not noted: say it again")
        try:
            with self._store.begin() as tx:
                self._note(tx, [(one.patrol, one.position) for one in some])
                units = {one.patrol: tx.patrol(one.patrol) for one in some}
            error = None
        except AlertsError as problem:
            error = problem
        finally:
            for one in some:
                one.unit, one.error, one.done = units.get(one.patrol), error, True

    def _note(self, tx: Transaction, fixes: Sequence[tuple[PatrolId, Position]]) -> list[Fix]:
        now = self._now()
        known = tx.positions([patrol for patrol, _ in fixes])
        moved: dict[PatrolId, Position] = {}
        found = []
        for patrol, told in fixes:
            if patrol not in known:
                found.append(Fix.UNKNOWN)
                continue
            position = replace(told, at=min(told.at, now))
            if _gives_way(known[patrol], position, now):
                known[patrol] = moved[patrol] = position
                found.append(Fix.TAKEN)
            else:
                found.append(Fix.OLDER)
        tx.put_positions(moved)
        return found


def _gives_way(known: Position | None, to: Position, now: datetime) -> bool:
    return known is None or to.at >= known.at or known.at > now

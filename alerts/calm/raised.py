"""The alerts that were raised in a span of time, read by their ids, which are in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alerts.alert import Alert, AlertId, LinkedIncident
from alerts.calm.eemua import AlarmReport, report
from alerts.calm.flood import WINDOW, Flood, FloodPolicy, counts, flooded, most_wanted
from alerts.ports import Clock, Store
from detect.ids import first_uuid7

PAGE = 500


def raised(store: Store, since: datetime, until: datetime) -> Iterator[Alert]:
    """Newest first, `until` excluded. What is raised meanwhile does not matter."""
    before = AlertId(first_uuid7(until))
    while True:
        with store.read() as tx:
            page = tx.page_alerts(PAGE, before)
        for one in page:
            if one.opened_at < since:
                return
            if one.opened_at < until:
                yield one
        if len(page) < PAGE:
            return
        before = page[-1].id


class FloodWatch:
    """Whether there is a flood, as it was last looked at. One caller at a time."""

    def __init__(self, store: Store, policy: FloodPolicy, now: Clock) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._known: Flood | None = None

    def look(self, consoles: int) -> Flood:
        """Look again; `consoles`: how many operators have one open. Raises `StoreUnavailable`."""
        now, policy = self._now(), self._policy
        operators = max(1, consoles if policy.operators is None else policy.operators)
        self._known = flooded(self._known, self._count(now, operators), operators, now, policy)
        return self._known

    def _count(self, now: datetime, operators: int) -> int:
        most, found = most_wanted(operators, self._policy), 0
        since = now - WINDOW
        with self._store.read() as tx:
            before: AlertId | None = None
            while page := tx.page_alerts(min(most, PAGE), before):
                for one in page:
                    if one.opened_at < since:
                        return found
                    found += counts(one)
                    if found >= most:
                        return found
                before = page[-1].id
        return found


class AlarmLog:
    """Reports of any span of time, read from the store."""

    def __init__(self, store: Store, policy: FloodPolicy, now: Clock) -> None:
        self._store = store
        self._policy = policy
        self._now = now

    def report(self, since: datetime, until: datetime, operators: int) -> AlarmReport:
        """What that span asked of so many people. Raises `ValueError` for no span."""
        found = raised(self._store, since, until)
        people = operators if self._policy.operators is None else self._policy.operators
        now = self._now()
        return report(found, since, until, people, now, self._policy, self._incidents)

    def _incidents(self, alert: Alert) -> list[LinkedIncident]:
        with self._store.read() as tx:
            return tx.incidents(alert.id)

    def quiet_now(self) -> tuple[int, int]:
        """Open alerts that are silenced, and that are shelved."""
        with self._store.read() as tx:
            quiet = [one for one in tx.open_alerts() if one.is_quiet]
        silenced = sum(one.silenced_by is not None for one in quiet)
        return silenced, len(quiet) - silenced

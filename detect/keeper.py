"""Between the pipeline and the spool: picture first, then the commit, then the bell.

It works on a thread of its own, so that neither a slow disk nor a picture's encoding holds up
inference. While the spool cannot commit (disk full) the latest state of each incident waits in
memory, in order, and is tried again every second: a short fault loses nothing.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from detect.errors import SpoolError
from detect.evidence import EvidenceFolder
from detect.incident import Evidence, Incident, IncidentId
from detect.moment import stamp, tick_at, tick_of
from detect.pipeline import Raised
from detect.spool import Spool
from ingest.frame import Picture

log = logging.getLogger(__name__)

RETRY_S = 1.0
MAX_UNSAVED = 10_000
"""Incidents that may wait in memory; beyond it the oldest is lost, counted and said."""


@dataclass(slots=True)
class _Unsaved:
    incident: Incident
    trace: dict[str, str]
    picture: Picture | None
    """The picture to store first; None when that has been done or tried."""


class Keeper:
    """Takes each change of an incident and brings it into the spool. Thread-safe.

    `ring` is called, from the keeper's thread, after each commit.
    """

    def __init__(
        self,
        spool: Spool,
        evidence: EvidenceFolder,
        ring: Callable[[], None],
        now: Callable[[], datetime],
        max_unsaved: int = MAX_UNSAVED,
    ) -> None:
        self._spool = spool
        self._evidence = evidence
        self._ring = ring
        self._now = now
        self._max_unsaved = max_unsaved
        self._condition = threading.Condition()
        self._unsaved: OrderedDict[IncidentId, _Unsaved] = OrderedDict()
        self._pictures: dict[IncidentId, Evidence | None] = {}
        """Of the incidents that are open; written by the keeper's thread alone."""
        self._closing = False
        self._failing = False
        self.lost = 0
        """Incidents that were given up because memory ran out before the disk came back."""
        self.failure: BaseException | None = None
        """What ended its thread: nothing is kept any longer, and the node must not go on."""
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_s: float = 2.0) -> None:
        """Save what waits, as far as that works in one go, and end."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def __call__(self, raised: Raised) -> None:
        """Take a change from the pipeline. Never blocks on the disk."""
        counted = bool(tick_of(raised.raised_at))
        arrived = tick_at(raised.frame.received_s) if counted else ""
        trace = {
            **stamp("captured", raised.frame.captured_at, arrived),
            **stamp("inferred", raised.inferred_at),
            **stamp("raised", raised.raised_at),
        }
        self._add([_Unsaved(raised.incident, trace, raised.frame.picture)])

    def finish(self, incidents: Iterable[Incident]) -> None:
        """Take the ends of incidents whose camera is no longer watched."""
        trace = stamp("raised", self._now())
        self._add([_Unsaved(incident, trace, None) for incident in incidents])

    @property
    def unsaved(self) -> int:
        """Incidents that wait for the disk now."""
        return len(self._unsaved) if self._failing else 0

    def _add(self, changes: Iterable[_Unsaved]) -> None:
        with self._condition:
            for change in changes:
                known = self._unsaved.get(change.incident.id)
                if known is not None:
                    known.incident = change.incident
                    continue
                self._unsaved[change.incident.id] = change
                if len(self._unsaved) > self._max_unsaved:
                    gone, _ = self._unsaved.popitem(last=False)
                    self.lost += 1
                    log.critical("incident %s is lost: no disk and no memory to keep it", gone)
            self._condition.notify_all()

    def _run(self) -> None:
        try:
            self._keep()
        except BaseException as error:
            log.critical("incidents are no longer kept: %s", error, exc_info=True)
            self.failure = error

    def _keep(self) -> None:
        while True:
            with self._condition:
                while not self._unsaved and not self._closing:
                    self._condition.wait()
                closing = self._closing
            self._take_pictures()
            self._failing = not self._save()
            if closing:
                return
            if self._failing:
                with self._condition:
                    self._condition.wait_for(lambda: self._closing, RETRY_S)

    def _take_pictures(self) -> None:
        """First of all: pictures are large and must not wait in memory for the disk."""
        with self._condition:
            waiting = [change for change in self._unsaved.values() if change.picture is not None]
        for change in waiting:
            identity, picture = change.incident.id, change.picture
            if picture is not None and identity not in self._pictures:
                self._pictures[identity] = self._evidence.snapshot(identity, picture)
            change.picture = None

    def _save(self) -> bool:
        """Commit what waits, oldest first; False when that does not work now."""
        while True:
            with self._condition:
                if not self._unsaved:
                    return True
                identity, change = next(iter(self._unsaved.items()))
                incident = change.incident
            if change.picture is not None:  # came meanwhile
                self._take_pictures()
            evidence = self._pictures.get(identity, incident.evidence)
            try:
                self._spool.commit(
                    replace(incident, evidence=evidence),
                    {**change.trace, **stamp("spooled", self._now())},
                )
            except SpoolError as error:
                if not self._failing:
                    log.error("%s; incidents wait in memory until it can", error)
                return False
            with self._condition:
                if change.incident is incident:  # else it changed meanwhile: commit that too
                    self._unsaved.pop(identity, None)
                    if not incident.is_open:
                        self._pictures.pop(identity, None)
            self._ring()

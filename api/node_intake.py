"""Incidents of a node on their way into the store: several in one commit, none acknowledged before.

A commit waits for the disk. What comes while one is under way goes into the next together, so that
a slow disk makes groups larger instead of the queue longer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from alerts.alert import AlertId
from alerts.errors import StoreUnavailable
from detect.incident import Incident, IncidentFormatError
from detect.link import Message

log = logging.getLogger(__name__)

RETRY_S = 0.5
TRIES = 5
"""How often an incident that makes the service fail is tried before it is laid aside."""

Given = tuple[Incident, Mapping[str, str]]
"""An incident with the times of its way."""


class Receiving(Protocol):
    """What is needed of the alert service."""

    def receive_all(self, given: Sequence[Given]) -> list[AlertId]:
        """Commit the first few of these, one at least; gives the alert of each."""
        ...


class NodeIntake:
    """Brings incident messages into the store. Used by one task for each link."""

    def __init__(self, alerts: Receiving, rejected: Path) -> None:
        self._alerts = alerts
        self._rejected = rejected
        """Where incidents are kept that cannot be taken in."""
        self.received: Counter[str] = Counter()
        """Incident messages committed, by kind of incident."""

    async def take(self, messages: Sequence[Message]) -> int:
        """Bring in the first few, one at least; returns how many once they are on disk.

        However long the database is away.
        """
        if len(messages) > 1:
            given = self._readable(messages)
            if given and (count := await self._together(given)):
                return count
        await self._alone(messages[0])
        return 1

    def _readable(self, messages: Sequence[Message]) -> list[Given]:
        """Those before the first that cannot be read."""
        given: list[Given] = []
        for message in messages:
            try:
                given.append((Incident.from_dict(message["incident"]), message["trace"]))
            except IncidentFormatError:
                break
        return given

    async def _together(self, given: Sequence[Given]) -> int:
        """How many were committed; 0: one of them makes the service fail, or it cannot commit."""
        try:
            taken = await asyncio.to_thread(self._alerts.receive_all, given)
        except StoreUnavailable:
            return 0
        except Exception as error:
            log.warning("incidents could not be taken in together: %s", error)
            return 0
        self.received.update(incident.kind for incident, _ in given[: len(taken)])
        return len(taken)

    async def _alone(self, message: Message) -> None:
        tries = 0
        while True:
            try:
                incident = Incident.from_dict(message["incident"])
                await asyncio.to_thread(self._alerts.receive_all, [(incident, message["trace"])])
                self.received[incident.kind] += 1
                return
            except StoreUnavailable as error:
                log.warning("an incident waits at the node: %s", error)
            except IncidentFormatError as error:
                tries = TRIES
                log.error("an incident of the node cannot be read: %s", error)
            except Exception as error:
                # One that the service stumbles over must not keep all the others waiting.
                tries += 1
                log.exception("an incident could not be taken in: %s", error)
            if tries >= TRIES and await self._lay_aside(message):
                return
            await asyncio.sleep(RETRY_S)

    async def _lay_aside(self, message: Message) -> bool:
        """Keep an incident that cannot be taken in where a person can find it."""
        try:
            await asyncio.to_thread(_append, self._rejected, message)
        except OSError as error:
            log.critical("an incident cannot be laid aside either: %s", error)
            return False
        log.critical("an incident that could not be taken in is kept in %s", self._rejected)
        return True


def _append(path: Path, message: Message) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(message, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())  # it is acknowledged next

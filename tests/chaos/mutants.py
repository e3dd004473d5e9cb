"""The product made wrong in one place, to see that the checker notices."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from alerts import intake
from alerts.stores.transaction import SqlTransaction
from api.node_link import NodeLink
from detect.incident import IncidentId
from detect.link import send

LATE_S = 2.0
"""How long a commit comes after its acknowledgement: a kill in between loses the incident."""
TWICE_IN = 40


def acknowledge_early() -> None:
    """The node is told that an incident is safe before it is."""
    kept: set[asyncio.Task[None]] = set()

    async def take_in(self: NodeLink, writer: Any, incidents: asyncio.Queue[Any]) -> None:
        async def commit(message: Any) -> None:
            await asyncio.sleep(LATE_S)
            await self._intake.take(deque([message]))

        while True:
            message = await incidents.get()
            await send(writer, {"type": "ack", "seq": message["seq"]})
            task = asyncio.create_task(commit(message))
            kept.add(task)
            task.add_done_callback(kept.discard)

    NodeLink._take_in = take_in  # type: ignore[method-assign]


def forget_what_is_known() -> None:
    """Now and then an incident that comes again is taken for a new one."""
    known = SqlTransaction.incident

    def incident(self: SqlTransaction, identity: IncidentId) -> Any:
        found = known(self, identity)
        return None if found is not None and hash(identity) % TWICE_IN == 0 else found

    SqlTransaction.incident = incident  # type: ignore[method-assign]
    grouped = intake.alert_for
    intake.alert_for = lambda incident, *rest: (  # type: ignore[assignment]
        None if hash(incident.id) % TWICE_IN == 0 else grouped(incident, *rest)
    )


def offer_twice() -> None:
    """Every offer goes out two times."""
    publish = SqlTransaction.publish

    def doubled(self: SqlTransaction, event: Any) -> int:
        if event.type == "offer":
            publish(self, replace(event))
        return publish(self, event)

    SqlTransaction.publish = doubled  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    "ack-early": acknowledge_early,
    "not-idempotent": forget_what_is_known,
    "offer-twice": offer_twice,
}

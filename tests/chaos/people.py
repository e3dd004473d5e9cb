"""Patrols and operators who do their work, or do not, as the dice of the seed want it."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.proxy import Link
from tests.chaos.stream import Reader

ACCEPTS, DECLINES = 0.76, 0.12
"""Of offers; the others are left unanswered."""
FALLS_SILENT = 0.02
"""Of patrols that accepted: nobody hears of them until somebody else closes the alert."""
POSITION_EVERY_S = 4.0
LEFT_ALONE = 0.1
"""Of alerts that wait for an operator: nobody ever looks; they must get loud and stay so."""
OUTCOMES = ("real",) * 17 + ("false",) * 2 + ("duplicate",)


@dataclass
class PatrolPhone(Reader):
    """A patrol: it answers its offers over a bad link."""

    patrol: str = ""
    link: Link | None = None
    seed: str = ""
    place: tuple[float, float] = (0.0, 0.0)
    offers: int = 0
    busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    async def report_position(self) -> None:
        """For ever, now and then."""
        here = {"latitude": self.place[0], "longitude": self.place[1]}
        while True:
            with suppress(httpx.TransportError):
                await self.http.put("/v1/patrols/me/position", json=here)
            await asyncio.sleep(POSITION_EVERY_S)

    def heard(self, kind: str, data: Any) -> None:
        if kind == "hello":
            mine = data["alert"]
            if mine is not None and mine["id"] not in self.known:
                self._take_on(mine)
        elif kind == "offer":
            self._take_on(data)
        elif kind == "withdrawn" and (job := self.busy.pop(data["id"], None)):
            job.cancel()

    def _take_on(self, alert: dict[str, Any]) -> None:
        identity = alert["id"]
        self.offers += 1
        self.known.add(identity)
        if (job := self.busy.pop(identity, None)) is not None:
            job.cancel()
        dice = random.Random(f"{self.seed}:{self.offers}")
        self.busy[identity] = self.start(self._work(identity, alert.get("notification"), dice))

    async def _work(self, alert: str, notification: str | None, dice: random.Random) -> None:
        """From the offer to its end, or to where this patrol stops."""
        path, will = f"/v1/alerts/{alert}", dice.random()
        if notification:
            await self.receipt(notification, "delivered")
            await asyncio.sleep(dice.uniform(0.02, 0.3))
            await self.receipt(notification, "seen")
        await asyncio.sleep(dice.uniform(0.02, 0.4))
        if will >= ACCEPTS + DECLINES:
            return
        answer = "accept" if will < ACCEPTS else "decline"
        status = await self.call(answer, f"{path}/answer", {"answer": answer}, alert)
        if answer == "decline" or status != 200 or dice.random() < FALLS_SILENT:
            return
        for answer in ("en_route", "on_scene"):
            await asyncio.sleep(dice.uniform(0.02, 0.5))
            if await self.call(answer, f"{path}/answer", {"answer": answer}, alert) != 200:
                return
        await asyncio.sleep(dice.uniform(0.02, 0.5))
        await self.call("close", f"{path}/close", {"outcome": dice.choice(OUTCOMES)}, alert)

    async def receipt(self, notification: str, stage: str) -> None:
        path = f"/v1/notifications/{notification}/receipt"
        await self.call(stage, path, {"stage": stage}, notification)


@dataclass
class OperatorDesk(Reader):
    """An operator: looks at what waits for one and at what is loud. Several share the alerts."""

    number: int = 0
    operators: int = 1
    seed: str = ""
    at_work: set[str] = field(default_factory=set)

    def heard(self, kind: str, data: Any) -> None:
        if kind != "alert" or data["state"] == "closed":
            return
        identity = data["id"]
        mine = int(identity[-4:], 16) % self.operators == self.number
        dice = random.Random(f"{self.seed}:{identity}")
        loud = data["state"] == "escalated" or data["overdue_since"] is not None
        if not mine or identity in self.at_work or not (loud or data["state"] == "new"):
            return
        if data["patrol"] is None and dice.random() < LEFT_ALONE:
            return
        self.at_work.add(identity)
        self.start(self._look_at(identity, dice, loud))

    async def _look_at(self, alert: str, dice: random.Random, loud: bool) -> None:
        path = f"/v1/alerts/{alert}"
        try:
            await asyncio.sleep(dice.uniform(0.1, 1.5))
            await self.call("acknowledge", f"{path}/acknowledge", None, alert)
            await asyncio.sleep(dice.uniform(0.1, 1.0))
            if not loud and dice.random() < 0.3:
                order = {"patrol": None, "reason": "somebody should look"}
                if await self.call("dispatch", f"{path}/dispatch", order, alert) == 200:
                    return
            await self.call("close", f"{path}/close", {"outcome": dice.choice(OUTCOMES)}, alert)
        finally:
            self.at_work.discard(alert)

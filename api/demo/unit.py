"""One simulated patrol: drives its beat, answers its phone, goes where it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from api.demo.car import Car
from api.demo.phone import Message, Phone
from api.demo.streets import Node, Streets, metres
from api.demo.temper import Temper, outcome_of

Alert = dict[str, Any]
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]

STEP_S = 1.0
"""How often the car moves and says where it is."""
STANDING_REPORT_S = 5.0
CRUISE_PACE, HURRY_PACE = 0.55, 1.5
ON_THE_WAY = ("accepted", "en_route")


@dataclass(frozen=True, slots=True)
class Beat:
    """Where a unit drives while nothing happens."""

    home: Node
    radius_m: float = 350.0
    rest_s: tuple[float, float] = (4.0, 15.0)
    """How long it stands at a corner before it drives on."""


class Unit:
    """The crew, its car and its phone."""

    def __init__(
        self,
        streets: Streets,
        phone: Phone,
        beat: Beat,
        temper: Temper | None,
        dice: Random,
        *,
        speed: float = 1.0,
        sleep: Sleep = asyncio.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        """`temper` None: a person answers, on the patrol page; the car alone is simulated.

        `speed` makes the whole crew live faster than the clock.
        """
        self.car = Car(streets, streets.nearest(beat.home))
        self._streets = streets
        self._phone = phone
        self._beat = beat
        self._temper = temper
        self._dice = dice
        self._speed = speed
        self._sleep = sleep
        self._clock = clock
        self._corners = [n for n in streets.nodes if metres(n, beat.home) <= beat.radius_m]
        self._alert: str | None = None
        self._work: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """A shift without end; cancel it to end it."""
        await self._phone.report(self.car.place)
        if self._temper is not None:
            await self._phone.begin_shift()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._drive())
                group.create_task(self._listen())
                if self._temper is not None and self._temper.tunnel is not None:
                    group.create_task(self._lose_the_network())
        finally:
            await self._drop()

    async def take(self, message: Message) -> None:
        """Act on one event of the stream. Messages may come twice or too late."""
        alert: Alert | None = message.data
        if message.kind == "hello":
            alert = message.data["alert"]
            if alert is None:
                await self._drop()
                return
        if alert is None:
            return
        if message.kind == "withdrawn":
            if alert["id"] == self._alert:
                await self._drop()
                self.car.stop()
        elif alert["id"] != self._alert and alert["state"] in ("dispatched", *ON_THE_WAY):
            await self._begin(alert)
        elif self._temper is None and alert["state"] in ON_THE_WAY:
            self._hurry_to(alert)

    async def _begin(self, alert: Alert) -> None:
        await self._drop()
        self._alert = alert["id"]
        if self._temper is not None:
            self._work = asyncio.create_task(self._answer(alert, self._temper))

    async def _drop(self) -> None:
        """Forget the alert: it was withdrawn, closed, or never ours."""
        work, self._work, self._alert = self._work, None, None
        if work is not None and work is not asyncio.current_task():
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def _answer(self, alert: Alert, temper: Temper) -> None:
        phone, dice, id = self._phone, self._dice, alert["id"]
        if alert["state"] == "dispatched":
            await self._pass(temper.reaction(dice))
            if (reason := temper.refusal(dice)) is not None:
                await phone.answer(id, "decline", reason)
                return
            if not await phone.answer(id, "accept"):
                return
            await self._pass(dice.uniform(1.0, 3.0))
        if not await phone.answer(id, "en_route"):
            return
        self._hurry_to(alert)
        while not self.car.stands:
            await self._sleep(STEP_S / 2)
        if not await phone.answer(id, "on_scene"):
            return
        await self._pass(temper.look(dice))
        await phone.close(id, *outcome_of(alert["kind"], dice))

    def _hurry_to(self, alert: Alert) -> None:
        if (place := alert["place"]) is not None:
            goal = self._streets.nearest((place["longitude"], place["latitude"]))
            self.car.drive_to(goal, HURRY_PACE)

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._phone.messages()) as messages:
            async for message in messages:
                await self.take(message)

    async def _drive(self) -> None:
        rest_s = self._dice.uniform(0.0, self._beat.rest_s[1])
        moved_at = reported_at = self._clock()
        while True:
            await self._sleep(STEP_S)
            now = self._clock()
            lived_s, moved_at = (now - moved_at) * self._speed, now
            moves = not self.car.stands
            self.car.advance(lived_s)
            if moves or now - reported_at >= STANDING_REPORT_S:
                await self._phone.report(self.car.place)
                reported_at = now
            if self._alert is None and self._temper is not None and not moves:
                rest_s -= lived_s
                if rest_s <= 0:
                    rest_s = self._dice.uniform(*self._beat.rest_s)
                    self.car.drive_to(self._dice.choice(self._corners), CRUISE_PACE)

    async def _lose_the_network(self) -> None:
        assert self._temper is not None  # noqa: S101 - narrows the type
        tunnel = self._temper.tunnel
        assert tunnel is not None  # noqa: S101 - narrows the type
        while True:
            await self._pass(tunnel.every_s)
            self._phone.lose_network()
            await self._pass(tunnel.lasts_s)
            self._phone.find_network()

    async def _pass(self, seconds: float) -> None:
        await self._sleep(seconds / self._speed)

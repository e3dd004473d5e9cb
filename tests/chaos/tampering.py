"""Evidence made wrong after a good run: a judge that does not see it is no judge."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from uuid import UUID

from tests.chaos.evidence import Evidence


def lose(evidence: Evidence, dice: random.Random) -> str:
    """An incident that was acknowledged, and its alert, are nowhere."""
    acked = sorted({one["id"] for one in evidence.journal if one["what"] == "acked"})
    gone = dice.choice(acked)
    alert = evidence.incidents.pop(gone)["alert"]
    if not any(one["alert"] == alert for one in evidence.incidents.values()):
        evidence.alerts.pop(alert)
        evidence.steps.pop(alert)
        evidence.events = [one for one in evidence.events if one["alert"] != alert]
    return f"incident {gone} was taken out of the database"


def double(evidence: Evidence, dice: random.Random) -> str:
    """One alert is there twice, each with its account, and its patrol was asked twice."""
    offered = sorted(
        {(one["alert"], one["patrol"]) for one in evidence.events if one["type"] == "offer"}
    )
    alert, _ = dice.choice(offered)
    twin = str(UUID(int=dice.getrandbits(128)))
    evidence.alerts[twin] = {**evidence.alerts[alert], "id": twin}
    evidence.steps[twin] = copy.deepcopy(evidence.steps[alert])
    return f"alert {alert} was doubled as {twin}"


def ask_twice(evidence: Evidence, dice: random.Random) -> str:
    """A patrol saw one offer a second time."""
    rang = [one for one in evidence.history if one["what"] == "event" and one["type"] == "offer"]
    again = dice.choice(rang)
    evidence.history.insert(evidence.history.index(again) + 1, {**again})
    return f"{again['who']} saw the offer of {again['alert']} again"


TAMPERINGS: dict[str, Callable[[Evidence, random.Random], str]] = {
    "lose": lose,
    "double": double,
    "ask-twice": ask_twice,
}

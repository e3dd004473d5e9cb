"""How a simulated crew answers: how soon, whether, with what words. Pure: the dice are given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

DECLINE_REASONS = (
    "Helping at a traffic accident",
    "Taking a person to the station",
    "Refuelling, ten minutes",
    "Talking to a witness",
)
OUTCOMES: dict[str, tuple[tuple[float, str, str], ...]] = {
    "intrusion": (
        (0.55, "real", "Asked two people to leave the lawn; they did"),
        (0.25, "real", "One person, shown the way out"),
        (0.20, "false", "A gardener at work"),
    ),
    "loitering": (
        (0.60, "real", "Spoke to her; waiting for a friend, moved on"),
        (0.40, "false", "Nobody there when we came"),
    ),
    "line_crossing": (
        (0.50, "real", "Pedestrians on the service road, sent back"),
        (0.50, "false", "Staff with a badge"),
    ),
    "crowd": (
        (0.80, "real", "A queue at the entrance, let in by two doors"),
        (0.20, "false", "A school class that passed by"),
    ),
    "person_down": (
        (0.70, "real", "Elderly man had slipped; ambulance called"),
        (0.30, "false", "Somebody tying a shoe"),
    ),
    "fight": (
        (0.60, "real", "Two men separated, nobody hurt"),
        (0.40, "false", "Teenagers playing"),
    ),
    "collision": (
        (0.75, "real", "Two cars, dents only; the lane is free again"),
        (0.25, "false", "Parked bumper to bumper"),
    ),
    "stopped_vehicle": (
        (0.70, "real", "Flat tyre, pushed to the side"),
        (0.30, "false", "A delivery van, driver back at once"),
    ),
    "wrong_way": (
        (0.80, "real", "Driver turned round and was fined"),
        (0.20, "false", "Reversing into a yard"),
    ),
    "speeding": (
        (0.85, "real", "Stopped and spoken to"),
        (0.15, "false", "An ambulance on its way"),
    ),
    "abandoned_object": (
        (0.50, "real", "A forgotten backpack, handed to lost property"),
        (0.50, "false", "The owner stood by"),
    ),
    "fire": (
        (0.70, "real", "A burning litter bin, put out"),
        (0.30, "false", "Low sun on a window"),
    ),
    "smoke": (
        (0.60, "real", "Smouldering leaves, put out"),
        (0.40, "false", "Steam from a drain"),
    ),
    "camera_tamper": (
        (0.80, "real", "The lens was covered with tape; taken off"),
        (0.20, "false", "A spider on the lens"),
    ),
    "weapon": (
        (0.30, "real", "A knife, taken away"),
        (0.70, "false", "An umbrella"),
    ),
}
"""By kind of alert: probability, outcome, note."""
UNKNOWN_KIND = ((1.0, "real", "Seen to"),)

MIN_REACTION_S, MAX_REACTION_S = 1.5, 20.0


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Regular spells without any network."""

    every_s: float
    """From the end of one to the beginning of the next."""
    lasts_s: float


@dataclass(frozen=True, slots=True)
class Temper:
    """A crew's habits."""

    reaction_s: float = 4.0
    """Median time from an offer's ring to a tap."""
    spread: float = 0.45
    """Standard deviation of the reaction time's logarithm."""
    declines: float = 0.05
    """Probability of saying no."""
    looks_s: tuple[float, float] = (14.0, 24.0)
    """How long the crew looks around on the scene."""
    tunnel: Tunnel | None = None

    def reaction(self, dice: Random) -> float:
        """Seconds from the ring to the answer; log-normal, as human reaction times are."""
        seconds = dice.lognormvariate(math.log(self.reaction_s), self.spread)
        return min(max(seconds, MIN_REACTION_S), MAX_REACTION_S)

    def refusal(self, dice: Random) -> str | None:
        """Why the crew declines; None: it accepts."""
        return dice.choice(DECLINE_REASONS) if dice.random() < self.declines else None

    def look(self, dice: Random) -> float:
        """Seconds on the scene."""
        return dice.uniform(*self.looks_s)


def outcome_of(kind: str, dice: Random) -> tuple[str, str]:
    """What it turned out to be, and the note about it."""
    choices = OUTCOMES.get(kind, UNKNOWN_KIND)
    _, outcome, note = dice.choices(choices, [choice[0] for choice in choices])[0]
    return outcome, note

"""Stories in which a thing is left alone, and those in which it only looks like it.

Each takes a random generator and the place that it is drawn at; somebody comes at 8 s and the
thing stands from 8.5 s on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.drops import (
    Light,
    Random,
    Stop,
    Story,
    Thing,
    Walker,
    bag,
    car,
    chair,
    crosses,
    visits,
)

LONG_S = 45.0
"""How long each story is told."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where people walk in a picture."""

    size: tuple[int, int]
    """Width and height of the picture, pixels."""
    height: float
    """Of a person, in fractions of the picture's."""
    foot: float
    """Row of their feet, in fractions of the height."""

    @property
    def wide(self) -> float:
        """A person's height in fractions of the picture's width."""
        return self.height * self.size[1] / self.size[0]


def _who(random: Random) -> int:
    return int(random.integers(100))


def _bag(random: Random, ground: Ground, x: float, foot: float, from_s: float) -> Thing:
    high = max(6, round(random.uniform(0.22, 0.4) * ground.height * ground.size[1]))
    return Thing(bag(random, high), x, foot, from_s, label=BAG)


BAG = "bag"


def left(random: Random, ground: Ground) -> Story:
    """Comes at 8 s, puts it down, goes two seconds later."""
    x, foot = float(random.uniform(0.25, 0.7)), ground.foot + float(random.uniform(-0.03, 0.03))
    owner = visits(ground.height, foot, _who(random), x, 8.0, 10.0)
    thing = _bag(random, ground, x - 0.24 * ground.wide, foot, 8.5)
    return Story((owner,), (thing,), put_s=8.5, left_s=11.25)


def left_busy(random: Random, ground: Ground) -> Story:
    """Others walk past, in front of it too."""
    story = left(random, ground)
    others = [
        crosses(random, ground.height, ground.foot + 0.02 * k, 2.0 + 9 * k, _who(random))
        for k in range(1, 5)
    ]
    return Story((*story.walkers, *others), story.things, put_s=8.5, left_s=story.left_s)


def left_in_view(random: Random, ground: Ground) -> Story:
    """The owner waits 2.6 heights away and more."""
    story = left(random, ground)
    owner = story.walkers[0]
    gone = max(2.6 * ground.wide, 0.25)
    end = owner.way[1].x + (gone if owner.way[1].x < 0.5 else -gone)
    way = (*owner.way[:3], Stop(owner.way[2].at_s + 4, end), Stop(LONG_S, end))
    walker = Walker(owner.who, owner.height, owner.foot, way)
    return Story((walker,), story.things, put_s=8.5, left_s=story.left_s + 1)


def attended(random: Random, ground: Ground) -> Story:
    """The owner stands one height beside it."""
    story = left(random, ground)
    owner = story.walkers[0]
    end = owner.way[1].x + 0.8 * ground.wide
    way = (*owner.way[:3], Stop(owner.way[2].at_s + 2, end), Stop(LONG_S, end))
    return Story((Walker(owner.who, owner.height, owner.foot, way),), story.things)


def fetched(random: Random, ground: Ground) -> Story:
    """Left for twelve seconds and fetched."""
    story = left(random, ground)
    was = story.things[0]
    thing = Thing(was.picture, was.x, was.foot, was.from_s, 23.0, was.label)
    again = visits(ground.height, ground.foot, story.walkers[0].who, was.x, 22.5, 23.5)
    return Story((*story.walkers, again), (thing,))


def passing(random: Random, ground: Ground) -> Story:
    return Story(
        tuple(
            crosses(random, ground.height, ground.foot + 0.03 * k, 6.0 * k, _who(random))
            for k in range(6)
        )
    )


def removed(random: Random, ground: Ground) -> Story:
    """A thing that stood there from the beginning is taken away."""
    story = left(random, ground)
    thing = story.things[0]
    return Story(story.walkers, (Thing(thing.picture, thing.x, thing.foot, 0.0, 9.0),))


def stands_still(random: Random, ground: Ground) -> Story:
    x = float(random.uniform(0.25, 0.7))
    return Story((visits(ground.height, ground.foot, _who(random), x, 8.0, 60.0),))


def two_stand(random: Random, ground: Ground) -> Story:
    """Two people meet, stand for half a minute and go their ways."""
    x = float(random.uniform(0.35, 0.6))
    one = visits(ground.height, ground.foot, _who(random), x, 6.0, 38.0, 1.05)
    other = visits(
        ground.height, ground.foot, _who(random), x + 0.5 * ground.wide, 8.0, 38.0, -0.05
    )
    return Story((one, other))


def car_parks(random: Random, ground: Ground) -> Story:
    """A car parks; its driver walks off."""
    high = round(0.8 * ground.height * ground.size[1])
    x = float(random.uniform(0.3, 0.7))
    parked = Thing(car(random, high), x, ground.foot, 5.0, label="car", moves_from=-0.3)
    stops = (Stop(12.0, x), Stop(14.0, x), Stop(25.0, 1.05))
    driver = Walker(_who(random), ground.height, ground.foot + 0.02, stops)
    return Story((driver,), (parked,))


def chair_moved(random: Random, ground: Ground) -> Story:
    """Somebody moves a chair by half a height and more, and goes."""
    x = float(random.uniform(0.3, 0.7))
    high = max(6, round(0.45 * ground.height * ground.size[1]))
    picture, foot = chair(random, high), ground.foot + 0.01
    to = x + float(random.choice((-1, 1)) * random.uniform(0.45, 0.8)) * ground.wide
    walker = visits(ground.height, ground.foot, _who(random), x, 8.0, 10.0)
    return Story((walker,), (Thing(picture, x, foot, 0.0, 9.0), Thing(picture, to, foot, 9.0)))


def _lit(random: Random, ground: Ground, strengths: tuple[float, ...], is_hard: bool) -> Story:
    x = float(random.uniform(0.3, 0.7))
    half = float(random.uniform(0.2, 0.4)) * ground.height
    wide = half * ground.size[1] / ground.size[0] * float(random.uniform(0.7, 1.6))
    box = (x - wide / 2, ground.foot - half, x + wide / 2, ground.foot)
    walker = visits(ground.height, ground.foot, _who(random), x, 8.0, 9.0)
    tint = tuple(float(t) for t in random.uniform(0.85, 1.15, 3))
    light = Light(8.5, float(random.choice(strengths)), box, is_hard, (tint[0], tint[1], tint[2]))
    return Story((walker,), lights=(light,))


def light_patch(random: Random, ground: Ground) -> Story:
    """A soft patch of light, or a soft shadow, comes where somebody walks."""
    return _lit(random, ground, (-0.5, 0.6, 0.9), False)


def sun_patch(random: Random, ground: Ground) -> Story:
    """Sun through a window: a patch with hard edges, here and there burnt out."""
    return _lit(random, ground, (0.4, 0.7, 1.0), True)


def hard_shadow(random: Random, ground: Ground) -> Story:
    """The shadow of a thing out of sight falls there."""
    return _lit(random, ground, (-0.35, -0.5, -0.6), True)


def lamp_on(random: Random, ground: Ground) -> Story:
    """A lamp lights a third of the picture, and somebody walks there."""
    x = float(random.uniform(0.3, 0.7))
    box = (x - 0.3, ground.foot - 0.4, x + 0.3, ground.foot + 0.3)
    walker = visits(ground.height, ground.foot, _who(random), x, 8.0, 9.0)
    return Story((walker,), lights=(Light(8.5, float(random.uniform(0.3, 0.8)), box),))


Tell = Callable[[Random, Ground], Story]

LEFT: dict[str, Tell] = {"left": left, "left_busy": left_busy, "left_in_view": left_in_view}
NOT_LEFT: dict[str, Tell] = {
    "attended": attended,
    "fetched": fetched,
    "passing": passing,
    "removed": removed,
    "stands_still": stands_still,
    "two_stand": two_stand,
    "car_parks": car_parks,
    "chair_moved": chair_moved,
    "light_patch": light_patch,
    "sun_patch": sun_patch,
    "hard_shadow": hard_shadow,
    "lamp_on": lamp_on,
}

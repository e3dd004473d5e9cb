"""The long idle scenes on which decoding key frames alone is judged."""

from __future__ import annotations

from dataclasses import replace

from tests.support.footage import Recipe, Walk, arrivals
from tests.support.weather import Weather

FIRST_S = 60.0
"""Nobody comes before: the gate learns the place."""
EVERY_S = 50.0

NIGHT = Weather(dark=0.6, noise=10.0, gain_flicker=0.02)
WEATHERS = {
    "clean": Weather(noise=1.5),
    "night noise": NIGHT,
    "rain": Weather(rain=1.5, noise=3.0),
    "trees, flag": Weather(sway_px=8.0, noise=1.5),
    "pumping": Weather(pumping=0.25, drift=0.2, noise=2.0),
    "headlights": Weather(dark=0.6, noise=6.0, headlights_every_s=31.0),
    "insects": Weather(dark=0.6, noise=6.0, insects_every_s=20.0),
    "daylight": Weather(drift=0.35, noise=2.0),
}


def scenes(seconds: float, size: tuple[int, int], fps: float) -> dict[str, Recipe]:
    """Name -> recipe; the same length, size and rate for all."""
    common = Recipe(seconds=seconds, size=size, fps=fps)
    found = {
        name: replace(common, weather=weather, walks=_walks(seconds, seed), seed=seed)
        for seed, (name, weather) in enumerate(WEATHERS.items(), 11)
    }
    found["300 kbit/s"] = replace(
        common,
        weather=Weather(noise=4.0),
        bit_rate=300_000,
        walks=_walks(seconds, 31),
        seed=31,
    )
    found["night, 300 kbit/s"] = replace(
        common, weather=NIGHT, bit_rate=300_000, walks=_walks(seconds, 32), seed=32
    )
    return found


def special(size: tuple[int, int], fps: float) -> dict[str, Recipe]:
    """Somebody who stops and stays; somebody who comes as the light jumps."""
    stays = Walk(at_s=60.0, height=0.16, speed=1.0, foot=0.7, stops_at=0.4, who=3)
    jump = Walk(at_s=59.0, height=0.16, speed=1.0, foot=0.7, who=5)
    return {
        "stops and stays": Recipe(
            seconds=180.0, size=size, fps=fps, walks=(stays,), weather=Weather(noise=3.0)
        ),
        "comes as the light jumps": Recipe(
            seconds=80.0,
            size=size,
            fps=fps,
            walks=(jump,),
            weather=Weather(dark=0.4, noise=4.0, jump_at_s=60.5),
        ),
    }


def _walks(seconds: float, seed: int) -> tuple[Walk, ...]:
    return arrivals(seconds, EVERY_S, seed, first_s=FIRST_S)

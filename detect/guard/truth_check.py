"""What people get wrong in a truth file, said so that they can mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

BESIDE = 0.5
"""So far outside of the frame a hand may have drawn; what is farther out was meant in pixels."""
NEEDS = '{"events": [...]}'


def check(data: Any) -> None:
    """Raises ValueError that names the event, counted from 1, and the key."""
    if not isinstance(data, Mapping):
        raise ValueError(f"it must hold one object, {NEEDS}")
    events = data.get("events", [])
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise ValueError(f"events must be a list, {NEEDS}")
    for number, event in enumerate(events, 1):
        try:
            _check_event(event)
        except ValueError as error:
            raise ValueError(f"event {number}: {error}") from None


def _check_event(event: Any) -> None:
    if not isinstance(event, Mapping):
        raise ValueError('it must be an object, {"type": ..., "start_s": ..., "end_s": ...}')
    if not (event.get("type") or event.get("kind")):
        raise ValueError("it lacks type")
    given = {key: value for key, value in event.items() if value is not None}
    if "t_s" not in given and not {"start_s", "end_s"} <= given.keys():
        raise ValueError("it lacks start_s and end_s (seconds from the clip's beginning)")
    times = [_number(key, given[key]) for key in ("t_s", "start_s", "end_s") if key in given]
    if times[-1] < times[0]:
        raise ValueError(f"it ends ({times[-1]:g} s) before it starts ({times[0]:g} s)")
    for key, least in (("polygon", 3), ("line", 2)):
        if key in given:
            _check_points(key, given[key], least)
    if "box" in given:
        box = given["box"]
        if not isinstance(box, Sequence) or isinstance(box, str) or len(box) != 4:
            raise ValueError("box must be [left, top, right, bottom]")
        for value in box:
            _check_fraction("box", value)


def _check_points(key: str, points: Any, least: int) -> None:
    if not isinstance(points, Sequence) or isinstance(points, str) or len(points) < least:
        raise ValueError(f"{key} must be a list of at least {least} points [x, y]")
    for point in points:
        if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 2:
            raise ValueError(f"{key} must be a list of points [x, y]")
        for value in point:
            _check_fraction(key, value)


def _check_fraction(key: str, value: Any) -> None:
    number = _number(key, value)
    if not -BESIDE <= number <= 1 + BESIDE:
        raise ValueError(
            f"{key}: {number:g} is no fraction of the frame, 0 to 1; divide pixels by its width "
            "and height"
        )


def _number(key: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{key}: {value!r} is no number") from None


def meant(word: str, known: Sequence[str]) -> str:
    """A hint at the word that was meant, or nothing."""
    near = get_close_matches(word, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""

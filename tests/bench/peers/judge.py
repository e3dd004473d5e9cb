"""From what a contestant saw to whether it kept up. Pure.

One rule for all: a picture is identified by the number on it, its time of sending comes from the
sender's own schedule, and it counts by when it was *sent*, whatever the contestant did meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tests.bench.peers.contract import Record

DONE_SHARE = 0.99
P99_LIMIT_S = 0.5
GROWTH_S = 0.1
"""How much longer the median latency of the last third may be than that of the first."""
FLOOR_GAP_S = 2.0
"""Longest time between two analysed pictures of a camera that a pace of one's own may leave."""
SEEN_WITHIN_S = 2.0
SAME_IOU = 0.3

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody or something that the footage brings into view."""

    picture: int
    """The first on which it is in full view."""
    labels: frozenset[int]
    """Classes that count as having seen it."""
    boxes: Mapping[int, Box]
    """By picture, fractions of it, from the first one on for two seconds."""


@dataclass(frozen=True, slots=True)
class Sending:
    """When each camera sent what."""

    fps: float
    pictures: int
    """In the looped file."""
    starts: tuple[int, ...]
    """Of each camera: the picture it began with."""
    base_s: Mapping[int, float]
    """Of each camera: monotonic time of its first picture."""

    def sent(self, record: Record) -> tuple[int, float]:
        """The record's picture, counted from the camera's first, and when it was sent.

        The latest with the record's number that was sent before the record was done.
        """
        begun_s = record.done_s - self.base_s[record.camera]
        latest = int(begun_s * self.fps)
        shown = (self.starts[record.camera] + latest) % self.pictures
        count = latest - (shown - record.stamp) % self.pictures
        return count, self.base_s[record.camera] + count / self.fps


@dataclass(frozen=True, slots=True)
class Window:
    """The measured time on the monotonic clock."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one run went."""

    cameras: int
    scheduled: int
    done: int
    p50_ms: float
    p99_ms: float
    """From the sending; of a picture that an idle camera asks for once it wakes, from then."""
    p99_sent_ms: float
    """From the sending of every picture, those included."""
    asked_later: int
    """How many those are."""
    growth_ms: float
    """Median latency of the last third less that of the first."""
    longest_gap_s: float
    """Between two analysed pictures of one camera."""
    analysed_fps: float
    """A camera's mean."""
    arrivals: int
    arrivals_seen: int
    arrival_p50_s: float
    """From the sending of an arrival's first picture to its first detection."""
    arrival_max_s: float
    failures: tuple[str, ...]
    """Why it did not keep up; empty when it did."""

    @property
    def is_sustained(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class _Seen:
    record: Record
    count: int
    sent_s: float

    @property
    def latency_s(self) -> float:
        return self.record.done_s - max(self.sent_s, self.record.asked_s or 0.0)


def judge(
    records: Sequence[Record],
    sending: Sending,
    window: Window,
    *,
    fps: float,
    cameras: int,
    arrivals: Sequence[Arrival] = (),
    own_pace: bool = False,
    skipped: int = 0,
) -> Verdict:
    """Judge what was sent within the window.

    With `own_pace` the scheduled pictures are those that the contestant's pace asked for (by
    `Record.seq`) and the `skipped` ones, and every camera must have been looked at often enough;
    else `fps` a camera.
    """
    seen = _within(records, sending, window)
    done, scheduled = _done(seen, window, fps, cameras, own_pace=own_pace)
    scheduled += skipped if own_pace else 0
    everyone = [one for per_camera in seen.values() for one in per_camera]
    latency_s = [one.latency_s for one in everyone]
    gap_s = max((_longest_gap_s(seen[c], window) for c in range(cameras)), default=0.0)
    delays_s, there = _arrivals(seen, sending, window, arrivals, cameras)
    verdict = Verdict(
        cameras=cameras,
        scheduled=scheduled,
        done=done,
        p50_ms=_percentile_ms(latency_s, 50),
        p99_ms=_percentile_ms(latency_s, 99),
        p99_sent_ms=_percentile_ms([one.record.done_s - one.sent_s for one in everyone], 99),
        asked_later=sum(one.record.asked_s is not None for one in everyone),
        growth_ms=_growth_ms(seen, window),
        longest_gap_s=round(gap_s, 2),
        analysed_fps=round(len(latency_s) / max(1, cameras) / window.seconds, 2),
        arrivals=there,
        arrivals_seen=len(delays_s),
        arrival_p50_s=round(_percentile_ms(delays_s, 50) / 1000, 3),
        arrival_max_s=round(_percentile_ms(delays_s, 100) / 1000, 3),
        failures=(),
    )
    return _with_failures(verdict, own_pace=own_pace)


def _with_failures(verdict: Verdict, *, own_pace: bool) -> Verdict:
    failures = []
    if verdict.done < DONE_SHARE * verdict.scheduled or not verdict.scheduled:
        failures.append(f"{verdict.done} of {verdict.scheduled} scheduled analyses done")
    if verdict.p99_ms > P99_LIMIT_S * 1000:
        failures.append(f"p99 {verdict.p99_ms:.0f} ms")
    if verdict.growth_ms > GROWTH_S * 1000:
        failures.append(f"latency grew by {verdict.growth_ms:.0f} ms")
    if own_pace and verdict.longest_gap_s > FLOOR_GAP_S:
        failures.append(f"a camera not looked at for {verdict.longest_gap_s:.1f} s")
    return replace(verdict, failures=tuple(failures))


def _within(
    records: Sequence[Record], sending: Sending, window: Window
) -> defaultdict[int, list[_Seen]]:
    """What was sent within the window, by camera, each picture once, in order of sending."""
    by_picture: dict[tuple[int, int], _Seen] = {}
    for record in records:
        if record.camera not in sending.base_s:
            continue
        count, sent_s = sending.sent(record)
        if window.start_s <= sent_s < window.end_s:
            by_picture.setdefault((record.camera, count), _Seen(record, count, sent_s))
    seen: defaultdict[int, list[_Seen]] = defaultdict(list)
    for one in sorted(by_picture.values(), key=lambda one: one.sent_s):
        seen[one.record.camera].append(one)
    return seen


def _done(
    seen: Mapping[int, list[_Seen]], window: Window, fps: float, cameras: int, *, own_pace: bool
) -> tuple[int, int]:
    """Analyses done and scheduled; more than scheduled of one camera make up for no other."""
    if own_pace:
        done = scheduled = 0
        for per_camera in seen.values():
            numbers = [one.record.seq for one in per_camera if one.record.seq is not None]
            done += len(numbers)
            scheduled += max(numbers) - min(numbers) + 1 if numbers else 0
        return done, scheduled
    each = int(fps * window.seconds)
    return sum(min(each, len(seen.get(c, ()))) for c in range(cameras)), each * cameras


def _longest_gap_s(seen: Sequence[_Seen], window: Window) -> float:
    times = [window.start_s, *(one.sent_s for one in seen), window.end_s]
    return float(np.diff(times).max())


def _growth_ms(seen: Mapping[int, list[_Seen]], window: Window) -> float:
    third_s = window.seconds / 3
    first, last = [], []
    for per_camera in seen.values():
        for one in per_camera:
            if one.sent_s < window.start_s + third_s:
                first.append(one.latency_s)
            elif one.sent_s >= window.end_s - third_s:
                last.append(one.latency_s)
    return round(_percentile_ms(last, 50) - _percentile_ms(first, 50), 1)


def _percentile_ms(values_s: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values_s, percent)) * 1000, 1) if len(values_s) else 0.0


def _arrivals(
    seen: Mapping[int, list[_Seen]],
    sending: Sending,
    window: Window,
    arrivals: Sequence[Arrival],
    cameras: int,
) -> tuple[list[float], int]:
    """How long each arrival took that was detected within two seconds, and how many there were
    whose two seconds lie within the window.
    """
    delays_s, there = [], 0
    for camera in range(cameras):
        if camera not in sending.base_s:
            continue
        for arrival in arrivals:
            for first in _times(arrival, camera, sending, window):
                there += 1
                sent_s = sending.base_s[camera] + first / sending.fps
                shown = [
                    one.record.done_s - sent_s
                    for one in seen.get(camera, ())
                    if _shows(one, first, arrival)
                ]
                if shown and min(shown) <= SEEN_WITHIN_S:
                    delays_s.append(min(shown))
    return delays_s, there


def _times(arrival: Arrival, camera: int, sending: Sending, window: Window) -> list[int]:
    """Counts of the arrival's first picture at this camera, whose two seconds lie within."""
    base_s, fps = sending.base_s[camera], sending.fps
    first = (arrival.picture - sending.starts[camera]) % sending.pictures
    earliest = int(np.ceil((window.start_s - base_s) * fps))
    latest = int((window.end_s - SEEN_WITHIN_S - base_s) * fps)
    skipped = max(0, -(-(earliest - first) // sending.pictures))
    return list(range(first + skipped * sending.pictures, latest + 1, sending.pictures))


def _shows(seen: _Seen, first: int, arrival: Arrival) -> bool:
    """Whether a detection on this picture is the arrival."""
    truth = arrival.boxes.get(arrival.picture + seen.count - first)
    if truth is None:
        return False
    return any(
        label in arrival.labels and overlap(truth, (x1, y1, x2, y2)) >= SAME_IOU
        for label, _, x1, y1, x2, y2 in seen.record.boxes
    )


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    area = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return both / (area - both)

"""A video of a crash, a breakdown or ordinary traffic, made of cut-outs of a real clip's cars.

    .venv/bin/python -m tests.bench.traffic_film CLIP OUT.mp4 \\
        --event crash|head_on|breakdown|none --at 14.4 --car 0.309,0.699,0.404,0.822 \\
        --lane 0.36,0.98,0.44,0.5 --horizon 0.31 [--seed 1]

The road is the median of the clip's pictures, which traffic leaves empty; the car under `--car` at
second `--at` is pasted on it along the lane, drawn larger the nearer it is, with noise of a sensor.
The detector sees it as a real one: what is looked at is the whole way to the annotated frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
FPS, SECONDS = 15, 30.0
PICTURES = 61
EVENT_S = 8.0
EVENTS = "crash", "head_on", "breakdown", "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clip", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--event", choices=EVENTS, default="crash")
    parser.add_argument("--at", type=float, default=14.4)
    parser.add_argument("--car", type=_numbers, default="0.309,0.699,0.404,0.822")
    parser.add_argument("--lane", type=_numbers, default="0.36,0.98,0.44,0.5")
    parser.add_argument("--horizon", type=float, default=0.31)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    road, car = material(options.clip, options.at, options.car)
    foot = (options.car[3] - options.horizon) * road.shape[0]
    rng = np.random.default_rng(options.seed)
    with av.open(str(options.out), "w") as film:
        stream = film.add_stream("libx264", rate=FPS)
        stream.height, stream.width = road.shape[:2]
        stream.pix_fmt = "yuv420p"
        noise = rng.normal(0, 2.0, road.shape).astype(np.float32)
        for number in range(round(SECONDS * FPS)):
            picture = road.copy()
            for depth, aside in sorted(_cars(options.event, number / FPS), reverse=True):
                _paste(picture, car, depth, aside, options, foot)
            noisy = picture + np.roll(noise, tuple(rng.integers(0, 200, 2)), (0, 1))
            frame = av.VideoFrame.from_ndarray(
                np.clip(noisy, 0, 255).astype(np.uint8), format="bgr24"
            )
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def material(clip: Path, at_s: float, car: tuple[float, ...]) -> tuple[Image, Image]:
    """The empty road, and the car: (h, w, 3) BGR."""
    kept: list[Image] = []
    whole: Image | None = None
    with av.open(str(clip)) as source:
        step = max(1, source.streams.video[0].frames // PICTURES)
        for number, frame in enumerate(source.decode(video=0)):
            is_it = whole is None and (frame.time or 0.0) >= at_s
            if number % step == 0 or is_it:
                picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                kept += [picture] if number % step == 0 else []
                whole = picture if is_it else whole
    if whole is None:
        raise SystemExit(f"the clip ends before {at_s} s")
    road = np.median(np.stack(kept), axis=0).astype(np.uint8)
    height, width = road.shape[0] & ~1, road.shape[1] & ~1
    x1, x2 = (round(x * width) for x in (car[0], car[2]))
    y1, y2 = (round(y * height) for y in (car[1], car[3]))
    return road[:height, :width], whole[y1:y2, x1:x2]


def _cars(event: str, t_s: float) -> list[tuple[float, float]]:
    """Depth (1 is where the lane begins) and lanes aside of each car at a time."""
    speed, length = 0.28, 0.16
    stop = 1.0 + speed * (EVENT_S - 2.0)  # where the first one comes to a stand
    cars = [(1.0 + speed * (t_s - start), -1.0) for start in (0.0, 5.5, 12.0, 16.5, 21.0, 25.5)]
    first = 1.0 + speed * (t_s - 2.0)
    if event == "none":
        return [*cars, (first, 0.0)]
    if event == "head_on":
        before_s = max(0.0, EVENT_S - t_s)
        thrown = 0.3 * length * (1 - np.exp(-max(0.0, t_s - EVENT_S) / 0.2))
        other = stop + length + speed * before_s + 0.3 * thrown
        return [*cars, (stop - speed * before_s - thrown, 0.0), (other, 0.08 + thrown)]
    slow_s = 1.2
    late = np.clip(t_s - (EVENT_S - slow_s), 0.0, 2 * slow_s)
    first = min(first, stop - speed * slow_s) + speed * (late - late**2 / (4 * slow_s))
    if event == "breakdown":
        return [*cars, (first, 0.0)]
    hit_s = EVENT_S + slow_s
    rest = stop + 0.5 * length  # pushed on
    second = 1.0 + 1.25 * speed * (t_s - hit_s) + (stop - length - 1.0)
    if t_s < hit_s:
        return [*cars, (first, 0.0), (second, 0.0)]
    pushed = rest - 0.5 * length * np.exp(-(t_s - hit_s) / 0.25)
    return [*cars, (pushed, 0.0), (pushed - length, 0.06)]


def _paste(
    picture: Image, car: Image, depth: float, aside: float, options: argparse.Namespace, foot: float
) -> None:
    """The car at its depth; nothing where that is out of the picture."""
    if not 0.95 < depth < 6:
        return
    height, width = picture.shape[:2]
    ax, ay, bx, by = options.lane
    y = options.horizon + (ay - options.horizon) / depth
    x = ax + (bx - ax) * (ay - y) / (ay - by) + aside * 0.25 / depth
    scale = (y - options.horizon) * height / foot
    rows, columns = max(2, round(car.shape[0] * scale)), max(2, round(car.shape[1] * scale))
    source = av.VideoFrame.from_ndarray(np.ascontiguousarray(car), format="bgr24")
    small = source.reformat(columns, rows, interpolation="AREA").to_ndarray(format="bgr24")
    across, down = np.linspace(-1, 1, columns), np.linspace(-1, 1, rows)
    soft = np.clip((1 - np.abs(across)) * 8, 0, 1) * np.clip((1 - np.abs(down)) * 8, 0, 1)[:, None]
    left, top = round(x * width - columns / 2), round(y * height) - rows
    x1, x2, y1, y2 = max(0, left), min(width, left + columns), max(0, top), min(height, top + rows)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return
    part = (slice(y1 - top, y2 - top), slice(x1 - left, x2 - left))
    mask = soft[part][..., None]
    under = picture[y1:y2, x1:x2]
    picture[y1:y2, x1:x2] = (mask * small[part] + (1 - mask) * under).astype(np.uint8)


def _numbers(words: str) -> tuple[float, ...]:
    numbers = tuple(float(word) for word in words.split(","))
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError("four numbers are needed")
    return numbers


if __name__ == "__main__":
    main()

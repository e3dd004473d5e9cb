"""`qalqan models quantize`: a model's convolutions in integers, kept only if nothing is lost."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
from onnx import version_converter

from detect.catalog import Catalog, Prepared
from detect.choosing import LEAST_GAIN, allowed
from detect.convert.int8 import with_int8_convolutions
from detect.convert.ranges import measure
from detect.detections import Detections
from detect.detector import Detector
from detect.engines.base import Engine
from detect.engines.build import build, candidates
from detect.engines.choice import Candidate
from detect.engines.race import race
from detect.engines.samples import street
from detect.errors import InferenceFailed, WrongGraph
from detect.gate import Slice, refusal, slices
from detect.manifest import ModelManifest
from ingest.camera import CameraId
from ingest.frame import FrameSize, Image
from ingest.sources.file import open_file

PICTURES_PER_S = 1.0
MOST_PICTURES = 120
"""Of a clip, for each of the two purposes."""
CALIBRATION_PICTURES = 40
LEAST_OPSET = 13
"""From it on a tensor can be quantised channel by channel."""

Say = Callable[[str], None]


class Refused(Exception):
    """The quantised model is not kept; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The first half of each clip is for measuring ranges, the second for judging."""

    calibration: list[Image]
    held_out: list[Image]


def quantise(catalog: Catalog, name: str, clips: Sequence[str], say: Say) -> list[Slice]:
    """Quantise a fetched model by clips, judge it, keep it.

    Raises `Refused`, and keeps nothing, when it loses boxes or is not faster than what runs now;
    `ModelError` when the model cannot be used, `IngestError` when a clip cannot be read.
    """
    manifest, prepared = catalog.manifest(name), catalog.prepared(name)
    pictures = split(clips, FrameSize(manifest.input.width, manifest.input.height))
    say(f"{name}: measuring ranges on {len(pictures.calibration)} pictures")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.int8.onnx"
        ranges = measure(prepared.graph, pictures.calibration, _box(manifest))
        path.write_bytes(int8_graph(prepared.graph, ranges))
        say(f"{name}: judging on {len(pictures.held_out)} pictures")
        trial = replace(prepared, int8=path)
        found = judged(manifest, trial, pictures.held_out)
        for one in found:
            say(str(one))
        why = refusal(found) or slower(manifest, trial)
        if why is not None:
            raise Refused(f"{name} stays as it is: {why}")
        catalog.keep_int8(name, path.read_bytes(), json.dumps(ranges, indent=1).encode())
    return found


def split(clips: Sequence[str], box: FrameSize) -> Pictures:
    """Pictures of the clips, scaled into `box`."""
    parts = Pictures([], [])
    for clip in clips:
        images = list(_images(clip, box))
        half = len(images) // 2
        parts.calibration.extend(_spread(images[:half], CALIBRATION_PICTURES))
        parts.held_out.extend(_spread(images[half:], MOST_PICTURES))
    if not parts.calibration:
        raise Refused("the clips are too short: two seconds are the least")
    return parts


def int8_graph(graph: Path, ranges: dict[str, tuple[float, float]]) -> bytes:
    """The prepared graph with its convolutions in integers. Raises `WrongGraph`."""
    model = onnx.load(graph)
    opset = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    if opset < LEAST_OPSET:
        model = version_converter.convert_version(model, LEAST_OPSET)
    if not ranges:
        raise WrongGraph(f"{graph.name} has no convolution that could be quantised")
    quantised: bytes = with_int8_convolutions(model, ranges).SerializeToString(deterministic=True)
    return quantised


def judged(manifest: ModelManifest, prepared: Prepared, pictures: Sequence[Image]) -> list[Slice]:
    """What full precision is sure of and the quantised graph finds again; the worst engine's."""
    reference = _seen(manifest, prepared, Candidate("onnxruntime", "fp32"), pictures)
    found = []
    for way in candidates(("int8",), precision="int8"):
        got = _seen(manifest, prepared, way, pictures)
        found.append(slices(reference, got, manifest.classes))
    return min(found, key=lambda one: one[0].again)


def slower(manifest: ModelManifest, prepared: Prepared) -> str | None:
    """Why integers gain nothing on this machine, or None."""
    engines: dict[Candidate, Engine] = {}
    for way in candidates({*allowed(manifest, prepared), "int8"}):
        try:
            engines[way] = build(way, prepared.graph, prepared.int8, 1)
        except WrongGraph:
            continue  # this machine cannot do it
    slot = _detector(manifest, prepared, next(iter(engines.values()))).usual_slot
    try:
        taken = race(engines, street(slot, 0), os.cpu_count() or 1)
    except InferenceFailed as error:
        return str(error)
    best = {is_int8: _fastest(taken, is_int8=is_int8) for is_int8 in (True, False)}
    if taken[best[True]] * LEAST_GAIN < taken[best[False]]:
        return None
    now, then = taken[best[False]] * 1e3, taken[best[True]] * 1e3
    return f"{best[True]} takes {then:.1f} ms a frame, {best[False]} {now:.1f}"


def _fastest(taken: dict[Candidate, float], *, is_int8: bool) -> Candidate:
    ways = [way for way in taken if (way.precision == "int8") == is_int8]
    return min(ways, key=lambda way: taken[way])


def _seen(
    manifest: ModelManifest, prepared: Prepared, way: Candidate, pictures: Sequence[Image]
) -> list[Detections]:
    engine = build(way, prepared.graph, prepared.int8, os.cpu_count() or 1)
    detector = _detector(manifest, prepared, engine)
    return [detector.detect([picture])[0] for picture in pictures]


def _detector(manifest: ModelManifest, prepared: Prepared, engine: Engine) -> Detector:
    return Detector(manifest, engine, prepared.source_sha256)


def _box(manifest: ModelManifest) -> FrameSize:
    return FrameSize(manifest.input.width, manifest.input.height)


def _images(clip: str, box: FrameSize) -> Iterator[Image]:
    for frame in open_file(clip, CameraId("clip"), PICTURES_PER_S, box):
        yield frame.image.copy()  # a frame's memory may be used again


def _spread(images: Sequence[Image], most: int) -> list[Image]:
    """At most so many, evenly spread."""
    step = max(1, -(-len(images) // most))
    return list(images[::step])

"""Chooses what a model runs on: measured once on this machine, then remembered."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from detect.catalog import Prepared
from detect.detections import Detections
from detect.engines.base import Engine
from detect.engines.build import build, candidates, import_runtime
from detect.engines.choice import Candidate, Choice, ChoiceFile, key_of
from detect.engines.machine import machine
from detect.engines.race import race
from detect.engines.samples import street
from detect.errors import InferenceFailed, ModelError, WrongGraph
from detect.looking.agreement import Found, agreement
from detect.manifest import ModelManifest
from ingest.frame import FrameSize, Image

log = logging.getLogger(__name__)

SAMPLES = 8
LEAST_AGREEMENT = 0.9
"""Of the sure boxes in the drawn scenes; what a model loses on real ones is measured on clips, and
its manifest says which precisions passed."""
LEAST_GAIN = 1.1
"""A lower precision must be faster than full precision by this factor."""


class Seer(Protocol):
    """What is made of an engine: a detector."""

    @property
    def usual_slot(self) -> FrameSize:
        """Engines are compared and timed on pictures of this size."""
        ...

    def try_out(self) -> None: ...

    def detect(self, images: Sequence[Image]) -> list[Detections]: ...


@dataclass(frozen=True, slots=True)
class Chosen:
    engine: Engine
    choice: Choice
    is_tried: bool
    """Whether the whole try-out passed: just now, or on this machine with the same files before."""


@dataclass(frozen=True, slots=True)
class Job:
    """A model that needs an engine."""

    prepared: Prepared
    precisions: tuple[str, ...]
    """Those that the model may run in."""
    threads: int
    see: Callable[[Engine], Seer]

    def build(self, way: Candidate) -> Engine:
        return build(way, self.prepared.graph, self.prepared.int8, self.threads)

    @property
    def lanes(self) -> int:
        return max(1, (os.cpu_count() or 1) // self.threads)


def choose(job: Job, engine: str = "auto", precision: str = "auto") -> Chosen:
    """The engine for a model: the fastest here that sees what full precision sees.

    What is asked for by name is not measured against others. Raises `WrongGraph` when nothing can
    run it, ValueError for a name that is none.
    """
    ways = candidates(job.precisions, engine=engine, precision=precision)
    if not ways:
        name = job.prepared.graph.parent.name
        raise WrongGraph(f"model {name} cannot run in {precision} on {engine} on this machine")
    if len(ways) == 1:
        return Chosen(job.build(ways[0]), Choice(ways[0], "no other was allowed"), False)
    file, key = _file(job.prepared), key_of(job.prepared.sha256s, machine(), ways, job.threads)
    known = file.recall(key)
    if known is not None and known.candidate in ways:
        try:
            return Chosen(job.build(known.candidate), known, True)
        except ModelError as error:
            log.warning("%s was chosen before, but: %s", known.candidate, error)
    name = job.prepared.graph.parent.name
    log.info("finding the fastest engine for %s on this machine, once: some seconds", name)
    chosen = _measured(job, ways)
    file.keep(key, chosen.choice)
    return chosen


def remembered(manifest: ModelManifest, prepared: Prepared, threads: int) -> Choice | None:
    """What `auto` takes on this machine, if that has been measured."""
    ways = candidates(allowed(manifest, prepared))
    return _file(prepared).recall(key_of(prepared.sha256s, machine(), ways, threads))


def preload(manifest: ModelManifest, prepared: Prepared, threads: int) -> None:
    """Import the runtime that `auto` will take, so that a later load need not wait for it."""
    known = remembered(manifest, prepared, threads)
    if known is not None:
        import_runtime(known.candidate)


def allowed(manifest: ModelManifest, prepared: Prepared, asked: str = "auto") -> tuple[str, ...]:
    """Precisions that a model may run in: those that were measured to be good, or asked for."""
    good = {"fp32": True, "bf16": manifest.bf16, "int8": prepared.int8 is not None}
    return tuple(name for name, is_good in good.items() if is_good or name == asked)


def _file(prepared: Prepared) -> ChoiceFile:
    return ChoiceFile(prepared.graph.parent / "engine.json")


def _measured(job: Job, ways: Sequence[Candidate]) -> Chosen:
    """Race those that run and agree with the first that does."""
    fit = _fit(job, ways)
    speeds = race(fit.engines, fit.pictures[0], job.lanes, is_one_core_each=job.threads == 1)
    way = fastest(speeds)
    return Chosen(fit.engines[way], Choice(way, reason_for(way, speeds, fit.out)), True)


class _Fit(NamedTuple):
    engines: dict[Candidate, Engine]
    out: dict[Candidate, str]
    pictures: list[Image]


def _fit(job: Job, ways: Sequence[Candidate]) -> _Fit:
    """Engines that run the model and see what the first sees; of the others, why not.

    Raises `WrongGraph` when the first cannot run it: it is the one that is strict about graphs.
    """
    fit = _Fit({}, {}, [])
    reference: list[Detections] | None = None
    for way in ways:
        try:
            engine = job.build(way)
            seer = job.see(engine)
            seer.try_out()
            if not fit.pictures:
                fit.pictures.extend(street(seer.usual_slot, seed) for seed in range(SAMPLES))
            seen = [seer.detect([picture])[0] for picture in fit.pictures]
        except (WrongGraph, InferenceFailed) as error:
            if reference is None:
                raise
            fit.out[way] = str(error)
            continue
        reference = seen if reference is None else reference
        wrong = disagreement(agreement(reference, seen))
        if wrong is None:
            fit.engines[way] = engine
        else:
            fit.out[way] = wrong
    return fit


def disagreement(found: Found) -> str | None:
    """Why a way of running the model is out, or None."""
    if found.share >= LEAST_AGREEMENT:
        return None
    return f"sees only {found.again} of {found.of} sure boxes the same"


def fastest(seconds: Mapping[Candidate, float]) -> Candidate:
    """The fastest; one of lower precision only where that is worth it."""
    full = {way: s for way, s in seconds.items() if way.precision == "fp32"}
    best = min(seconds, key=lambda way: seconds[way])
    if full and min(full.values()) < seconds[best] * LEAST_GAIN:
        return min(full, key=lambda way: full[way])
    return best


def reason_for(
    way: Candidate, seconds: Mapping[Candidate, float], out: Mapping[Candidate, str]
) -> str:
    """Why `way`, for a person: its time, that of the others, and what is wrong with the rest."""
    others = sorted((s, str(other)) for other, s in seconds.items() if other != way)
    told = [f"{way} {seconds[way] * 1e3:.1f} ms a frame"]
    told += [f"{name} {s * 1e3:.1f}" for s, name in others]
    told += [f"{other} is out: {why}" for other, why in out.items()]
    return "; ".join(told)

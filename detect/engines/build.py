"""The ways that a prepared model can be run on this machine, and making an engine for one."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from detect.engines.base import ENGINES, PRECISIONS, Engine
from detect.engines.choice import Candidate
from detect.errors import WrongGraph


def candidates(
    precisions: Collection[str], *, engine: str = "auto", precision: str = "auto"
) -> list[Candidate]:
    """What may be tried, full precision first; `precisions` are those that the model may run in.

    Raises ValueError for an engine or a precision that there is none of.
    """
    if engine not in ("auto", *ENGINES):
        raise ValueError(f"engine {engine!r} is not one of auto, {', '.join(ENGINES)}")
    if precision not in ("auto", *PRECISIONS):
        raise ValueError(f"precision {precision!r} is not one of auto, {', '.join(PRECISIONS)}")
    ways = (
        Candidate("onnxruntime", "fp32"),
        Candidate("openvino", "fp32"),
        Candidate("openvino", "bf16"),
        Candidate("openvino", "int8"),
        Candidate("onnxruntime", "int8"),
    )
    return [
        way
        for way in ways
        if way.precision in precisions
        and engine in ("auto", way.engine)
        and precision in ("auto", way.precision)
        and find_spec(way.engine) is not None
    ]


def build(way: Candidate, graph: Path, int8: Path | None, threads: int) -> Engine:
    """The engine. Raises `WrongGraph` when the graph or this machine cannot do it."""
    # Each runtime takes a while to import, and a start needs one of them only.
    if way.precision == "int8":
        if int8 is None:
            name = graph.parent.name
            raise WrongGraph(
                f"model {name} has no int8 graph; `qalqan models quantize {name} --calibrate CLIP` "
                "makes one"
            )
        graph = int8
    if way.engine == "openvino":
        from detect.engines.openvino import OpenVinoEngine, offers_bf16

        if way.precision == "bf16" and not offers_bf16():
            raise WrongGraph("this processor has no bfloat16 arithmetic")
        return OpenVinoEngine(graph, threads, way.precision)
    from detect.engines.onnx import OnnxEngine

    return OnnxEngine(graph, threads, way.precision)


def import_runtime(way: Candidate) -> None:
    """Import what `build` needs for this."""
    import_module("detect.engines.openvino" if way.engine == "openvino" else "detect.engines.onnx")

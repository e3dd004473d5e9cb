"""How a trained head is written: its graph, and beside it its hash and what it was trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

OPSET = 17


@dataclass(frozen=True, slots=True)
class HeadFacts:
    """What `head.toml` says beside the hash."""

    name: str
    seed: int
    trained_on: Sequence[str]
    figures: Mapping[str, float]
    date: str


def write_head_files(folder: Path, graph: onnx.ModelProto, facts: HeadFacts) -> None:
    """`head.onnx` and `head.toml`: input `features` (N, F), output (N, 1) named as the head is."""
    folder.mkdir(parents=True, exist_ok=True)
    data = graph.SerializeToString()
    (folder / "head.onnx").write_bytes(data)
    trained = "".join(f'  "{line}",\n' for line in facts.trained_on)
    figures = "".join(f"{name} = {value:.4g}\n" for name, value in facts.figures.items())
    (folder / "head.toml").write_text(
        f'name = "{facts.name}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        f'inputs = ["features"]\noutputs = ["{facts.name}"]\nseed = {facts.seed}\n'
        f'trained_on = [\n{trained}]\ndate = "{facts.date}"\n\n[figures]\n{figures}',
        "utf-8",
    )

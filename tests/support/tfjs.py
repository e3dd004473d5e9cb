"""Writes small TensorFlow.js graph models by hand."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

Attributes = dict[str, Any]


def text(value: str) -> Attributes:
    return {"s": base64.b64encode(value.encode()).decode()}


def texts(*values: str) -> Attributes:
    return {"list": {"s": [text(value)["s"] for value in values]}}


def integers(*values: int) -> Attributes:
    return {"list": {"i": [str(value) for value in values]}}


class TfModel:
    """A graph model under construction; `write` gives the path of its JSON."""

    def __init__(self, *input_shape: int) -> None:
        dims = [{"size": str(size)} for size in input_shape]
        self._nodes: list[dict[str, Any]] = [
            {"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": dims}}}}
        ]
        self._weights: list[dict[str, Any]] = []
        self._data = b""

    def weight(self, name: str, value: Any, quantization: Attributes | None = None) -> str:
        """A constant; with `quantization` the value is what is stored."""
        array = np.asarray(value)
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape)}
        entry["dtype"] = "float32" if quantization else str(array.dtype)
        if quantization:
            entry["quantization"] = quantization
        self._weights.append(entry)
        self._data += array.tobytes()
        self._nodes.append({"name": name, "op": "Const"})
        return name

    def node(self, op: str, name: str, inputs: list[str], **attributes: Attributes) -> str:
        self._nodes.append({"name": name, "op": op, "input": inputs, "attr": attributes})
        return name

    def conv(self, name: str, inputs: list[str], op: str = "Conv2D", **attributes: Any) -> str:
        defaults = {"strides": integers(1, 1, 1, 1), "padding": text("VALID")}
        defaults["dilations"] = integers(1, 1, 1, 1)
        return self.node(op, name, inputs, **{**defaults, **attributes})

    def write(self, folder: Path, outputs: dict[str, list[int]]) -> Path:
        signature = {
            f"{name}:0": {"tensorShape": {"dim": [{"size": str(size)} for size in shape]}}
            for name, shape in outputs.items()
        }
        model = {
            "modelTopology": {"node": self._nodes},
            "weightsManifest": [{"paths": ["m.bin"], "weights": self._weights}],
            "signature": {"outputs": signature},
        }
        (folder / "m.bin").write_bytes(self._data)
        (folder / "m.json").write_text(json.dumps(model))
        return folder / "m.json"

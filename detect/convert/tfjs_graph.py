"""Reading a TensorFlow.js graph model: its nodes and its weights, nothing more."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.errors import WrongGraph

DTYPES: dict[str, type[np.generic]] = {
    "float32": np.float32,
    "int32": np.int32,
    "float16": np.float16,
    "uint8": np.uint8,
    "uint16": np.uint16,
}

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class TfNode:
    """One operation. Attribute readers return the default where the graph is silent."""

    op: str
    name: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def text(self, key: str, default: str = "") -> str:
        found = self.attributes.get(key)
        return base64.b64decode(found["s"]).decode() if found else default

    def integers(self, key: str) -> list[int]:
        return [int(value) for value in self.attributes.get(key, {"list": {}})["list"].get("i", [])]

    def number(self, key: str) -> float:
        return float(self.attributes[key]["f"])

    def flag(self, key: str) -> bool:
        return bool(self.attributes.get(key, {}).get("b", False))

    def texts(self, key: str) -> list[str]:
        items = self.attributes.get(key, {"list": {}})["list"].get("s", [])
        return [base64.b64decode(item).decode() for item in items]


@dataclass(frozen=True, slots=True)
class TfGraph:
    """A whole model."""

    nodes: tuple[TfNode, ...]
    weights: dict[str, Array]
    outputs: dict[str, list[int]]
    """Output node -> shape with the batch first."""


def read_graph(path: Path) -> TfGraph:
    """Read `model.json` with the weight files beside it. Raises `WrongGraph`."""
    try:
        model = json.loads(path.read_text("utf-8"))
        nodes = tuple(_node(item) for item in model["modelTopology"]["node"])
        weights = _weights(model["weightsManifest"], path.parent)
        outputs = {
            plain(key): [int(dim["size"]) for dim in value["tensorShape"]["dim"]]
            for key, value in model["signature"]["outputs"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WrongGraph(f"{path.name} is not a TensorFlow.js graph model: {error!r}") from error
    return TfGraph(nodes, weights, outputs)


def plain(name: str) -> str:
    """An input's name as its producer spells it: no control mark, no `:0`."""
    return name.removeprefix("^").removesuffix(":0")


def _node(item: dict[str, Any]) -> TfNode:
    inputs = tuple(plain(name) for name in item.get("input", []) if not name.startswith("^"))
    return TfNode(item["op"], item["name"], inputs, item.get("attr", {}))


def _weights(groups: list[dict[str, Any]], folder: Path) -> dict[str, Array]:
    weights: dict[str, Array] = {}
    for group in groups:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for item in group["weights"]:
            stored = item.get("quantization", {"dtype": item["dtype"]})
            dtype = np.dtype(DTYPES[stored["dtype"]])
            count = int(np.prod(item["shape"], dtype=np.int64))
            array: Array = np.frombuffer(data, dtype, count, offset).reshape(item["shape"])
            offset += count * dtype.itemsize
            if "scale" in stored:
                array = array.astype(np.float32) * stored["scale"] + stored["min"]
            weights[item["name"]] = array.astype(DTYPES[item["dtype"]])
    return weights

"""Logistic regression for few cases, in numpy; kept as an ONNX head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from detect.aids import Floats
from detect.training.head_files import OPSET, HeadFacts, write_head_files

Doubles = npt.NDArray[np.float64]

STEPS = 15
"""Of Newton's method: far more than it needs."""
FARTHEST = 4.0
"""Standard deviations from the mean that a feature counts for at most."""
TOTAL = 400.0
"""What all weights come to, against the ridge."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Standardises, cuts, weighs."""

    mean: Floats
    spread: Floats
    weight: Doubles
    offset: float

    def log_odds(self, rows: Floats) -> Doubles:
        """Shape (N,) of features (N, F)."""
        return np.asarray(self._scaled(rows) @ self.weight + self.offset, np.float64)

    def _scaled(self, rows: Floats) -> Doubles:
        scaled = (rows.astype(np.float64) - self.mean) / self.spread
        return np.clip(scaled, -FARTHEST, FARTHEST)


def fit(rows: Floats, labels: Floats, weights: Doubles, ridge: float) -> Logistic:
    """By Newton's method; `ridge` / 2 times the squared weights is added to the loss."""
    mean, spread = rows.mean(0), rows.std(0) + np.float32(1e-3)
    scaled = np.clip((rows.astype(np.float64) - mean) / spread, -FARTHEST, FARTHEST)
    x = np.concatenate([scaled, np.ones((len(rows), 1))], axis=1)
    penalty = np.diag([ridge] * rows.shape[1] + [1e-6])
    share = weights * (TOTAL / weights.sum())
    theta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-x @ theta))
        slope = x.T @ (share * (labels - chance)) - penalty @ theta
        bend = (x * (share * chance * (1 - chance))[:, None]).T @ x + penalty
        theta = theta + np.linalg.solve(bend, slope)
    return Logistic(mean, spread, theta[:-1], float(theta[-1]))


def write_logistic(folder: Path, model: Logistic, facts: HeadFacts) -> None:
    """`head.onnx` and `head.toml`: input `features` (N, F), output (N, 1)."""
    write_head_files(folder, _graph(model, facts.name), facts)


def _graph(model: Logistic, name: str) -> onnx.ModelProto:
    parts = {
        "mean": model.mean,
        "spread": model.spread,
        "weight": model.weight.astype(np.float32)[:, None],
        "offset": np.array([model.offset], np.float32),
        "low": np.array(-FARTHEST, np.float32),
        "high": np.array(FARTHEST, np.float32),
    }
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "spread"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "low", "high"], ["cut"]),
        helper.make_node("MatMul", ["cut", "weight"], ["weighed"]),
        helper.make_node("Add", ["weighed", "offset"], ["odds"]),
        helper.make_node("Sigmoid", ["odds"], [name]),
    ]
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(model.mean)])
    out = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1])
    weights = [numpy_helper.from_array(part, key) for key, part in parts.items()]
    graph = helper.make_graph(nodes, name, [given], [out], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made

"""A small net of two layers on measured numbers: trained with NumPy, kept as an ONNX head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from detect.aids import Floats
from detect.training.head_files import OPSET, HeadFacts, write_head_files

Doubles = npt.NDArray[np.float64]

HIDDEN = 24
ROUNDS = 1500
BATCH = 512
RATE = 3e-3
DECAY = 2e-3
"""Of the weights, a step: numbers that are drawn must not be learnt by heart."""


@dataclass(frozen=True, slots=True)
class Net:
    """Standardises, one hidden layer, a sigmoid."""

    mean: Floats
    spread: Floats
    w1: Floats
    b1: Floats
    w2: Floats
    b2: Floats

    def scores(self, rows: Floats) -> Floats:
        """Certainty 0 to 1 of each row (N, features): shape (N,)."""
        x = np.clip((rows - self.mean) / self.spread, -4, 4)
        hidden = np.tanh(x @ self.w1 + self.b1)
        return np.asarray(1 / (1 + np.exp(-(hidden @ self.w2 + self.b2)[:, 0])), np.float32)


def train(rows: Floats, labels: Floats, weights: Floats, seed: int) -> Net:
    """By Adam on the weighted cross-entropy; rows (N, features), labels 0 or 1 (N,)."""
    random = np.random.default_rng(seed)
    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    x = np.clip((rows - mean) / spread, -4, 4)
    sides = (rows.shape[1], HIDDEN)
    params = [
        random.normal(0, 1 / np.sqrt(sides[0]), sides),
        np.zeros(HIDDEN),
        random.normal(0, 1 / np.sqrt(HIDDEN), (HIDDEN, 1)),
        np.zeros(1),
    ]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in params]
    chance = weights / weights.sum()
    for step in range(1, ROUNDS + 1):
        chosen = random.choice(len(x), BATCH, p=chance)
        noisy = x[chosen] + random.normal(0, 0.1, (BATCH, sides[0]))
        grads = _gradients(params, noisy, labels[chosen])
        rate = RATE * (1 - step / (ROUNDS + 1))
        for param, grad, (first, second) in zip(params, grads, moments, strict=True):
            first += 0.1 * (grad - first)
            second += 0.001 * (grad**2 - second)
            scaled = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
            param -= rate * (scaled + DECAY * param)
    return Net(*(np.asarray(part, np.float32) for part in (mean, spread, *params)))


def _gradients(params: Sequence[Doubles], x: Doubles, y: Floats) -> list[Doubles]:
    w1, b1, w2, b2 = params
    hidden = np.tanh(x @ w1 + b1)
    given = 1 / (1 + np.exp(-(hidden @ w2 + b2)[:, 0]))
    error = ((given - y) / len(y))[:, None]
    back = (error @ w2.T) * (1 - hidden**2)
    return [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]


def auc(scores: Floats, labels: Floats) -> float:
    """Area under the ROC curve; ties count half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    good = labels > 0.5
    wins = ranks[good].sum() - good.sum() * (good.sum() + 1) / 2
    return float(wins / max(1, good.sum() * (~good).sum()))


def interval(scores: Floats, labels: Floats, groups: Sequence[str], seed: int) -> tuple[float, ...]:
    """95 % of `auc`, by drawing whole groups anew."""
    random = np.random.default_rng(seed)
    names, found = sorted(set(groups)), []
    places = {name: np.array([n for n, g in enumerate(groups) if g == name]) for name in names}
    for _ in range(400):
        drawn = random.choice(len(names), len(names))
        chosen = np.concatenate([places[names[n]] for n in drawn])
        if 0 < labels[chosen].sum() < len(chosen):
            found.append(auc(scores[chosen], labels[chosen]))
    return tuple(float(value) for value in np.percentile(found, (2.5, 97.5)))


def write_head(folder: Path, net: Net, facts: HeadFacts) -> None:
    """`head.onnx` and `head.toml`: input `features` (N, features), output (N, 1)."""
    write_head_files(folder, _graph(net, facts.name), facts)


def _graph(net: Net, name: str) -> onnx.ModelProto:
    parts = {"mean": net.mean, "spread": net.spread, "w1": net.w1, "b1": net.b1}
    parts |= {"w2": net.w2, "b2": net.b2}
    parts |= {"low": np.array(-4, np.float32), "high": np.array(4, np.float32)}
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "spread"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "low", "high"], ["clipped"]),
        helper.make_node("MatMul", ["clipped", "w1"], ["first"]),
        helper.make_node("Add", ["first", "b1"], ["shifted"]),
        helper.make_node("Tanh", ["shifted"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "w2"], ["second"]),
        helper.make_node("Add", ["second", "b2"], ["raw"]),
        helper.make_node("Sigmoid", ["raw"], [name]),
    ]
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(net.mean)])
    out = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1])
    weights = [numpy_helper.from_array(part, key) for key, part in parts.items()]
    graph = helper.make_graph(nodes, name, [given], [out], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model

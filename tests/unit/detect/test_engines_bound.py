"""Fixed padded batches by IO binding, on a real session and on one that tells what it was given."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from detect.engines.bound import BATCHES, SHAPES_KEPT, FixedBatches
from tests.support.graphs import brightness, convolution


class Session:
    """Stands for one on an accelerator: an output is the mean of each picture in its memory."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.bound: list[tuple[int, ...]] = []

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="mean")]

    def io_binding(self) -> Any:
        return Binding(self)

    def run_with_iobinding(self, binding: Any) -> None:
        self.shapes.append(binding.value.data.shape)
        binding.result = binding.value.data.mean(axis=(1, 2, 3))


class Binding:
    def __init__(self, session: Session) -> None:
        self.session = session

    def bind_ortvalue_input(self, name: str, value: Any) -> None:
        assert name == "frames"
        self.value = value
        self.session.bound.append(value.data.shape)

    def bind_output(self, name: str, device: str, number: int) -> None:
        assert (name, device, number) == ("mean", "cuda", 0)

    def copy_outputs_to_cpu(self) -> list[np.ndarray]:
        return [self.result]


class Value:
    def __init__(self, shape: tuple[int, ...], kind: Any, device: str, number: int) -> None:
        assert (kind, device, number) == (np.uint8, "cuda", 0)
        self.data = np.zeros(shape, kind)

    def update_inplace(self, array: np.ndarray) -> None:
        self.data[:] = array


def levels(*values: int) -> np.ndarray:
    return np.stack([np.full((4, 4, 3), value, np.uint8) for value in values])


@pytest.mark.parametrize(("count", "ran"), [(1, [1]), (2, [2]), (3, [4]), (7, [8]), (11, [8, 4])])
def test_batches_are_filled_up_to_a_few_sizes(count: int, ran: list[int]) -> None:
    session = Session()
    batches = FixedBatches(session, "frames", "cuda", Value)
    (means,) = batches.run(levels(*range(count)))
    assert means.tolist() == list(range(count))
    assert [shape[0] for shape in session.shapes] == ran


def test_memory_is_bound_once_a_shape() -> None:
    session = Session()
    batches = FixedBatches(session, "frames", "cuda", Value)
    for count in (3, 4, 3, 1, 8, 5):
        assert batches.run(levels(*range(count)))[0].tolist() == list(range(count))
    assert sorted(shape[0] for shape in session.bound) == [1, 4, 8]


def test_shapes_are_bounded() -> None:
    session = Session()
    batches = FixedBatches(session, "frames", "cuda", Value)
    for width in range(1, SHAPES_KEPT + 2):
        batches.run(np.zeros((1, 4, width, 3), np.uint8))
    batches.run(np.zeros((1, 4, SHAPES_KEPT + 1, 3), np.uint8))
    assert len(session.bound) == SHAPES_KEPT + 1
    batches.run(np.zeros((1, 4, 1, 3), np.uint8))
    assert len(session.bound) == SHAPES_KEPT + 2


@pytest.mark.parametrize("count", [1, 3, BATCHES[-1] + 2])
def test_the_runtime_itself_binds_like_this(tmp_path: Path, count: int) -> None:
    """The same calls on the processor, where memory of the device is that of the machine."""
    session = ort.InferenceSession(str(convolution(tmp_path / "m.onnx")))
    allocate = ort.OrtValue.ortvalue_from_shape_and_type
    batches = FixedBatches(session, "frames", "cpu", allocate)
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (count, 64, 96, 3)).astype(np.uint8)
    wanted = session.run(None, {"frames": frames})[0]
    for _ in range(2):
        (got,) = batches.run(frames)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-4)


def test_what_was_handed_out_stays(tmp_path: Path) -> None:
    session = ort.InferenceSession(str(brightness(tmp_path / "m.onnx")))
    allocate = ort.OrtValue.ortvalue_from_shape_and_type
    batches = FixedBatches(session, "frames", "cpu", allocate)
    (first,) = batches.run(np.full((2, 64, 64, 3), 9, np.uint8))
    batches.run(np.full((2, 64, 64, 3), 200, np.uint8))
    assert (first == 9).all()

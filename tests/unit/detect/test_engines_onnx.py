"""The engine on small graphs: which provider and why, fixed batches, files that cannot be run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from detect.engines.onnx import OnnxEngine, reason_for, wanted_providers
from detect.errors import InferenceFailed, WrongGraph
from tests.support.graphs import brightness

TENSORRT, CUDA = "TensorrtExecutionProvider", "CUDAExecutionProvider"
OPENVINO, CPU = "OpenVINOExecutionProvider", "CPUExecutionProvider"


def grey(*values: int, size: int = 64) -> np.ndarray:
    return np.stack([np.full((size, size, 3), value, np.uint8) for value in values])


@pytest.mark.parametrize(
    ("available", "wanted"),
    [
        ([CPU], [CPU]),
        (["AzureExecutionProvider", CPU], [CPU]),
        ([CPU, OPENVINO], [OPENVINO, CPU]),
        ([CPU, CUDA, TENSORRT], [TENSORRT, CUDA, CPU]),
        ([], [CPU]),
    ],
)
def test_the_best_provider_is_asked_for_first(available: list[str], wanted: list[str]) -> None:
    assert wanted_providers(available) == wanted


@pytest.mark.parametrize(
    ("provider", "wanted", "reason"),
    [
        (CPU, [CPU], "no accelerator"),
        (CUDA, [CUDA, CPU], "GPU is there"),
        (CPU, [CUDA, CPU], "CUDAExecutionProvider is installed but could not be started"),
    ],
)
def test_the_reason_is_the_true_one(provider: str, wanted: list[str], reason: str) -> None:
    assert reason in reason_for(provider, wanted)


@pytest.mark.parametrize("batch", ["N", 1])
def test_frames_of_a_batch_keep_their_order(tmp_path: Path, batch: int | str) -> None:
    engine = OnnxEngine(brightness(tmp_path / "m.onnx", batch=batch), threads=1)
    (output,) = engine.run(grey(7, 100, 3))
    assert output.shape == (3, 84, 85)
    assert output[:, 0, 0].tolist() == [7, 100, 3]
    assert engine.run(grey(9))[0].shape == (1, 84, 85)


def test_graphs_it_cannot_feed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="fixed at 4"):
        OnnxEngine(brightness(tmp_path / "m.onnx", batch=4), threads=1)
    with pytest.raises(WrongGraph, match="not uint8"):
        OnnxEngine(brightness(tmp_path / "m.onnx", kind=TensorProto.INT32), threads=1)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x07\x12\x04junk", bytes(1000)])
def test_what_is_no_graph_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(WrongGraph, match=r"^m\.onnx") as caught:
        OnnxEngine(path, threads=1)
    assert "\n" not in str(caught.value)


def test_a_truncated_graph_is_refused(tmp_path: Path) -> None:
    path = brightness(tmp_path / "m.onnx")
    whole = path.read_bytes()
    for length in range(0, len(whole), 10):
        path.write_bytes(whole[:length])
        with pytest.raises(WrongGraph):
            OnnxEngine(path, threads=1)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="cannot be run"):
        OnnxEngine(tmp_path / "none.onnx", threads=1)


def test_a_failing_run_is_named(tmp_path: Path) -> None:
    engine = OnnxEngine(brightness(tmp_path / "m.onnx"), threads=1)
    with pytest.raises(InferenceFailed, match="inference failed"):
        engine.run(grey(1, size=32))


def test_the_runtime_is_quoted_without_its_codes_and_paths(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph) as caught:
        OnnxEngine(brightness(tmp_path / "m.onnx", opset=99), threads=1)
    assert str(caught.value).startswith("m.onnx cannot be run: ONNX Runtime only")
    assert "Opset 99" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_frames_run_together_only_where_that_gains(tmp_path: Path) -> None:
    engine = OnnxEngine(brightness(tmp_path / "m.onnx"), threads=1)
    assert engine.batch_frames == (1 if engine.provider == CPU else 8)
    assert not engine.any_size

"""OpenVINO on small graphs: like ONNX Runtime, side by side, quiet; files that cannot be run."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from detect.engines.onnx import OnnxEngine
from detect.engines.openvino import SIZES_KEPT, OpenVinoEngine
from detect.errors import InferenceFailed, WrongGraph
from tests.support.graphs import brightness, convolution


def pictures(count: int, height: int = 64, width: int = 64) -> np.ndarray:
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("batch", ["N", 1])
def test_frames_of_a_batch_keep_their_order(tmp_path: Path, batch: int | str) -> None:
    engine = OpenVinoEngine(brightness(tmp_path / "m.onnx", batch=batch), threads=1)
    frames = np.stack([np.full((64, 64, 3), value, np.uint8) for value in (7, 100, 3)])
    (output,) = engine.run(frames)
    assert output.shape == (3, 84, 85)
    assert output[:, 0, 0].tolist() == [7, 100, 3]


def test_like_the_other_runtime_at_every_size(tmp_path: Path) -> None:
    path = convolution(tmp_path / "m.onnx")
    ours, other = OpenVinoEngine(path, threads=1), OnnxEngine(path, threads=1)
    assert ours.any_size
    for height in range(32, 32 * (SIZES_KEPT + 3), 32):
        batch = pictures(2, height, 96)
        (got,), (wanted,) = ours.run(batch), other.run(batch)
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-3)


def test_what_was_handed_out_stays(tmp_path: Path) -> None:
    engine = OpenVinoEngine(convolution(tmp_path / "m.onnx"), threads=1)
    (first,) = engine.run(pictures(1))
    kept = first.copy()
    engine.run(pictures(1)[:, ::-1])
    assert np.array_equal(first, kept)


def test_the_same_numbers_from_two_threads(tmp_path: Path) -> None:
    engine = OpenVinoEngine(convolution(tmp_path / "m.onnx"), threads=1)
    frames = pictures(40)
    alone = [engine.run(frame[None])[0] for frame in frames]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda frame: engine.run(frame[None])[0], frames))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
    assert np.array_equal(engine.run(frames)[0], np.concatenate(alone))


def test_graphs_it_cannot_feed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="fixed at 4"):
        OpenVinoEngine(brightness(tmp_path / "m.onnx", batch=4), threads=1)
    with pytest.raises(WrongGraph, match="not uint8"):
        OpenVinoEngine(brightness(tmp_path / "m.onnx", kind=TensorProto.INT32), threads=1)
    with pytest.raises(WrongGraph, match="cannot be run"):
        OpenVinoEngine(tmp_path / "none.onnx", threads=1)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x07\x12\x04junk", bytes(1000)])
def test_what_is_no_graph_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(WrongGraph, match=r"^m\.onnx") as caught:
        OpenVinoEngine(path, threads=1)
    assert "\n" not in str(caught.value)


def test_a_picture_of_another_size_is_a_failed_run(tmp_path: Path) -> None:
    engine = OpenVinoEngine(brightness(tmp_path / "m.onnx"), threads=1)
    assert not engine.any_size
    with pytest.raises(InferenceFailed, match="32x64, the graph's size is fixed"):
        engine.run(pictures(1, 64, 32))


def test_importing_it_brings_in_nothing_that_reports() -> None:
    told = "import sys, detect.engines.openvino; print('openvino_telemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_signal_after_engines_were_let_go_of_ends_nothing(tmp_path: Path) -> None:
    """On processors with AMX the runtime gives its thread a stack for signals."""
    convolution(tmp_path / "m.onnx")
    program = f"""
import os, signal
from pathlib import Path
import numpy as np
from detect.engines.openvino import OpenVinoEngine
engines = [OpenVinoEngine(Path({str(tmp_path / "m.onnx")!r}), threads=1) for _ in range(2)]
for engine in engines:
    engine.run(np.zeros((1, 64, 64, 3), np.uint8))
del engine
engines.pop(0)
engines.pop(0)
signal.signal(signal.SIGTERM, lambda *_: print("told"))
os.kill(os.getpid(), signal.SIGTERM)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "told\n")

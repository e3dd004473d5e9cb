"""Roboflow's `InferencePipeline` (streamvision, supervision) with the same model as its own logic.

Tuned as its documentation advises for many live cameras: `init_with_custom_logic` with a list of
addresses, "freshest" processing (newest picture wins, a short collection timeout), the rate limit
applied where frames are decoded, a shallow decoding buffer, a batch a call, results in
`supervision.Detections`.
"""

from __future__ import annotations

import os
import threading
from typing import Any

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")

import numpy as np
import onnxruntime as ort
import supervision as sv
from streamvision.stream.configuration import StreamsConfiguration, configure_process

configure_process(
    StreamsConfiguration(
        default_buffer_size=2,
        enable_frame_drop_on_video_file_rate_limiting=True,
        predictions_queue_size=64,
        predictions_queue_size_explicit=True,
    )
)

from streamvision.camera.entities import VideoFrame  # noqa: E402 - configured first
from streamvision.stream.pipeline import InferencePipeline  # noqa: E402

from tests.bench.peers.contract import Recorder, Task  # noqa: E402
from tests.bench.peers.reading import Reader, letterbox  # noqa: E402

MARGIN = 1.04
"""The limit is a mean of strides drawn by chance; without a margin it stays below the rate."""


def main() -> None:
    task = Task.read()
    recorder = Recorder(task)
    detect = Detect(task)

    def sink(found: list[Any], frames: list[VideoFrame | None]) -> None:
        for detections, frame in zip(found, frames, strict=True):
            if frame is not None and detections is not None:
                recorder.note(frame.source_id, frame.image, rows(detections))

    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=list(task.urls),
        on_video_frame=detect,
        on_prediction=aligned(sink, len(task.urls)),
        max_fps=task.fps * MARGIN,
        video_processing_mode="freshest",
        source_buffer_filling_strategy="DROP_OLDEST",
        decoding_buffer_size=2,
    )
    threading.Thread(target=pipeline.start, daemon=True).start()
    recorder.run()


def aligned(sink: Any, cameras: int) -> Any:
    """With one camera the pipeline calls with single values, with several with lists."""
    if cameras > 1:
        return sink
    return lambda found, frame: sink([found], [frame])


class Detect:
    """The pipeline's `on_video_frame`: pictures in, `supervision.Detections` out."""

    def __init__(self, task: Task) -> None:
        self._network = task.network
        self._reader = Reader(task.network)
        options = ort.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(
            task.network.graph, options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def __call__(self, frames: list[VideoFrame]) -> list[sv.Detections]:
        laid = [letterbox(frame.image, self._network) for frame in frames]
        batch = np.stack([one.tensor for one in laid])
        outputs = self._session.run(None, {self._input: batch})
        return [
            detections(self._reader.boxes(outputs, index, one)) for index, one in enumerate(laid)
        ]


def detections(boxes: list[list[float]]) -> sv.Detections:
    if not boxes:
        return sv.Detections.empty()
    table = np.array(boxes, np.float32)
    return sv.Detections(
        xyxy=table[:, 2:], confidence=table[:, 1], class_id=table[:, 0].astype(int)
    )


def rows(found: sv.Detections) -> list[list[float]]:
    if not len(found):
        return []
    assert found.class_id is not None
    assert found.confidence is not None
    return np.column_stack([found.class_id, found.confidence, found.xyxy]).tolist()


if __name__ == "__main__":
    main()

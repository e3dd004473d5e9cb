"""OpenVINO's asynchronous way: `AsyncInferQueue`, a performance hint, cv2 threads that decode.

The precision is OpenVINO's own choice for the processor (bf16 where it has AMX). The input's shape
is made static and the number of requests is the one that the compiled model names as optimal, both
as OpenVINO's documentation on performance advises.
"""

from __future__ import annotations

import threading
from typing import Any

import openvino as ov

from tests.bench.peers.contract import Recorder, Task
from tests.bench.peers.reading import Newest, Reader, letterbox, start_cameras


def main() -> None:
    task = Task.read()
    recorder = Recorder(task)
    core = ov.Core()
    model = core.read_model(task.network.graph)
    model.reshape([1, task.network.height_px, task.network.width_px, 3])
    hint = task.options.get("hint", "THROUGHPUT")
    compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": hint})
    newest = start_cameras(task)
    threading.Thread(target=detect, args=(task, compiled, newest, recorder), daemon=True).start()
    recorder.run()


def detect(task: Task, compiled: ov.CompiledModel, newest: Newest, recorder: Recorder) -> None:
    """Start one request after another; a callback reads what is ready."""
    reader = Reader(task.network)
    queue = ov.AsyncInferQueue(compiled, 0)  # 0: as many as the model finds optimal

    def ready(request: ov.InferRequest, what: Any) -> None:
        camera, image, laid = what
        outputs = [tensor.data for tensor in request.output_tensors]
        recorder.note(camera, image, reader.boxes(outputs, 0, laid))

    queue.set_callback(ready)
    while True:
        camera, image = newest.take()
        laid = letterbox(image, task.network)
        queue.start_async({0: laid.tensor[None]}, (camera, image, laid))


if __name__ == "__main__":
    main()

"""The tutorial way: a `cv2.VideoCapture` thread a camera, one loop over ONNX Runtime."""

from __future__ import annotations

import threading

import onnxruntime as ort

from tests.bench.peers.contract import Recorder, Task
from tests.bench.peers.reading import Newest, Reader, letterbox, start_cameras


def main() -> None:
    task = Task.read()
    recorder = Recorder(task)
    options = ort.SessionOptions()
    if not task.options.get("spinning"):
        # ONNX Runtime's page on threads: those that spin take the processor from everybody else.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(task.network.graph, options, providers=["CPUExecutionProvider"])
    newest = start_cameras(task)
    threading.Thread(target=detect, args=(task, session, newest, recorder), daemon=True).start()
    recorder.run()


def detect(task: Task, session: ort.InferenceSession, newest: Newest, recorder: Recorder) -> None:
    """One picture after another, for ever."""
    reader = Reader(task.network)
    name = session.get_inputs()[0].name
    while True:
        camera, image = newest.take()
        laid = letterbox(image, task.network)
        outputs = session.run(None, {name: laid.tensor[None]})
        recorder.note(camera, image, reader.boxes(outputs, 0, laid))


if __name__ == "__main__":
    main()

"""What each peer's integrator writes: a thread a camera, letterbox, the reading of the outputs.

Needs numpy and OpenCV. The newest picture of a camera replaces one that nobody took. Pictures that
are not due are grabbed (decoded) but not retrieved (converted to BGR), as OpenCV's documentation
advises for many cameras; one codec thread a camera.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")

import cv2
import numpy as np

from tests.bench.peers.contract import Network, Task

NANODET_STRIDES = (8, 16, 32)
NANODET_BINS = 11
YOLOX_STRIDES = (8, 16, 32)


class Newest:
    """The newest due picture of each camera, taken in the order in which they came."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: OrderedDict[int, Any] = OrderedDict()

    def put(self, camera: int, image: Any) -> None:
        with self._condition:
            self._waiting[camera] = image
            self._condition.notify()

    def take(self) -> tuple[int, Any]:
        with self._condition:
            while not self._waiting:
                self._condition.wait()
            return self._waiting.popitem(last=False)


def start_cameras(task: Task) -> Newest:
    """A thread for each camera, which puts what is due."""
    newest = Newest()
    for camera, url in enumerate(task.urls):
        arguments = (camera, url, round(task.source_fps / task.fps), newest)
        threading.Thread(target=_read, args=arguments, daemon=True).start()
    return newest


def _read(camera: int, url: str, every: int, newest: Newest) -> None:
    count = 0
    while True:
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        while capture.grab():
            if count % every == 0:
                is_there, image = capture.retrieve()
                if is_there:
                    newest.put(camera, image)
            count += 1
        capture.release()
        time.sleep(1.0)


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture in the model's input, and where it lies there."""

    tensor: Any
    scale: float
    left: int
    top: int
    width_px: int
    height_px: int
    """Of the original picture."""


def letterbox(image: Any, network: Network) -> Laid:
    """Scale to fit, pad; uint8 (H, W, 3)."""
    height, width = image.shape[:2]
    scale = min(network.width_px / width, network.height_px / height)
    size = round(width * scale), round(height * scale)
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    center = network.letterbox == "center"
    left = (network.width_px - size[0]) // 2 if center else 0
    top = (network.height_px - size[1]) // 2 if center else 0
    tensor = np.full((network.height_px, network.width_px, 3), network.pad, np.uint8)
    tensor[top : top + size[1], left : left + size[0]] = small
    return Laid(tensor, scale, left, top, width, height)


class Reader:
    """Raw outputs to boxes, with OpenCV's suppression by class."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._read = {"nanodet": self._nanodet, "yolox": self._yolox}[network.decoder]
        self._grids = {
            stride: _grid(network.width_px, network.height_px, stride) for stride in YOLOX_STRIDES
        }

    def boxes(self, outputs: Sequence[Any], index: int, laid: Laid) -> list[list[float]]:
        """Class, score, x1 y1 x2 y2 in fractions of the picture, of one picture of the batch."""
        xyxy, score, label = self._read(outputs, index)
        if not len(score):
            return []
        xywh = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
        network = self._network
        keep = cv2.dnn.NMSBoxesBatched(
            xywh.tolist(), score.tolist(), label.tolist(), network.min_score, network.nms_iou
        )
        offset = np.array([laid.left, laid.top] * 2)
        size = np.array([laid.width_px, laid.height_px] * 2)
        kept = np.asarray(keep, int).ravel()
        fractions = np.clip((xyxy[kept] - offset) / laid.scale / size, 0, 1)
        return [
            [int(label[row]), float(score[row]), *box]
            for row, box in zip(kept, fractions.tolist(), strict=True)
        ]

    def _nanodet(self, outputs: Sequence[Any], index: int) -> tuple[Any, Any, Any]:
        shapes = {output.shape[1:]: output[index] for output in outputs}
        boxes, scores, labels = [], [], []
        for stride in NANODET_STRIDES:
            cells = self._grids[stride]
            confidence = shapes[(len(cells), self._network.classes)]
            best = confidence.max(axis=1)
            rows = np.flatnonzero(best >= self._network.min_score)
            raw = shapes[(len(cells), 4 * NANODET_BINS)][rows].reshape(-1, 4, NANODET_BINS)
            weight = np.exp(raw - raw.max(axis=2, keepdims=True))
            bins = np.arange(NANODET_BINS, dtype=np.float32)
            sides = (weight @ bins) / weight.sum(axis=2) * stride
            centre = cells[rows] * stride + (stride - 1) / 2
            boxes.append(np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1))
            scores.append(best[rows])
            labels.append(confidence[rows].argmax(axis=1))
        return np.concatenate(boxes), np.concatenate(scores), np.concatenate(labels)

    def _yolox(self, outputs: Sequence[Any], index: int) -> tuple[Any, Any, Any]:
        raw = outputs[0][index]
        score = raw[:, 4] * raw[:, 5:].max(axis=1)
        rows = np.flatnonzero(score >= self._network.min_score)
        cells = np.concatenate([self._grids[stride] for stride in YOLOX_STRIDES])[rows]
        strides = np.concatenate(
            [np.full(len(self._grids[stride]), stride) for stride in YOLOX_STRIDES]
        )[rows, None]
        centre = (raw[rows, :2] + cells) * strides
        half = np.exp(raw[rows, 2:4]) * strides / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        return boxes, score[rows], raw[rows, 5:].argmax(axis=1)


def _grid(width_px: int, height_px: int, stride: int) -> Any:
    ys, xs = np.mgrid[0 : height_px // stride, 0 : width_px // stride]
    return np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float32)

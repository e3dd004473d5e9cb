"""What of this machine decides which engine is fastest on it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "openvino")
GPU = Path("/dev/nvidia0")
CPU_INFO = Path("/proc/cpuinfo")
CPU_KEYS = ("model name", "cpu family", "model", "stepping", "flags", "Features")
"""Lines of `/proc/cpuinfo` that tell processors apart (`Features` on Arm)."""


def machine(cpu_info: Path = CPU_INFO) -> Mapping[str, str]:
    """Processor, cores, accelerator and library versions. What cannot be told is left out."""
    found = {"cores": str(os.cpu_count() or 1), "gpu": str(GPU.exists())}
    try:
        for line in cpu_info.read_text("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in CPU_KEYS:
                found.setdefault(key.strip(), value.strip())
    except OSError:
        pass
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found

"""Models that cannot be used: manifests, weights, and files that are not what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tests.support.malformed.case import CliCase

GARBAGE = b"\x08\x07" + bytes(range(256)) * 4
"""Begins like an ONNX file and is none."""
MANIFEST = f"""\
name = "x"
licence = "Apache-2.0"
decoder = "yolox"
min_score = 0.25
nms_iou = 0.6

[source]
format = "onnx"
url = "https://models.invalid/x.onnx"
sha256 = "{hashlib.sha256(GARBAGE).hexdigest()}"

[input]
width = 416
height = 416
layout = "nchw"
channels = "bgr"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
letterbox = "top_left"
pad = 114

[classes]
file = "classes.txt"
"""
HASH = hashlib.sha256(GARBAGE).hexdigest()
EDITS: dict[str, tuple[str, str, str]] = {
    "not TOML": ('name = "x"', "name = ", "TOML"),
    "no name": ('name = "x"\n', "", "name"),
    "another name": ('name = "x"', 'name = "y"', "name"),
    "name that climbs": ('name = "x"', 'name = "../x"', "name"),
    "unknown key": ("nms_iou = 0.6", "nms_iou = 0.6\ncolour = 1", "colour"),
    "min_score 2": ("0.25", "2.0", "min_score"),
    "min_score as word": ("0.25", '"much"', "min_score"),
    "no such format": ('"onnx"', '"pickle"', "format"),
    "address over http": ("https://", "http://", "url"),
    "address of a file": ("https://models.invalid", "file:///etc", "url"),
    "no source": ('url = "https://models.invalid/x.onnx"\n', "", "source"),
    "short hash": (HASH, HASH[:10], "sha256"),
    "hash that is none": (HASH, "z" * 64, "sha256"),
    "no width": ("width = 416\n", "", "width"),
    "width 0": ("width = 416", "width = 0", "width"),
    "width -416": ("width = 416", "width = -416", "width"),
    "width of a metre": ("width = 416", "width = 4160000", "width"),
    "mean of two": ("mean = [0.0, 0.0, 0.0]", "mean = [0.0, 0.0]", "mean"),
    "std 0": ("std = [1.0, 1.0, 1.0]", "std = [0.0, 1.0, 1.0]", "std"),
    "mean nan": ("mean = [0.0, 0.0, 0.0]", "mean = [nan, 0.0, 0.0]", "mean"),
    "no such letterbox": ("top_left", "middle", "letterbox"),
    "pad 256": ("pad = 114", "pad = 256", "pad"),
    "no such classes": ('"classes.txt"', '"none.txt"', "none.txt"),
}


def cases() -> Iterator[CliCase]:
    """All of them; each finds its manifests in `{dir}/models` and weights in `{dir}/weights`."""
    analyze = ("analyze", "{dir}/v.mp4", "--model", "x")
    for name, (old, new, names) in EDITS.items():
        changed = MANIFEST.replace(old, new)
        yield _case(f"manifest: {name}", analyze, changed, names=names)
    graph: dict[str, str | bytes] = {"weights/x/model.onnx": GARBAGE}
    weights = {**graph, "weights/x/stamp.json": "{}"}
    for name, files, names in (
        ("none", {}, "fetch"),
        ("no stamp", graph, "fetch"),
        ("stamp of another", weights, "fetch"),
        ("stamp that is a list", {**weights, "weights/x/stamp.json": "[]"}, "fetch"),
        ("stamp that is no JSON", {**weights, "weights/x/stamp.json": "{"}, "fetch"),
        ("graph that is garbage", {**weights, "weights/x/stamp.json": _stamp()}, "x"),
        ("empty graph", {**weights, "weights/x/model.onnx": b""}, "fetch"),
    ):
        yield _case(f"weights: {name}", analyze, MANIFEST, files, names)
    fetch = ("models", "fetch", "x", "--from", "{dir}/x.onnx")
    for name, content, names in (
        ("empty", b"", "SHA-256"),
        ("another file", b"another", "SHA-256"),
        ("garbage of the right hash", GARBAGE, "ONNX"),
        ("a page that says not found", b"<!doctype html><h1>404</h1>", "SHA-256"),
    ):
        yield _case(f"import: {name}", fetch, MANIFEST, {"x.onnx": content}, names)
    for command in ("check", "fetch"):
        yield _case(f"{command}: no such model", ("models", command, "none"), MANIFEST, {}, "none")
        yield _case(f"{command}: name that climbs", ("models", command, "../x"), MANIFEST, {}, "x")


def _stamp() -> str:
    return f'{{"source": "{HASH}", "format": "2", "graph": "{HASH}"}}'


def _case(
    name: str,
    arguments: tuple[str, ...],
    manifest: str,
    files: dict[str, str | bytes] | None = None,
    names: str = "",
) -> CliCase:
    there = {"models/x/model.toml": manifest, "models/x/classes.txt": "person\n", **(files or {})}
    environment = {"QALQAN_WEIGHTS": "{dir}/weights"}
    return CliCase("model", name, arguments, there, environment, names)

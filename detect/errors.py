"""Everything that can go wrong between a frame and an incident.

    DetectError
    ├── ModelError            a model cannot be used; never silently zero detections
    │   ├── ManifestError     model.toml is wrong; names the key
    │   ├── WeightsMissing    the weights are not on this machine
    │   │   └── FetchFailed   they could not be brought here
    │   ├── WrongHash         the file is not the one the manifest names
    │   ├── WrongGraph        not ONNX, wrong opset, wrong inputs or outputs, or it cannot run
    │   └── InferenceFailed   a graph that had run failed, or gave numbers that are none
    ├── SceneError            a scene is wrong; names the key by JSON pointer
    ├── RuleFailed            a rule could not judge what a file shows
    └── SpoolError            the spool cannot commit

`str()` is one clear line for a person.
"""

from __future__ import annotations


class DetectError(Exception):
    """Base of this package's errors."""


class ModelError(DetectError):
    """A model cannot be used."""


class ManifestError(ModelError):
    """A manifest is wrong."""


class WeightsMissing(ModelError):
    """The weights are not on this machine."""


class FetchFailed(WeightsMissing):
    """The weights could not be brought here: no network, no such file, no room."""


class WrongHash(ModelError):
    """A file is not the one its manifest names."""


class WrongGraph(ModelError):
    """The graph is not one this version can run."""


class InferenceFailed(ModelError):
    """The engine failed, or its numbers are not finite: no detections can be trusted."""


class SceneError(DetectError, ValueError):
    """A scene is wrong at one place."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer = pointer
        """JSON pointer (RFC 6901) of the value that is wrong."""
        self.message = message


class RuleFailed(DetectError):
    """A rule failed over a file: what was found is not all that there is."""


class SpoolError(DetectError):
    """The spool cannot commit now."""

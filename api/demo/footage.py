"""The virtual cameras' video: made from the clip once, then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from api.demo.views import FPS, Cut, View
from ingest.sources.encode import encode_clip

RECIPE = 1
"""Change it when the same view would be encoded in another way."""

Say = Callable[[str], None]


class FootageMissing(RuntimeError):
    """There is no clip to make it from; the text is one line that says what to do."""


def footage(view: View, clip: Path, folder: Path, say: Say) -> Path:
    """The view's H.264 loop: kept from an earlier start, or made now (about 10 s).

    Raises `FootageMissing`, `ingest.errors.StreamUnreadable`, `OSError`.
    """
    kept = folder / f"{view.id}-{_digest(view)}.h264"
    if kept.is_file():
        return kept
    if not clip.is_file():
        raise FootageMissing("the demo's video clip is missing: run `make demo`")
    say(f"Preparing the video of {view.name} (once)")
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"{view.id}-*"):
        stale.unlink()
    cuts = pieces(view.loop)
    encoded = {cut: _encode(view, cut, clip, folder) for cut in dict.fromkeys(cuts)}
    unfinished = kept.with_suffix(".part")
    with unfinished.open("wb") as file:
        for cut in cuts:
            file.write(encoded[cut].read_bytes())
    for piece in encoded.values():
        piece.unlink()
    return unfinished.replace(kept)


def pieces(loop: Sequence[Cut]) -> list[Cut]:
    """The same loop out of shorter cuts that do not overlap, so that none is encoded twice."""
    marks = sorted({mark for cut in loop for mark in cut})
    return [(a, b) for start, end in loop for a, b in pairwise(marks) if start <= a and b <= end]


def _encode(view: View, cut: Cut, clip: Path, folder: Path) -> Path:
    start_s, end_s = cut
    piece = folder / f"{view.id}-{start_s:g}-{end_s:g}.h264"
    encode_clip(
        clip,
        piece,
        width=view.width,
        height=view.height,
        fps=FPS,
        start_s=start_s,
        seconds=end_s - start_s,
        crop=view.crop,
    )
    return piece


def _digest(view: View) -> str:
    facts = (RECIPE, FPS, view.width, view.height, view.crop, view.loop)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]

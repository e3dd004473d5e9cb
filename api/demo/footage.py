"""The virtual cameras' video: made from the clip once, on all cores, then kept."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

from api.demo.views import FPS, Cut, View
from ingest.sources.encode import encode_clip

RECIPE = 2
"""Change it when the same view would be encoded in another way."""
PIECE_S = 16.0
"""Pieces are short, so that all cores have work to the end and Ctrl-C is heard within a second."""

Say = Callable[[str], None]


class FootageMissing(RuntimeError):
    """There is no clip to make it from; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Footage:
    """The H.264 loops of some views, in one folder."""

    clip: Path
    folder: Path
    say: Say

    def of(self, views: Sequence[View]) -> list[Path]:
        """Each view's loop: kept from an earlier start, or made now (some 5 s each).

        Raises `FootageMissing`, `ingest.errors.StreamUnreadable`, `OSError`.
        """
        missing = [view for view in views if not self._kept(view).is_file()]
        if missing:
            self._make(missing)
        return [self._kept(view) for view in views]

    def _make(self, views: Sequence[View]) -> None:
        if not self.clip.is_file():
            raise FootageMissing("the demo's video clip is missing: run `make demo`")
        self.folder.mkdir(parents=True, exist_ok=True)
        workers = len(os.sched_getaffinity(0))
        began = time.monotonic()
        self.say(f"Preparing the video of {len(views)} cameras (once), {workers} pieces at a time")
        pool = ThreadPoolExecutor(workers, "footage")
        try:
            begun = [(view, self._begin(view, pool)) for view in views]
            for number, (view, encoded) in enumerate(begun, 1):
                self._finish(view, encoded)
                after_s = time.monotonic() - began
                self.say(f"  {number}/{len(views)} {view.name}: ready after {after_s:.1f} s")
        finally:
            pool.shutdown(cancel_futures=True)

    def _begin(self, view: View, pool: ThreadPoolExecutor) -> dict[Cut, Future[Path]]:
        for stale in self.folder.glob(f"{view.id}-*"):
            stale.unlink()
        cuts = dict.fromkeys(pieces(view.loop))
        return {cut: pool.submit(self._encode, view, cut) for cut in cuts}

    def _finish(self, view: View, encoded: dict[Cut, Future[Path]]) -> None:
        """Join the pieces; the loop appears under its name only when it is complete."""
        files = {cut: future.result() for cut, future in encoded.items()}
        kept = self._kept(view)
        unfinished = kept.with_suffix(".part")
        with unfinished.open("wb") as file:
            for cut in pieces(view.loop):
                file.write(files[cut].read_bytes())
        for piece in files.values():
            piece.unlink()
        unfinished.replace(kept)

    def _encode(self, view: View, cut: Cut) -> Path:
        start_s, end_s = cut
        piece = self.folder / f"{view.id}-{start_s:g}-{end_s:g}.h264"
        encode_clip(
            self.clip,
            piece,
            width=view.width,
            height=view.height,
            fps=FPS,
            start_s=start_s,
            seconds=end_s - start_s,
            crop=view.crop,
        )
        return piece

    def _kept(self, view: View) -> Path:
        facts = (RECIPE, FPS, view.width, view.height, view.crop, view.loop)
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
        return self.folder / f"{view.id}-{digest}.h264"


def pieces(loop: Sequence[Cut], longest_s: float = PIECE_S) -> list[Cut]:
    """The same loop out of short cuts that do not overlap, so that none is encoded twice."""
    marks = sorted({mark for cut in loop for mark in cut})
    for start, end in pairwise(tuple(marks)):
        marks += [start + n * longest_s for n in range(1, ceil((end - start) / longest_s))]
    marks.sort()
    return [(a, b) for start, end in loop for a, b in pairwise(marks) if start <= a and b <= end]

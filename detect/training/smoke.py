"""Train the head that tells smoke from fog, rain, shadows and passers-by.

    python -m detect.training.smoke --clips DIR... [--scenes N] [--out models/heads/smoke]

Each `DIR` holds videos without smoke; those in folders named `fire` are never learnt from. Prints
figures of five parts by place, each judged by a net that never saw its places.
"""

from __future__ import annotations

from detect.burning.plumes import Plumes, grid_of
from detect.training.flame_scenes import Pace
from detect.training.study import Study, main
from ingest.frame import Image

KINDS = (
    "smoke both smoke weather light smoke walker smoke weather both light smoke walker lamp "
    "smoke nothing weather leaves"
).split()
"""What is drawn, in turn."""


def pale(image: Image) -> float:
    """The simplest there is: how much of the picture is grey and without detail."""
    grid = grid_of(0.0, image)
    return float(((grid.colour < 20) & (grid.detail < 6)).mean())


STUDY = Study("smoke", Plumes, pale, KINDS, Pace(2.5, 7.2), 0.2)

if __name__ == "__main__":
    main(STUDY)

"""Train the head that tells flames from what has their colours.

    python -m detect.training.fire --clips DIR... [--scenes N] [--out models/heads/fire]

Each `DIR` holds videos without a fire; those in folders named `fire` are only judged, never learnt
from. Prints figures of five parts by place, each judged by a net that never saw its places.
"""

from __future__ import annotations

import numpy as np

from detect.burning.flames import Flames, hot_pixels
from detect.training.flame_scenes import Pace
from detect.training.study import Study, main
from ingest.frame import Image

KINDS = (
    "fire both fire clothes lamp fire screen leaves both light fire lamp clothes walker "
    "fire smoke leaves"
).split()
"""What is drawn, in turn."""


def blobs(image: Image) -> float:
    """The simplest there is: how much of the picture has the colours of fire."""
    return float(np.asarray(hot_pixels(image[::2, ::2])).mean())


STUDY = Study("fire", Flames, blobs, KINDS, Pace(), 0.06)

if __name__ == "__main__":
    main(STUDY)

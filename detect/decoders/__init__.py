"""Decoders by the name a manifest gives them: raw outputs to candidate boxes."""

from __future__ import annotations

from detect.decoders.base import Candidates, Decoder
from detect.decoders.detr import Detr
from detect.decoders.nanodet import NanoDet
from detect.decoders.rfdetr import RfDetr
from detect.decoders.rtmdet import RtmDet
from detect.decoders.ssd import Ssd, SsdPriors
from detect.decoders.yolox import Yolox

DECODERS: dict[str, type[Decoder]] = {
    "detr": Detr,
    "nanodet": NanoDet,
    "rfdetr": RfDetr,
    "rtmdet": RtmDet,
    "ssd": Ssd,
    "ssd-priors": SsdPriors,
    "yolox": Yolox,
}

__all__ = ["DECODERS", "Candidates", "Decoder"]

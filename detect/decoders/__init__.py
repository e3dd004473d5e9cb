"""Decoders by the name a manifest gives them: raw outputs to candidate boxes."""

from __future__ import annotations

from detect.decoders.base import Candidates, Decoder
from detect.decoders.nanodet import NanoDet
from detect.decoders.yolox import Yolox

DECODERS: dict[str, type[Decoder]] = {"nanodet": NanoDet, "yolox": Yolox}

__all__ = ["DECODERS", "Candidates", "Decoder"]

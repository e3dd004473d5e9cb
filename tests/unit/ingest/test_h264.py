from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.sources.h264 import FrameNumbers
from tests.support.rtsp import START_CODE, annex_b, is_picture, joined, moving_images, nal_units


def packets(stream: bytes) -> list[bytes]:
    """One picture each, with what comes before it."""
    groups: list[list[bytes]] = [[]]
    for unit in nal_units(stream):
        is_first = not is_picture(unit) or unit[1] & 0x80  # first_mb_in_slice is 0
        if is_first and any(map(is_picture, groups[-1])):
            groups.append([])
        groups[-1].append(unit)
    return [joined(group) for group in groups]


def encoded(**options: str) -> bytes:
    """A stream as other encoders and profiles make it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="h264") as out:
        stream = out.add_stream("libx264", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.thread_count = 1
        for image in moving_images(60, 160, 120):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode(None))
    return buffer.getvalue()


ENCODERS = {
    "baseline": {"profile": "baseline"},
    "B pictures": {"profile": "high", "bf": "3", "x264-params": "b-pyramid=normal:keyint=20"},
    "scaling lists": {"profile": "high", "x264-params": "cqm=jvt:slices=1"},
    "slices": {"profile": "main", "x264-params": "slices=4:keyint=15"},
    "one reference": {"tune": "zerolatency", "x264-params": "ref=1:keyint=1000"},
    "fields": {"x264-params": "interlaced=1:keyint=20"},
}


@pytest.mark.parametrize("name", ENCODERS)
def test_a_whole_stream_has_no_gap_and_a_lost_picture_is_one(name: str) -> None:
    whole = packets(encoded(**ENCODERS[name]))
    numbers = FrameNumbers()
    assert not any(numbers.has_gap(packet) for packet in whole)

    def is_reference(packet: bytes) -> bool:
        slices = [unit for unit in nal_units(packet) if is_picture(unit)]
        return bool(slices) and slices[0][0] & 0x60 != 0 and slices[0][0] & 0x1F == 1

    at = next(n for n in range(3, len(whole)) if is_reference(whole[n]))
    lost = whole[:at] + whole[at + 3 :]
    numbers = FrameNumbers()
    assert any(numbers.has_gap(packet) for packet in lost)


def test_a_gap_is_told_once_and_a_restart_forgives(tmp_path: Path) -> None:
    whole = packets(annex_b("h264", 320, 240, 40, 20, tmp_path))
    numbers = FrameNumbers(whole[0])
    told = [numbers.has_gap(packet) for packet in (*whole[:5], *whole[8:12])]
    assert told == [False] * 5 + [True] + [False] * 3
    numbers.restart()
    assert not numbers.has_gap(whole[18])
    assert not numbers.has_gap(whole[20]), "a key frame begins a new count"


def test_without_parameter_sets_nothing_is_judged(tmp_path: Path) -> None:
    whole = packets(annex_b("h264", 320, 240, 40, 20, tmp_path))
    numbers = FrameNumbers()
    assert not any(numbers.has_gap(packet) for packet in whole[1:20:3])


@given(st.lists(st.binary(max_size=60), max_size=8), st.booleans())
def test_hostile_bytes_do_no_harm(units: list[bytes], as_sps: bool) -> None:
    numbers = FrameNumbers()
    for unit in units:
        header = b"\x67" if as_sps else b""
        assert numbers.has_gap(START_CODE + header + unit) in (True, False)


@given(st.lists(st.binary(max_size=200), max_size=9), st.binary(max_size=40))
@example([b"\x67\x0c\xff\xff\xdc\xff", b"\x41\x0c\x61\xff", b"\x41\x0c\x6b\xff"], b"")
def test_units_with_their_lengths_are_never_judged(units: list[bytes], sets: bytes) -> None:
    """A length of 256 to 511 reads like a start code, and what follows like any unit."""
    numbers = FrameNumbers(b"\x01\x64\x00\x0c\xff" + sets)
    for unit in units:
        assert not numbers.has_gap(b"\x00\x00\x01" + unit)

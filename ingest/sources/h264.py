"""Tells from an H.264 stream's own numbering that a picture went missing (ITU-T H.264, 7.4.3).

A camera on a bad line leaves out packets, and the decoder goes on without a word: what moved
since then is smeared over the picture until the next key frame. Every slice says in `frame_num`
how many reference pictures came before it, so that a gap can be seen before it is decoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD_BYTES = 4096
"""Parameter sets, messages and the start of the first slice lie within; the rest is not read."""
START_CODE = re.compile(rb"\x00\x00\x01")
SLICE, IDR_SLICE, SPS = 1, 5, 7
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
LONGEST_CODE = 32


class FrameNumbers:
    """Follows one stream. What it cannot read it does not judge.

    `parameter_sets`: the stream's, in front of its first packet (Annex B), or in the form that says
    that each unit comes with its length instead (`avcC`, ISO/IEC 14496-15: MP4, MKV, FLV). There is
    no start code in such a stream, but a length of 256 to 511 bytes looks like one: nothing of it
    may be read for numbers.
    """

    def __init__(self, parameter_sets: bytes | None = None) -> None:
        self._sps: _Sps | None = None
        self._last: int | None = None
        self._has_lengths = parameter_sets is not None and parameter_sets[:1] == b"\x01"
        if parameter_sets:
            self.has_gap(parameter_sets)

    def restart(self) -> None:
        """Forget the last picture: the next one may have any number."""
        self._last = None

    def has_gap(self, packet: bytes | memoryview) -> bool:
        """Whether reference pictures are missing between the last packet and this one.

        `packet` is one picture as a byte stream (Annex B); other forms are never judged.
        """
        if self._has_lengths:
            return False
        head = bytes(packet[:HEAD_BYTES])
        starts = [match.end() for match in START_CODE.finditer(head)]
        try:
            for at in starts:
                kind = head[at] & 0x1F
                if kind == SPS:
                    self._sps = _Sps.read(_Bits(head[at + 1 :]))
                elif kind in (SLICE, IDR_SLICE):
                    return self._follow(head[at], _Bits(head[at + 1 : at + 32]))
        except (IndexError, ValueError):
            self._sps = self._last = None
        return False

    def _follow(self, header: int, bits: _Bits) -> bool:
        if self._sps is None or self._sps.may_have_gaps:
            return False
        for _ in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
            bits.code()
        bits.take(2 if self._sps.has_colour_planes else 0)
        number, last = bits.take(self._sps.number_bits), self._last
        is_key, is_reference = header & 0x1F == IDR_SLICE, header & 0x60 != 0
        if is_reference:
            self._last = number
        if is_key or last is None:
            return False
        return number not in (last, (last + 1) % (1 << self._sps.number_bits))


@dataclass(frozen=True, slots=True)
class _Sps:
    """What is needed of a sequence parameter set (7.3.2.1.1)."""

    number_bits: int
    has_colour_planes: bool
    may_have_gaps: bool

    @classmethod
    def read(cls, bits: _Bits) -> _Sps:
        profile = bits.take(8)
        bits.take(16)  # constraints, level
        bits.code()  # its id
        has_colour_planes = profile in HIGH_PROFILES and _skip_high(bits)
        number_bits = bits.code() + 4
        if number_bits > 16:
            raise ValueError("frame_num has at most 16 bits")
        order = bits.code()
        if order == 0:
            bits.code()
        elif order == 1:
            bits.take(1)
            bits.code()
            bits.code()
            for _ in range(min(bits.code(), 255)):
                bits.code()
        bits.code()  # reference frames
        return cls(number_bits, has_colour_planes, bits.take(1) == 1)


def _skip_high(bits: _Bits) -> bool:
    """Pass over what high profiles add; whether colour planes are coded apart."""
    chroma = bits.code()
    has_colour_planes = chroma == 3 and bits.take(1) == 1
    bits.code()
    bits.code()
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return has_colour_planes


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.code()
            delta = (code + 1) // 2 if code % 2 else -(code // 2)
            following = (last + delta) % 256
        last = following or last


class _Bits:
    """Reads bits, most significant first, past emulation prevention bytes (7.4.1)."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(plain, "big")
        self._left = len(plain) * 8

    def take(self, count: int) -> int:
        """An unsigned number of so many bits. Raises `IndexError` at the end."""
        if count > self._left:
            raise IndexError("the data ends too soon")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def code(self) -> int:
        """An Exp-Golomb code (9.1). Raises `IndexError`, `ValueError`."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > LONGEST_CODE:
                raise ValueError("no code is that long")
        return (1 << zeros) - 1 + self.take(zeros)

"""Letters as cameras write them into their pictures: capitals of 7 pixels, Latin and Cyrillic.

A font file would be one more thing to ship, to license and to find; a caption needs capitals.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

HEIGHT_PX = 7
GAP_PX = 1
LINE_PX = HEIGHT_PX + 3
"""From one line of text to the next."""
SPACE_PX = 3

_ROWS = {
    "A": "0E11111F111111",
    "B": "1E11111E11111E",
    "C": "0E11101010110E",
    "D": "1E11111111111E",
    "E": "1F10101E10101F",
    "F": "1F10101E101010",
    "G": "0E11101711110F",
    "H": "1111111F111111",
    "I": "0E04040404040E",
    "J": "0702020202120C",
    "K": "11121418141211",
    "L": "1010101010101F",
    "M": "111B1515111111",
    "N": "11111915131111",
    "O": "0E11111111110E",
    "P": "1E11111E101010",
    "Q": "0E11111115120D",
    "R": "1E11111E141211",
    "S": "0F10100E01011E",
    "T": "1F040404040404",
    "U": "1111111111110E",
    "V": "11111111110A04",
    "W": "1111111515150A",
    "X": "11110A040A1111",
    "Y": "1111110A040404",
    "Z": "1F01020408101F",
    "0": "0E11131519110E",
    "1": "040C040404040E",
    "2": "0E11010204081F",
    "3": "1F02040201110E",
    "4": "02060A121F0202",
    "5": "1F101E0101110E",
    "6": "0608101E11110E",
    "7": "1F010204080808",
    "8": "0E11110E11110E",
    "9": "0E11110F01020C",
    "Б": "1F10101E11111E",
    "Г": "1F101010101010",
    "Д": "060A0A0A0A1F11",
    "Ё": "0A001F101E101F",
    "Ж": "15150E040E1515",
    "З": "0E11010601110E",
    "И": "11111315191111",
    "Й": "0A041113151911",
    "Л": "07090909090911",
    "П": "1F111111111111",
    "У": "1111110F01010E",
    "Ф": "040E1515150E04",
    "Ц": "12121212121F01",
    "Ч": "1111110F010101",
    "Ш": "1515151515151F",
    "Щ": "2A2A2A2A2A3F01",
    "Ъ": "1808080E09090E",
    "Ы": "21212139252539",
    "Ь": "1010101E11111E",
    "Э": "0E11010701110E",
    "Ю": "26292939292926",
    "Я": "0F11110F050911",
    "Ә": "0E11011F11110E",
    "Ғ": "0F08081E080808",
    "Қ": "12141814121301",
    "Ң": "1212121E121301",
    "Ө": "0E11111F11110E",
    "Ұ": "11110A1F040404",
    "Ү": "11110A04040404",
    "Һ": "1010101E111111",
    ".": "00000000000101",
    ",": "00000000010102",
    ":": "00010100010100",
    ";": "00010100010102",
    "!": "01010101010001",
    "?": "0E110102040004",
    "-": "0000000F000000",
    "_": "0000000000001F",
    "'": "01010200000000",
    '"': "05050000000000",
    "«": "0000050A050000",
    "»": "00000A050A0000",
    "(": "01020202020201",
    ")": "02010101010102",
    "/": "01010202040408",
    "%": "19190204081313",
    "+": "0004041F040400",
    "=": "00001F001F0000",
    "#": "0A0A1F0A1F0A0A",
    "*": "00150E1F0E1500",
    "<": "01020408040201",
    ">": "08040201020408",
    "&": "0C12140815120D",
    "²": "06010206080F00",
    "°": "02050200000000",
    "·": "00000001000000",
    "\N{REPLACEMENT CHARACTER}": "1F11111111111F",
}
"""Each letter's rows from the top, two hexadecimal digits a row, the last bit at the right."""
_ALIKE = dict(zip("АВЕКМНОРСТХІ№–—“”’", 'ABEKMHOPCTXIN--""\'', strict=True))


@lru_cache(maxsize=256)
def _glyph(letter: str) -> Mask:
    """Shape (7, width)."""
    rows = _ROWS.get(_ALIKE.get(letter, letter), _ROWS["\N{REPLACEMENT CHARACTER}"])
    numbers = [int(rows[at : at + 2], 16) for at in range(0, 2 * HEIGHT_PX, 2)]
    width = max(1, max(numbers).bit_length())
    return np.array([[n >> (width - 1 - x) & 1 for x in range(width)] for n in numbers], np.bool_)


def width_px(text: str) -> int:
    """How wide the text is at scale 1."""
    return int(written(text).shape[1])


@lru_cache(maxsize=512)
def written(text: str) -> Mask:
    """The text in one line: shape (7, width), True where there is ink; at least one column wide."""
    parts: list[Mask] = []
    for letter in text.upper():
        gap = GAP_PX if parts else 0
        width = SPACE_PX if letter.isspace() else _glyph(letter).shape[1]
        part = np.zeros((HEIGHT_PX, gap + width), np.bool_)
        if not letter.isspace():
            part[:, gap:] = _glyph(letter)
        parts.append(part)
    return np.concatenate(parts, 1) if parts else np.zeros((HEIGHT_PX, 1), np.bool_)


def wrapped(text: str, most_px: int) -> list[str]:
    """The text in lines of at most `most_px` at scale 1; a word that is too long stays whole."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_px(longer) <= most_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines

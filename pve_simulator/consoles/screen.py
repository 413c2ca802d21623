# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A screen that shows lines of text: its pixels in whichever format a VNC client asks for. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

WIDTH, HEIGHT = 400, 200
_SCALE = 3
_MARGIN = 10
_ADVANCE, _LINE = 4 * _SCALE, 7 * _SCALE
INK, PAPER = (230, 230, 230), (20, 24, 40)

# Three pixels a row, five rows a letter, each row an octal digit.
_SHAPES = """
25755 65656 34443 65556 74647 74644 34553 55755 72227 11152 55655 44447 57755 65555 25552 65644 25563 65655 34216 72222
55557 55552 55775 55255 55222 71247 75557 26227 61247 61216 55711 74616 34752 71222 75757 75716 00700 00002 02020 00007
11244 42124 57575 25743 00000
"""
_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:_/>#@ ", _SHAPES.split(), strict=True))
_UNKNOWN = "77777"


@dataclass(frozen=True)
class PixelFormat:
    """How a pixel is written: bytes, byte order, and of red, green and blue the highest value and the shift."""

    bits: int = 32
    depth: int = 24
    is_big_endian: bool = False
    highest: tuple[int, int, int] = (255, 255, 255)
    shifts: tuple[int, int, int] = (16, 8, 0)

    def pack(self) -> bytes:
        """The 16 bytes of the protocol."""
        return struct.pack("!BBBBHHHBBB3x", self.bits, self.depth, self.is_big_endian, 1, *self.highest, *self.shifts)

    @classmethod
    def unpack(cls, data: bytes) -> PixelFormat:
        """Read the 16 bytes. Raises ValueError for a format with a palette, and for one that is none."""
        bits, depth, is_big_endian, is_true_color, *rest = struct.unpack("!BBBBHHHBBB3x", data)
        if bits not in (8, 16, 32) or not is_true_color:
            raise ValueError(f"no format with true colour: {bits} bits")
        return cls(bits, depth, bool(is_big_endian), tuple(rest[:3]), tuple(rest[3:]))

    def render(self, color: tuple[int, int, int]) -> bytes:
        """One pixel of a colour."""
        parts = zip(color, self.highest, self.shifts, strict=True)
        value = sum((part * highest // 255) << shift for part, highest, shift in parts)
        size = self.bits // 8
        return (value % (1 << self.bits)).to_bytes(size, "big" if self.is_big_endian else "little")


@dataclass
class Screen:
    """What a machine shows: its name, what it is, the keys that were pressed, and what they have typed."""

    name: str
    what: str
    keys: int = 0
    typed: str = field(default="")

    def press(self, key: int) -> None:
        """Note a key by its keysym."""
        self.keys += 1
        if key == 0xFF08:
            self.typed = self.typed[:-1]
        elif key == 0xFF0D:
            self.typed = ""
        elif 0x20 <= key <= 0x7E:
            self.typed = (self.typed + chr(key))[-24:]

    @property
    def lines(self) -> list[str]:
        """The text that it shows."""
        return [self.name, self.what, "", f"keys: {self.keys}", "", f"> {self.typed}_"]

    def draw(self, form: PixelFormat) -> bytes:
        """All pixels, row by row."""
        paper, ink = form.render(PAPER), form.render(INK)
        size = len(paper)
        rows = [bytearray(paper * WIDTH) for _row in range(HEIGHT)]
        for number, line in enumerate(self.lines):
            for column, letter in enumerate(line.upper()[: (WIDTH - 2 * _MARGIN) // _ADVANCE]):
                left, top = _MARGIN + column * _ADVANCE, _MARGIN + number * _LINE
                for y, digit in enumerate(_LETTERS.get(letter, _UNKNOWN)):
                    for x in range(3):
                        if int(digit) & (4 >> x):
                            start = (left + x * _SCALE) * size
                            for row in rows[top + y * _SCALE : top + (y + 1) * _SCALE]:
                                row[start : start + _SCALE * size] = ink * _SCALE
        return b"".join(rows)

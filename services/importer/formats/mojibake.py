"""Puts text right whose UTF-8 bytes were once read as Windows-1252, as in `Unbreakable â€“ Made of braid`."""

import re

_TO_BYTE = {chr(byte): byte for byte in range(256)}
for _byte in range(0x80, 0xA0):
    try:
        _TO_BYTE[bytes([_byte]).decode("cp1252")] = _byte
    except UnicodeDecodeError:
        continue  # five bytes stand for nothing and were passed through as they are


def _characters(first: int, last: int) -> str:
    return "".join(re.escape(character) for character, byte in _TO_BYTE.items() if first <= byte <= last)


_LEADS = ((0xC2, 0xDF, 1), (0xE0, 0xEF, 2), (0xF0, 0xF4, 3))
"""First bytes of a character in UTF-8, and how many follow them."""
_TAIL = _characters(0x80, 0xBF)
_SEQUENCES = re.compile("|".join(f"[{_characters(a, b)}][{_TAIL}]{{{tail}}}" for a, b, tail in _LEADS))
"""Characters whose bytes have the shape of UTF-8."""

TIMES = 3
"""It happened to some texts twice."""


def repaired(text: str) -> str:
    """The text with all that is UTF-8 once its bytes are put back; what is not stays as it is.

    >>> repaired("Unbreakable â€“ Made of braid"), repaired("DÃ©cor"), repaired("café ₹399")
    ('Unbreakable – Made of braid', 'Décor', 'café ₹399')
    """
    for _ in range(TIMES):
        better = _SEQUENCES.sub(_repair, text)
        if better == text:
            break
        text = better
    return text


def _repair(sequence: re.Match[str]) -> str:
    try:
        return bytes(_TO_BYTE[character] for character in sequence[0]).decode("utf-8")
    except UnicodeDecodeError:
        return sequence[0]

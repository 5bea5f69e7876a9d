"""Puts text right whose UTF-8 bytes were once read as Windows-1252, as in `Unbreakable â€“ Made of braid`."""

import re

_TO_BYTE = {chr(byte): byte for byte in range(256)}
for _byte in range(0x80, 0xA0):
    try:
        _TO_BYTE[bytes([_byte]).decode("cp1252")] = _byte
    except UnicodeDecodeError:
        continue  # five bytes stand for nothing and were passed through as they are
_HIGH = "".join(re.escape(character) for character, byte in _TO_BYTE.items() if byte >= 0x80)
_RUNS = re.compile(f"[{_HIGH}]{{2,}}")

TIMES = 3
"""It happened to some texts twice."""


def repaired(text: str) -> str:
    """The text with every run that is whole UTF-8 once its bytes are put back; what is not stays as it is.

    >>> repaired("Unbreakable â€“ Made of braid"), repaired("DÃ©cor"), repaired("café ₹399")
    ('Unbreakable – Made of braid', 'Décor', 'café ₹399')
    """
    for _ in range(TIMES):
        better = _RUNS.sub(_repair, text)
        if better == text:
            break
        text = better
    return text


def _repair(run: re.Match[str]) -> str:
    try:
        return bytes(_TO_BYTE[character] for character in run[0]).decode("utf-8")
    except UnicodeDecodeError:
        return run[0]

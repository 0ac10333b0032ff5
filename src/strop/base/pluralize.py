"""Numbers as people write them, with their nouns."""

from __future__ import annotations

import math


def quantity(n: int, thing: str, form: str = "") -> str:
    """`1 LM call`, `2 LM calls`, `5 copies`; with the form `,` also `12,345 evaluations`. `thing` is the singular."""
    several = f"{thing[:-1]}ies" if thing.endswith("y") and thing[-2:-1] not in "aeiou" else f"{thing}s"
    return f"{n:{form}} {thing if n == 1 else several}"


def plain(value: float, digits: int = 3) -> str:
    """A number to so many significant digits, never with an exponent: `14,130`, `2.1`, `0.00085`."""
    text = f"{value:,.{digits}g}"
    if "e" not in text:
        return text
    rounded = float(text)
    return f"{rounded:,.{max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)}f}"

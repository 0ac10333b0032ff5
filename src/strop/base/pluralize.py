"""Numbers as people write them, with their nouns."""

from __future__ import annotations

_MOST_POWER = 15
"""The power of ten from which on a number is written with an exponent."""


def quantity(n: int, thing: str, form: str = "") -> str:
    """`1 LM call`, `2 LM calls`, `5 copies`; with the form `,` also `12,345 evaluations`. `thing` is the singular."""
    regular = f"{thing}{'es' if thing.endswith('ch') else 's'}"
    several = f"{thing[:-1]}ies" if thing.endswith("y") and thing[-2:-1] not in "aeiou" else regular
    return f"{n:{form}} {thing if n == 1 else several}"


def plain(value: float, digits: int = 3) -> str:
    """A number to `digits` significant digits: `14,130`, `2.1`, `0.00085`, and `1.2e-26`."""
    text = f"{value:,.{digits}g}"
    if "e" not in text:
        return text
    figures, power = text.split("e")
    if not 0 < int(power) < _MOST_POWER:
        return f"{figures}e{int(power)}"
    return f"{float(text):,.0f}"


def mean_of(count: int) -> str:
    """` (mean of 4 instances)`, to stand after such a number; empty for a single value."""
    return f" (mean of {count:,} instances)" if count > 1 else ""

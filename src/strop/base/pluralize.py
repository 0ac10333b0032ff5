"""Numbers with their nouns."""

from __future__ import annotations


def quantity(n: int, thing: str, form: str = "") -> str:
    """`1 LM call`, `2 LM calls`, `5 copies`; with the form `,` also `12,345 evaluations`. `thing` is the singular."""
    several = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{n:{form}} {thing if n == 1 else several}"

"""Escape untrusted text for a terminal. Imports nothing, so that the command line starts quickly.

Everything that a language model wrote must pass through here: with escape sequences, control and direction characters it could
draw over the report.
"""

from __future__ import annotations


def escape(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters, with visible escapes for everything that is not printable."""
    shown: list[str] = []
    room = limit
    for character in text[: limit + 1]:
        piece = character if character.isprintable() else _escaped(character)
        if len(piece) > room:
            return "".join(shown)[: limit - 3] + "..."
        shown.append(piece)
        room -= len(piece)
    return "".join(shown)


def _escaped(character: str) -> str:
    return " " if character in "\n\t\u2028\u2029\xa0" else character.encode("unicode_escape").decode("ascii")

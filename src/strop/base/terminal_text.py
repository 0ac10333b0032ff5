"""Text of others made harmless for a terminal. It imports nothing, so that the command line starts quickly.

What a language model wrote may reach a terminal only through here: escape sequences, control and direction characters would let
it draw over the report.
"""

from __future__ import annotations


def escape(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters, with everything that is not printable as a visible escape."""
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

"""Escape untrusted text for a terminal, and fold text to its width. Imports next to nothing: the list of commands needs it.

Everything that a language model wrote must pass through here: with escape sequences, control and direction characters it could
draw over the report.
"""

from __future__ import annotations

from collections.abc import Mapping

_LEAST_TEXT = 24
"""Columns that a text needs beside its name, unless it is shorter."""


def escape(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters, with visible escapes for everything that is not printable."""
    pieces: list[str] = []
    room = limit
    for character in text[: limit + 1]:
        piece = character if character.isprintable() else _escaped(character)
        if len(piece) > room:
            return "".join(pieces)[: limit - 3] + "..."
        pieces.append(piece)
        room -= len(piece)
    return "".join(pieces)


def _escaped(character: str) -> str:
    return " " if character in "\n\t\u2028\u2029\xa0" else character.encode("unicode_escape").decode("ascii")


def pairs(lines: Mapping[str, str], width: int, least: int = 0) -> list[str]:
    """Lines of at most `width` columns: names in a column of at least `least`, and beside each its text, folded. Where there is
    little room, texts stand below their names. Empty texts are left out, and no word is broken."""
    from textwrap import TextWrapper

    names = [f"  {name}" for name, text in lines.items() if text]
    texts = [text for text in lines.values() if text]
    column = max([least, *map(len, names)]) + 2
    longest = max((len(word) for text in texts for word in text.split()), default=0)
    has_room = width - column >= max(longest, min(_LEAST_TEXT, max(map(len, texts), default=0)))
    indent = " " * (column if has_room else 4)
    wrapper = TextWrapper(width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    folded = []
    for name, text in zip(names, texts, strict=True):
        wrapper.initial_indent = name.ljust(column) if has_room else indent
        folded += wrapper.wrap(text) if has_room else [name, *wrapper.wrap(text)]
    return folded

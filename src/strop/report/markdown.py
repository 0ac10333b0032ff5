"""The result of a comparison as a comment for a pull request, in GitHub's Markdown.

Whoever wrote the pull request may have written programs, paths, targets and messages in it. A word of nothing but letters, and a
number, are shown as they are. Everything else stands in a code span, where GitHub makes no link, mention, reference, image, emoji
or formula. No line begins with text from outside: bots read commands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from strop.base.terminal_text import escape
from strop.runs.results.improved import Improved, Unfinished
from strop.runs.results.program import ImprovedProgram
from strop.runs.results.suite import COLUMNS, ROWS, ComparedSuite, cells

SENTENCE, NOTES, NAME = 2000, 1000, 200
"""Most characters of the sentence and of the command, of all notes together, and of a name."""
# Seven hexadecimal digits could be the name of a commit, to which GitHub links.
_PLAIN = re.compile(
    r"(?!.*[0-9A-Fa-f]{7})\(?(?:[A-Za-zµû]+(?:-[A-Za-z]+)*(?:'s?)?|[+-]?\d+(?:[.,]\d+)*(?:x|%|-fold)?)[,;:.)]*|-"
)
"""A word or a number, as sentences of strop have them, with the punctuation around it."""


def as_markdown(
    result: Improved | Unfinished | ImprovedProgram | ComparedSuite,
    *,
    shared_notes: Iterable[str] = (),
    command: str = "",
) -> str:
    """The comment: the first line, one fact a line, and how to repeat it.

    `shared_notes`: more lines about what both programs share. `command`: the command line that makes this comparison.
    """
    lines = [f"**{prose(result.sentence, SENTENCE)}**", ""]
    if isinstance(result, ComparedSuite):
        lines += _table(result)
    if not isinstance(result, Unfinished):
        lines += [
            f"- target: {code(_target(result), NAME)}",
            *(
                f"- {(prose if fact.name[:1].isalpha() else code)(fact.name, NAME)}: {prose(fact.text, NOTES)}"
                for fact in result.details
                if fact.name != "note"
            ),
        ]
    notes = "; ".join(filter(None, (result.unverified, result.waived, *result.said, *shared_notes)))
    lines += [f"- note: {prose(notes, NOTES)}"] if notes else []
    lines += [f"- again: {code(command, SENTENCE)}"] if command else []
    return "\n".join(lines).rstrip() + "\n"


def _target(result: Improved | ImprovedProgram | ComparedSuite) -> str:
    if isinstance(result, ComparedSuite):
        return result.suite
    return result.command if isinstance(result, ImprovedProgram) else result.task


def _table(suite: ComparedSuite) -> list[str]:
    """The scenarios as a table, a line each; those without a difference are only counted where there are too many."""
    rows = [(code(one.name, NAME), *(prose(cell, NAME) for cell in cells(one))) for one in suite.shown[:ROWS]]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (COLUMNS, *rows)]
    more = len(suite.shown) - len(rows)
    return [lines[0], "|---" * len(COLUMNS) + "|", *lines[1:], "", *[f"And {more} more."] * bool(more)] if rows else []


def prose(text: str, limit: int) -> str:
    """A sentence on one line of about `limit` characters: words and numbers as they are, everything else in code spans."""
    words = escape(text, limit).split()
    runs = groupby(words, key=lambda word: _PLAIN.fullmatch(word) is not None)
    return " ".join(" ".join(run) if is_plain else _quoted(" ".join(run)) for is_plain, run in runs)


def code(text: str, limit: int) -> str:
    """A text from outside as a code span, on one line of about `limit` characters."""
    return _span(" ".join(escape(text, limit).split()))


def _quoted(text: str) -> str:
    """A code span, with the punctuation of the sentence behind it."""
    quoted = text.rstrip(",;:.)")
    return _span(quoted) + text[len(quoted) :] if quoted else _span(text)


def _span(text: str) -> str:
    """A code span; its fence is longer than any in the text."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text or '-'}`"

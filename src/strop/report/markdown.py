"""The result of a comparison as a comment for a pull request, in GitHub's Markdown.

Whoever wrote the pull request may have written programs, paths, targets and messages in it. A word of nothing but letters, and a
number, are shown as they are. Everything else stands in a code span, where GitHub makes no link, mention, reference, image, emoji
or formula. No line begins with text from outside: bots read commands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.runs.claims.gains import in_units, unnamed, valued
from strop.runs.claims.numbers import interval_of
from strop.runs.finding import ScoredProgram
from strop.runs.results.improved import Improved, Unfinished

SENTENCE, NOTES, NAME = 2000, 1000, 200
"""Most characters of the sentence and of the command, of all notes together, and of a name."""
# Seven hexadecimal digits could be the name of a commit, to which GitHub links.
_PLAIN = re.compile(
    r"(?!.*[0-9A-Fa-f]{7})\(?(?:[A-Za-zµû]+(?:-[A-Za-z]+)*(?:'s?)?|[+-]?\d+(?:[.,]\d+)*(?:x|%|-fold)?)[,;:.)]*|-"
)
"""A word or a number, as sentences of strop have them, with the punctuation around it."""


def as_markdown(result: Improved | Unfinished, *, shared_notes: Iterable[str] = (), command: str = "") -> str:
    """The comment, of ten lines at most: the verdict, a table with one row, what the tests say, and how to repeat it.

    `shared_notes`: more lines about what both programs share. `command`: the command line that makes this comparison.
    """
    lines = [f"**{prose(result.sentence, SENTENCE)}**", ""]
    if isinstance(result, Improved) and result.improved is not None:
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in _table(result)] + [""]
        lines += [f"- {prose(result.said_of_tests, NOTES)}"] if result.said_of_tests else []
    notes = "; ".join(filter(None, (result.unverified, result.waived, *result.said, *shared_notes)))
    lines += [f"- note: {prose(notes, NOTES)}"] if notes else []
    lines += [f"- again: {code(command, SENTENCE)}"] if command else []
    return "\n".join(lines).rstrip() + "\n"


def _table(improved: Improved) -> tuple[tuple[str, ...], ...]:
    """Heading, separator, and one row of measured values. A program that failed has its verdict in place of a value."""
    change = improved.change
    if change is None:
        before, after = (_measured(program, improved) for program in (improved.original, improved.improved))
        size, n = "-", len(_last(improved.improved or improved.original).scores)
    else:
        before, after = (valued(change.metric, value) for value in (change.before, change.after))
        size, n = unnamed(change), change.n
    heading = ("target", "original", "candidate", f"change ({interval_of(improved.confidence)})", "inputs")
    values = (*(prose(cell, NAME) for cell in (before, after, size)), f"{n:,}")
    return heading, ("---",) * len(heading), (code(improved.task, NAME), *values)


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


def _measured(program: ScoredProgram | None, improved: Improved) -> str:
    """What a program measured in the comparison, in the user's units, or how it failed."""
    if program is None:
        return "-"
    last = _last(program)
    return in_units(improved.facts, last) if last.verdict == "ok" else last.verdict


def _last(program: ScoredProgram) -> Evaluation:
    return program.test or program.train

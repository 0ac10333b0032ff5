"""What changed from one program of a record to another: the text, side by side or unified, and the score.

The work is bounded, however long the texts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from strop.analysis.stats import Estimate, score_difference
from strop.base.alignment import opcodes
from strop.base.as_document import computed
from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.base.solution import NAMED_BY
from strop.base.terminal_text import escape
from strop.base.unified_diff import unified_files
from strop.report.terminal.layout import say
from strop.report.terminal.sides import NamedProgram
from strop.report.terminal.tables import fitting
from strop.runs.claims.numbers import interval_in_brackets, over_tasks

CONTEXT = 3
"""Equal lines around a change."""
COMPARED = 2_000
"""Lines on either side, without equal beginnings and ends, that are aligned; in longer texts everything between is replaced."""
WIDE = 120
"""Columns from which two programs stand side by side."""
_HIGHLIGHTED = 100_000
"""Characters of a program that is highlighted; a longer one is shown plain."""
_LONGEST = 2_000
"""Characters of a line that are shown."""
_TAB = 4
_SIGNS = {"-": "bold red", "+": "bold green", " ": "dim"}


@dataclass(frozen=True, kw_only=True)
class ScoreChange(Estimate):
    """The change in score: the second minus the first."""

    split: str
    """`test`, the sealed split, or `train`."""


@dataclass(frozen=True, kw_only=True)
class ProgramDifference:
    """What changed from one program of a record to another."""

    directory: Path
    """Directory of the run."""
    a: NamedProgram
    """The first program."""
    b: NamedProgram
    """The second program."""
    sentence: str
    """The change in words; for an original and its solution as `strop improve` says it."""

    @computed
    def equal(self) -> bool:
        """Whether both texts are the same."""
        return self.a.digest == self.b.digest

    @computed
    def change(self) -> ScoreChange | None:
        """Score of b minus a; null if one was not measured."""
        return change_of(self.a, self.b)

    @computed
    def added(self) -> int:
        """Lines that only b has."""
        return _counts(self.a, self.b)[0]

    @computed
    def removed(self) -> int:
        """Lines that only a has."""
        return _counts(self.a, self.b)[1]

    @computed
    def diff(self) -> str:
        """Unified diff with line ends; empty if both texts are equal."""
        return unified_files(self.a.files, self.b.files)


def difference_of(a: NamedProgram, b: NamedProgram, directory: Path, sentence: str = "") -> ProgramDifference:
    """Two programs of the record in `directory`; `sentence` instead of the change in words."""
    said = sentence or change_in_words(change_of(a, b))
    return ProgramDifference(directory=directory, a=a, b=b, sentence=said)


@dataclass(frozen=True)
class LinePair:
    """A line of the first text beside a line of the second; None for a missing line. Numbers count from 0."""

    before: int | None
    after: int | None
    equal: bool


def change_of(a: NamedProgram, b: NamedProgram) -> ScoreChange | None:
    """b minus a, on the sealed split if both were measured there, else in training; None if they cannot be compared.

    In a run an observation is a copy of each improver; in an improvement it is an instance that both met.
    """
    split, first, second = ("test", a.test, b.test) if a.test and b.test else ("train", a.train, b.train)
    if not first or not second or a.digest == b.digest:
        return None
    return ScoreChange(**vars(score_difference(second, first)), split=split) if len(first) == len(second) else None


def change_in_words(change: ScoreChange | None) -> str:
    """`+0.043 on the sealed split (95% interval -0.010 to +0.096)`."""
    if change is None:
        return ""
    where = "on the test split" if change.split == "test" else "in training, the split that selects candidates"
    return f"{change.mean:+.3f} {where}{interval_in_brackets(change.interval, '+')}"


def _counts(a: NamedProgram, b: NamedProgram) -> tuple[int, int]:
    """(lines that only b has, lines that only a has)."""
    counts = [changed_lines(before, after) for _, before, after in changed_files(a.files, b.files)]
    return sum(added for added, _ in counts), sum(removed for _, removed in counts)


def changed_lines(before: str, after: str) -> tuple[int, int]:
    """(lines that only the second text has, lines that only the first has)."""
    changed = [pair for pair in aligned(lines_of(before), lines_of(after)) if not pair.equal]
    return sum(pair.after is not None for pair in changed), sum(pair.before is not None for pair in changed)


def changed_files(a: Mapping[str, str], b: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """(path, text before, text after) of each file that differs."""
    for path in {**a, **b}:
        before, after = a.get(path, ""), b.get(path, "")
        if before != after or (path in a) != (path in b):
            yield path, before, after


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends, `\\n` or `\\r\\n`; every other control character belongs to its line."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def ends_of(text: str) -> str:
    """How the lines of a text end, as text."""
    crlf, newlines = text.count("\r\n"), text.count("\n")
    kind = "no newline" if not newlines else "LF" if not crlf else "CRLF" if crlf == newlines else "CRLF and LF"
    return f"{kind}, no newline at the end" if newlines and not text.endswith("\n") else kind


def aligned(before: Sequence[str], after: Sequence[str]) -> list[LinePair]:
    """Every line of both, in order; replaced lines stand beside their replacements."""
    return [
        LinePair(left, right, code == "equal")
        for code, a, a_end, b, b_end in opcodes(before, after, COMPARED)
        for left, right in zip_longest(range(a, a_end), range(b, b_end))
    ]


def hunks(pairs: Sequence[LinePair], context: int = CONTEXT) -> list[list[LinePair]]:
    """The changes with `context` equal lines around each; changes near each other share a hunk."""
    ranges: list[tuple[int, int]] = []
    for number in (number for number, pair in enumerate(pairs) if not pair.equal):
        first, last = max(number - context, 0), min(number + context + 1, len(pairs))
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], last
        else:
            ranges.append((first, last))
    return [list(pairs[first:last]) for first, last in ranges]


@print_result.register(ProgramDifference)
def print_difference(difference: ProgramDifference, console: Console) -> None:
    """Both programs, the change in score, and the lines: side by side if the console is wide enough."""
    a, b = difference.a, difference.b
    for sign, side in (("-", a), ("+", b)):
        say(console, f"{sign} {_described(side)}", style="bold")
        if side.search is not None:
            say(console, escape(side.search.idea, _LONGEST))
            say(console, side.search.behaviour.in_words() if side.search.behaviour else "")
    say(console, f"score: {difference.sentence}" if difference.sentence else "")
    if difference.equal:
        say(console, "both are the same program")
        return
    say(console, f"{quantity(difference.added, 'line')} added, {difference.removed} removed")
    for path, before, after in changed_files(a.files, b.files):
        console.print()
        if len({*a.files, *b.files}) > 1:
            say(console, path, style="bold")
        _print_file(path, before, after, console)


def _described(side: NamedProgram) -> str:
    digest = side.digest[:NAMED_BY]
    name = side.name if digest in side.name else f"{side.name}, {digest}"
    if side.search is None:
        return name
    facts = []
    if side.train:
        facts.append(f"train {over_tasks(side.train, side.tasks)}")
    if side.test:
        facts.append(f"test {over_tasks(side.test, side.tasks)}")
    return f"{name}: {', '.join(facts)}" if facts else name


def _print_file(path: str, before: str, after: str, console: Console) -> None:
    if ends_of(before) != ends_of(after):
        say(console, f"line ends: {ends_of(before)} before, {ends_of(after)} after")
    texts = _shown(lines_of(before), path, console), _shown(lines_of(after), path, console)
    wide = console.is_terminal and console.width >= WIDE
    for number, hunk in enumerate(hunks(aligned(lines_of(before), lines_of(after)))):
        if wide:
            if number:
                console.print(Text("...", style="dim"))
            _print_beside(hunk, texts, console)
        else:
            _print_unified(hunk, texts, console)


def _shown(lines: Sequence[str], path: str, console: Console) -> list[Text]:
    """Lines as they may be shown: escaped, and highlighted on a terminal unless that changes a character."""
    plain = [fitting(console, escape(line.expandtabs(_TAB), _LONGEST)) for line in lines]
    if console.is_terminal and sum(map(len, plain)) <= _HIGHLIGHTED:
        syntax = Syntax("", Syntax.guess_lexer(path), theme="ansi_dark", background_color="default")
        colored = list(syntax.highlight("\n".join(plain)).split("\n", allow_blank=True))[: len(plain)]
        if [line.plain for line in colored] == plain:
            return colored
    return [Text(line) for line in plain]


def _print_unified(hunk: Sequence[LinePair], texts: tuple[Sequence[Text], Sequence[Text]], console: Console) -> None:
    before = _span([pair.before for pair in hunk if pair.before is not None])
    after = _span([pair.after for pair in hunk if pair.after is not None])
    head = f"@@ -{before} +{after} @@"
    console.print(Text(head, style="cyan"), soft_wrap=True)
    for sign, line in _in_order(hunk, texts):
        console.print(Text.assemble((sign, _SIGNS[sign]), line), soft_wrap=True)


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0] + 1},{len(numbers)}" if numbers else "0,0"


def _in_order(hunk: Sequence[LinePair], texts: tuple[Sequence[Text], Sequence[Text]]) -> Iterable[tuple[str, Text]]:
    """(sign, line); of replaced lines first all removed ones, then all added ones."""
    added: list[tuple[str, Text]] = []
    for pair in hunk:
        if pair.equal and pair.before is not None:
            yield from added
            added = []
            yield " ", texts[0][pair.before]
            continue
        if pair.before is not None:
            yield "-", texts[0][pair.before]
        if pair.after is not None:
            added.append(("+", texts[1][pair.after]))
    yield from added


def _print_beside(hunk: Sequence[LinePair], texts: tuple[Sequence[Text], Sequence[Text]], console: Console) -> None:
    digits = len(str(max(map(len, texts))))
    width = (console.width - 3) // 2 - digits - 3
    bar = fitting(console, "│") if console.encoding.startswith("utf") else "|"
    for pair in hunk:
        left = _half(pair.before, texts[0], " " if pair.equal else "-", (digits, width), console)
        right = _half(pair.after, texts[1], " " if pair.equal else "+", (digits, width), console)
        blank = Text(" " * (digits + 3 + width))
        for row in range(max(len(left), len(right))):
            line = left[row] if row < len(left) else blank.copy()
            line.append(f" {bar} ", style="dim")
            console.print(
                line + (right[row] if row < len(right) else Text("")), no_wrap=True, overflow="crop", crop=False
            )


def _half(number: int | None, lines: Sequence[Text], sign: str, size: tuple[int, int], console: Console) -> list[Text]:
    """One side of a row: number, sign and text, in as many lines as it needs."""
    digits, width = size
    if number is None:
        return []
    wrapped = lines[number].wrap(console, max(width, 1), overflow="fold", no_wrap=False, tab_size=_TAB) or [Text("")]
    rows = []
    for row, piece in enumerate(wrapped):
        head = f"{number + 1:>{digits}}" if row == 0 else " " * digits
        line = Text.assemble((head, "dim"), " ", (sign, _SIGNS[sign]), " ", piece)
        line.pad_right(max(digits + 3 + width - line.cell_len, 0))
        rows.append(line)
    return rows

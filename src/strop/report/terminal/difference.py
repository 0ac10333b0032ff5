"""What changed from one program of a record to another: the text, side by side or unified, and the score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from strop.analysis.stats import Estimate, paired_difference, stratified, unpaired_difference
from strop.base.terminal_text import escape
from strop.base.unified_diff import unified_files
from strop.report.terminal.alignment import Pair, aligned, ends_of, hunks, lines_of
from strop.report.terminal.documents import StrategyDocument
from strop.report.terminal.sides import Side
from strop.report.terminal.tables import fitting, say
from strop.report.terminal.words import NAMED_BY, no_width, of_tasks, over_tasks, quantity

WIDE = 120
"""Columns from which two programs stand side by side."""
_HIGHLIGHTED = 100_000
"""Characters of a program that is highlighted; a longer one is shown plain."""
_LONGEST = 2_000
"""Characters of a line that are shown."""
_TAB = 4
_LANGUAGES = {
    "": "text",
    "py": "python",
    "c": "c",
    "h": "c",
    "rs": "rust",
    "js": "javascript",
    "ts": "typescript",
    "go": "go",
}


class SideDocument(TypedDict):
    """One program in the document of `strop show --diff --json`."""

    name: str
    t: int | None
    digest: str
    strategy: StrategyDocument | None
    train: list[float]
    test: list[float]


class ChangeDocument(TypedDict):
    """What changed in score: the second minus the first."""

    split: str
    """`test`, the sealed split, or `train`."""
    mean: float
    stderr: float | None
    interval: list[float] | None


class DifferenceDocument(TypedDict):
    """What `strop show --diff --json` prints."""

    schema_version: int
    run: str
    a: SideDocument
    b: SideDocument
    equal: bool
    change: ChangeDocument | None
    sentence: str
    added: int
    removed: int
    diff: str


@dataclass(frozen=True)
class Change:
    """What changed in score, and where that was seen."""

    split: str
    found: Estimate


def change_of(a: Side, b: Side) -> Change | None:
    """b minus a on the sealed split where both were measured there, else in training; None where they cannot be compared.

    In a run the copies of two improvers are independent samples; in an improvement both met the same instances.
    """
    split, first, second = ("test", a.test, b.test) if a.test and b.test else ("train", a.train, b.train)
    if not first or not second or a.digest == b.digest:
        return None
    if len(a.tasks) > 1 or len(b.tasks) > 1:
        tasks = a.tasks or b.tasks
        if len(first) != len(second) or len(first) % len(tasks):
            return None
        before, after = (stratified(of_tasks(values, tasks)) for values in (first, second))
        stderr = None if before.stderr is None or after.stderr is None else (before.stderr**2 + after.stderr**2) ** 0.5
        return Change(split, Estimate(after.mean - before.mean, stderr, len(first)))
    if a.strategy is None and len(first) == len(second):
        return Change(split, paired_difference(second, first))
    return Change(split, unpaired_difference(second, first))


def change_in_words(change: Change | None) -> str:
    """`+0.043 on the sealed split (95% interval -0.010 to +0.096)`."""
    if change is None:
        return ""
    found = change.found
    where = "on the sealed split" if change.split == "test" else "in training, where candidates are chosen by it"
    if found.interval is not None and not no_width(found.interval):
        sure = f"95% interval {max(found.interval[0], -1):+.3f} to {min(found.interval[1], 1):+.3f}"
    else:
        sure = (
            "no interval"
            if found.stderr is None or found.interval is not None
            else f"standard error {found.stderr:.3f}"
        )
    return f"{found.mean:+.3f} {where} ({sure})"


def difference_document(a: Side, b: Side, run: str, sentence: str) -> DifferenceDocument:
    """The document of two programs of a record."""
    change = change_of(a, b)
    added, removed = _counts(a, b)
    return {
        "schema_version": 1,
        "run": run,
        "a": _side_document(a),
        "b": _side_document(b),
        "equal": a.digest == b.digest,
        "change": None
        if change is None
        else {
            "split": change.split,
            "mean": change.found.mean,
            "stderr": change.found.stderr,
            "interval": None if change.found.interval is None else list(change.found.interval),
        },
        "sentence": sentence or change_in_words(change),
        "added": added,
        "removed": removed,
        "diff": unified_files(a.files, b.files),
    }


def _side_document(side: Side) -> SideDocument:
    strategy = side.strategy
    told: StrategyDocument | None = None
    if strategy is not None:
        told = {"name": strategy.name, "also": list(strategy.also), "why": list(strategy.why)}
    return {
        "name": side.name,
        "t": side.t,
        "digest": side.digest,
        "strategy": told,
        "train": list(side.train),
        "test": list(side.test),
    }


def _counts(a: Side, b: Side) -> tuple[int, int]:
    """(lines that only b has, lines that only a has)."""
    pairs = [pair for _, before, after in _files(a, b) for pair in aligned(lines_of(before), lines_of(after))]
    changed = [pair for pair in pairs if not pair.equal]
    return sum(pair.after is not None for pair in changed), sum(pair.before is not None for pair in changed)


def _files(a: Side, b: Side) -> Iterable[tuple[str, str, str]]:
    """(path, text before, text after) of each file that differs."""
    for path in {**a.files, **b.files}:
        before, after = a.files.get(path, ""), b.files.get(path, "")
        if before != after or (path in a.files) != (path in b.files):
            yield path, before, after


def print_difference(a: Side, b: Side, console: Console, *, sentence: str = "") -> None:
    """Who is compared, what changed in score (or `sentence`), and the lines: side by side where the console is wide enough."""
    for sign, side in (("-", a), ("+", b)):
        say(console, f"{sign} {_described(side)}", style="bold")
    said = sentence or change_in_words(change_of(a, b))
    say(console, f"score: {said}" if said else "")
    if a.digest == b.digest:
        say(console, "both are the same program")
        return
    added, removed = _counts(a, b)
    say(console, f"{quantity(added, 'line')} added, {removed} removed")
    for path, before, after in _files(a, b):
        console.print()
        _print_file(path, before, after, console, several=len({*a.files, *b.files}) > 1)


def _described(side: Side) -> str:
    short = side.digest[:NAMED_BY]
    parts = [side.name if short in side.name else f"{side.name}, {short}"]
    if side.strategy is not None:
        also = f" (also {', '.join(side.strategy.also)})" if side.strategy.also else ""
        parts.append(f"{side.strategy.name}{also}")
        if side.train:
            parts.append(f"train {over_tasks(side.train, side.tasks)}")
        if side.test:
            parts.append(f"test {over_tasks(side.test, side.tasks)}")
    return ": ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0]


def _print_file(path: str, before: str, after: str, console: Console, *, several: bool) -> None:
    if several:
        say(console, path, style="bold")
    if ends_of(before) != ends_of(after):
        say(console, f"line ends: {ends_of(before)} before, {ends_of(after)} after")
    pairs = aligned(lines_of(before), lines_of(after))
    language = _LANGUAGES.get(path.rpartition(".")[2] if "." in path else "", "text")
    texts = _shown(lines_of(before), language, console), _shown(lines_of(after), language, console)
    wide = console.is_terminal and console.width >= WIDE
    for number, hunk in enumerate(hunks(pairs)):
        if wide:
            if number:
                console.print(Text("...", style="dim"))
            _beside(hunk, texts, console)
        else:
            _unified(hunk, texts, console)


def _shown(lines: Sequence[str], language: str, console: Console) -> list[Text]:
    """Lines as they may be shown: harmless, highlighted on a terminal where that changes no character."""
    plain = [fitting(console, escape(line.expandtabs(_TAB), _LONGEST)) for line in lines]
    if console.is_terminal and sum(map(len, plain)) <= _HIGHLIGHTED:
        colored = Syntax("", language, theme="ansi_dark", background_color="default").highlight("\n".join(plain))
        found = list(colored.split("\n", allow_blank=True))[: len(plain)]
        if [line.plain for line in found] == plain:
            return found
    return [Text(line) for line in plain]


_SIGNS = {"-": "bold red", "+": "bold green", " ": "dim"}


def _unified(hunk: Sequence[Pair], texts: tuple[Sequence[Text], Sequence[Text]], console: Console) -> None:
    before, after = ([n for n in numbers if n is not None] for numbers in _numbers(hunk))
    head = f"@@ -{_span(before)} +{_span(after)} @@"
    console.print(Text(head, style="cyan"), soft_wrap=True)
    for sign, line in _in_order(hunk, texts):
        console.print(Text.assemble((sign, _SIGNS[sign]), line), soft_wrap=True)


def _numbers(hunk: Sequence[Pair]) -> tuple[list[int | None], list[int | None]]:
    return [pair.before for pair in hunk], [pair.after for pair in hunk]


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0] + 1},{len(numbers)}" if numbers else "0,0"


def _in_order(hunk: Sequence[Pair], texts: tuple[Sequence[Text], Sequence[Text]]) -> Iterable[tuple[str, Text]]:
    """Of what was replaced, first all that goes, then all that comes."""
    comes: list[tuple[str, Text]] = []
    for pair in hunk:
        if pair.equal and pair.before is not None:
            yield from comes
            comes = []
            yield " ", texts[0][pair.before]
            continue
        if pair.before is not None:
            yield "-", texts[0][pair.before]
        if pair.after is not None:
            comes.append(("+", texts[1][pair.after]))
    yield from comes


def _beside(hunk: Sequence[Pair], texts: tuple[Sequence[Text], Sequence[Text]], console: Console) -> None:
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
    """One side of a row: number, sign and text, in as many lines as the text needs."""
    digits, width = size
    if number is None:
        return []
    wrapped = lines[number].wrap(console, max(width, 1), overflow="fold", no_wrap=False, tab_size=_TAB) or [Text("")]
    found = []
    for row, piece in enumerate(wrapped):
        head = f"{number + 1:>{digits}}" if row == 0 else " " * digits
        line = Text.assemble((head, "dim"), " ", (sign, _SIGNS[sign]), " ", piece)
        line.pad_right(max(digits + 3 + width - line.cell_len, 0))
        found.append(line)
    return found

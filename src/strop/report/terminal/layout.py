"""The forms of every view: sentences, tables, named facts and whole texts.

They are legible at 80 columns, without colour and in a pipe, where a sentence is one line. Strings are escaped here, so a program
or a model cannot draw over a report; rich's markup does not apply to them.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.text import Text

from strop.base.plugins import Installed
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.report.terminal.tables import fitting
from strop.report.terminal.words import GLOSSARY, RUN_WORDS, model_line

if TYPE_CHECKING:
    from strop.runs.results.parts import RecordedResult
from strop.report.terminal.tables import print_table

PLAIN = str.maketrans("│─┌┐└┘├┤┬┴┼►▲▼", "|-+++++++++>^v")
"""ASCII replacements of the characters in pictures."""
SENTENCE = 2000
"""Characters of a conclusion, at most."""
_LINE = 2_000
"""Characters of a line of a diff that are shown."""
_STYLES = {"-": "red", "+": "green", "@": "cyan"}


def say(console: Console, text: str, style: str = "", limit: int = 400) -> None:
    """A sentence: folded between words on a terminal, one whole line elsewhere, so that `grep` finds all of it."""
    if text:
        console.print(Text(fitting(console, escape(text, limit)), style=style), soft_wrap=not console.is_terminal)


def print_heading(console: Console, text: str) -> None:
    """A line in bold."""
    console.print(fitting(console, text), markup=False, style="bold")


def print_head(result: RecordedResult, console: Console) -> None:
    """What to know before a result: whether its record is proven, what the jail did not prevent, and which model answered."""
    say(console, result.unverified, style="bold yellow")
    say(console, result.waived, style="bold yellow")
    say(console, model_line(result.model, result.is_language_model))


def print_whole(console: Console, text: str) -> None:
    """A text whose lines are neither folded nor cut."""
    shown = text.rstrip("\n")
    if not console.encoding.startswith("utf"):
        shown = shown.translate(PLAIN)
    console.print(fitting(console, shown), markup=False, soft_wrap=True)


def print_glossary(console: Console, words: Sequence[str] = RUN_WORDS) -> None:
    """The meaning of each word, a line each."""
    width = max(map(len, words))
    for word in words:
        say(console, f"{word.ljust(width)}  {GLOSSARY[word]}", style="dim")


def print_installed(plugins: Sequence[Installed], console: Console) -> None:
    """The entry points of installed distributions, which are not loaded; nothing if there are none."""
    if plugins:
        console.print()
        rows = [
            (one.name, one.distribution, f"not used: {one.not_used}" if one.not_used else one.value) for one in plugins
        ]
        print_table(console, ("installed", "distribution", "what"), rows)


def print_diff(diff: str, console: Console, most: int | None = None) -> None:
    """A unified diff, escaped; its first `most` lines."""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    for line in lines[:most]:
        text = fitting(console, escape(line, _LINE))
        console.print(Text(text, style=_STYLES.get(line[:1], "")), soft_wrap=True)
    if most is not None and len(lines) > most:
        say(console, f"... {quantity(len(lines) - most, 'more line')}")


def near(path: Path) -> Path:
    """A path as it is typed here: below the working folder without that."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def look_at(directory: Path) -> str:
    """The commands that show more of a run."""
    folder = shlex.quote(str(near(directory)))
    started = Path(sys.argv[0])
    strop = "strop" if shutil.which("strop") or started.name != "strop" else shlex.quote(str(near(started)))
    return f"{strop} show {folder} --full, {strop} view {folder}"


class Lasting:
    """A text stream that ignores write errors: a closed terminal or a broken pipe must not end a run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False
        """Whether a write has failed."""

    def write(self, text: str) -> int:
        """Write `text`; do nothing if nobody can read it."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self.gone = True
            return len(text)

    def flush(self) -> None:
        """Flush; do nothing if nobody can read."""
        with suppress(ValueError):
            try:
                self._stream.flush()
            except OSError:
                self.gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

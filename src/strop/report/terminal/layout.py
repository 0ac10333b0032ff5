"""What every report is printed with: sentences, headings, glossaries, diffs and whole texts.

Reports are legible at 80 columns, without colour and in a pipe, where a sentence is one line. Strings are escaped here, so a
program or a model cannot draw over a report; rich's markup does not apply to them.
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
from strop.report.terminal.phrases import GLOSSARY, RUN_TERMS, model_line
from strop.report.terminal.tables import fitting

if TYPE_CHECKING:
    from strop.runs.results.parts import RecordedResult
from strop.report.terminal.tables import print_table

PLAIN = str.maketrans("│─┌┐└┘├┤┬┴┼►▲▼", "|-+++++++++>^v")
"""ASCII replacements of the characters in pictures."""
SENTENCE = 2000
"""Most characters of a conclusion."""
_LINE = 2_000
"""Most characters of a line of a diff."""
_STYLES = {"-": "red", "+": "green", "@": "cyan"}


def say(console: Console, text: str, style: str = "", limit: int = 400) -> None:
    """Print a sentence: folded between words on a terminal, one line elsewhere, so that `grep` finds all of it.

    An empty `text` prints nothing; a longer one than `limit` characters is cut.
    """
    if text:
        console.print(Text(fitting(console, escape(text, limit)), style=style), soft_wrap=not console.is_terminal)


def print_heading(console: Console, text: str) -> None:
    """Print a line in bold."""
    console.print(fitting(console, text), markup=False, style="bold")


def print_head(result: RecordedResult, console: Console) -> None:
    """Print why a record is unverified, what the jail did not prevent, and which model answered."""
    say(console, result.unverified, style="bold yellow")
    say(console, result.waived, style="bold yellow")
    say(console, model_line(result.model, result.is_language_model))


def print_verbatim(console: Console, text: str) -> None:
    """Print a text whose lines are neither folded nor cut."""
    printable = text.rstrip("\n")
    if not console.encoding.startswith("utf"):
        printable = printable.translate(PLAIN)
    console.print(fitting(console, printable), markup=False, soft_wrap=True)


def print_glossary(console: Console, terms: Sequence[str] = RUN_TERMS) -> None:
    """Print the meaning of each term, one line a term."""
    width = max(map(len, terms))
    for term in terms:
        say(console, f"{term.ljust(width)}  {GLOSSARY[term]}", style="dim")


def print_installed(plugins: Sequence[Installed], console: Console) -> None:
    """Print the entry points of installed distributions, which are not loaded; nothing if there are none."""
    if plugins:
        console.print()
        rows = [
            (
                plugin.name,
                plugin.distribution,
                f"not used: {plugin.not_used}" if plugin.not_used else plugin.what or plugin.value,
            )
            for plugin in plugins
        ]
        print_table(console, ("installed", "distribution", "what"), rows)


def print_diff(diff: str, console: Console, most: int | None = None) -> None:
    """Print the first `most` lines of a unified diff, escaped; all lines if None."""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    for line in lines[:most]:
        text = fitting(console, escape(line, _LINE))
        console.print(Text(text, style=_STYLES.get(line[:1], "")), soft_wrap=True)
    if most is not None and len(lines) > most:
        say(console, f"... {quantity(len(lines) - most, 'more line')}")


def near(path: Path) -> Path:
    """The path as a user types it: relative if it lies in the working folder, else unchanged."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def look_at(directory: Path) -> str:
    """The commands that show more of a run."""
    folder = shlex.quote(str(near(directory)))
    started = Path(sys.argv[0])
    strop = "strop" if shutil.which("strop") or started.name != "strop" else shlex.quote(str(near(started)))
    return f"{strop} show {folder} --full, {strop} view {folder}"


class FaultTolerantStream:
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

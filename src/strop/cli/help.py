"""Prints the list of commands, and the help of a command: one line an option, or with `--help-all` every option in full."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from strop.base.pluralize import quantity
from strop.base.terminal_text import escape, pairs

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel

HELP_ALL = "--help-all"
HELP_FLAGS = ("--help", "-h", HELP_ALL)
_MORE = "More options"
_LEAST_NAMES = 24
"""Least width of the names of options, in columns."""
_SENTENCE = re.compile(r"(.+?)\.(?= +[A-Z(`])", re.DOTALL)


def plain(text: object) -> str:
    """A help text on one line, without backticks."""
    return " ".join(text_of(text).split()).replace("`", "")


def text_of(text: object) -> str:
    """The text of a description of cyclopts, which may be an object."""
    return str(getattr(text, "primary_renderable", text))


def first_sentence(text: str) -> str:
    """The first sentence of a text, without its full stop."""
    sentence = _SENTENCE.match(text)
    return sentence[1] if sentence else text.removesuffix(".")


def overview(description: str, sections: Mapping[str, Mapping[str, str]]) -> str:
    """The list of commands: the description, then below each heading the names and first sentences of its commands."""
    width = _width()
    lines = ["Usage: strop COMMAND", "", *textwrap.wrap(description, width)]
    for heading, commands in sections.items():
        texts = {name: first_sentence(text) for name, text in commands.items()}
        lines += ["", _strong(heading), *pairs(texts, width)]
    return "\n".join(lines)


class PlainConsole:
    """The console of cyclopts, on plain standard output. Loading rich's console would take as long as the rest of the help."""

    options = None

    def print(self, *texts: object, **options: object) -> None:
        """Print texts, each on lines of its own, without style."""
        for text in texts:
            sys.stdout.write(f"{text_of(text)}\n")


class CommandHelp:
    """Prints the help of a command. With `full` it has every option, choice and variable of the environment."""

    def __init__(self, *, full: bool) -> None:
        self._full = full

    def __call__(self, console: PlainConsole, options: object, panel: HelpPanel) -> None:
        """Print the options, arguments or commands of one heading."""
        if str(panel.title) == _MORE and not self._full:
            console.print(f"\n{quantity(len(panel.entries), 'more option')}: {HELP_ALL}")
        elif panel.entries:
            least = _LEAST_NAMES if panel.format == "parameter" else 0
            lines = pairs({_names(entry): self._text(entry) for entry in panel.entries}, _width(), least)
            console.print("", _strong(str(panel.title)), *lines)

    def render_usage(self, console: PlainConsole, options: object, usage: object) -> None:
        """Print the line of usage."""
        console.print(f"Usage: {str(usage).strip()}")

    def render_description(self, console: PlainConsole, options: object, description: object) -> None:
        """Print the description of the command: its first paragraph, or all of it with `full`."""
        paragraphs = [plain(paragraph) for paragraph in re.split(r"\n\s*\n", text_of(description).strip()) if paragraph]
        for paragraph in paragraphs if self._full else paragraphs[:1]:
            console.print("", *textwrap.wrap(paragraph, _width()))

    def _text(self, entry: HelpEntry) -> str:
        text = text_of(entry.description or "")
        body = plain(text if self._full else first_sentence(" ".join(text.split())))
        more = [] if entry.default is None else [f"default: {entry.default}"]
        if self._full:
            more += [f"choices: {', '.join(entry.choices)}"] if entry.choices else []
            more += [f"environment: {', '.join(entry.env_var)}"] if entry.env_var else []
        return escape(" ".join([body, *(f"[{remark}]" for remark in more)]), 4000)


def _names(entry: HelpEntry) -> str:
    label = ", ".join(entry.display_labels)
    return label if entry.positional_label or not entry.metavar else f"{label} {entry.metavar}"


def _width() -> int:
    return shutil.get_terminal_size().columns


def _strong(heading: str) -> str:
    has_styles = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return f"\033[1m{heading}\033[m" if has_styles else heading

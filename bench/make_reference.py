"""Makes docs/flags.md, the reference of commands, options and keys of strop.toml, from their declarations.

python bench/make_reference.py            # write it
python bench/make_reference.py --check    # exit code 1 if it is stale
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions

from strop.api.arguments import help_texts
from strop.cli.app import COMMANDS, application
from strop.cli.commands.list import KINDS
from strop.cli.commands.reproduce import PROTOCOLS
from strop.cli.help import plain, text_of
from strop.tasks.command.options import NOT_IN_FILE, ScoringOptions, flag_of, words_for

DOCS = Path(__file__).resolve().parents[1] / "docs"
SHARED = 3
"""Options of so many commands or more are described once."""
HEADER = ("| option | meaning |", "|---|---|")
FLAGS_HEAD = """# Commands, options and keys

`python bench/make_reference.py` makes this page from the declarations. `strop COMMAND --help` shows the everyday options of a
command on one screen, `strop COMMAND --help-all` all of them. `strop --install-completion` installs completion for bash, zsh or
fish.
"""


@dataclass(frozen=True)
class Option:
    """An option or argument of a command."""

    names: str
    meaning: str

    def row(self) -> str:
        return f"| {self.names} | {self.meaning} |"


class Collector:
    """A formatter of help that keeps what it is given."""

    def __init__(self) -> None:
        self.description = ""
        self.options: list[Option] = []

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        if panel.format == "parameter":
            self.options += map(_option, panel.entries)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None: ...

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:
        self.description = text_of(description).strip()


def _option(entry: HelpEntry) -> Option:
    names = ", ".join(f"`{name}`" for name in entry.display_labels)
    notes = [plain(text_of(entry.description or ""))]
    notes += [f"Default: `{entry.default}`."] if entry.default is not None else []
    notes += [f"Choices: {', '.join(entry.choices)}."] if entry.choices and entry.metavar else []
    notes += [f"Environment: `{', '.join(entry.env_var)}`."] if entry.env_var else []
    return Option(names, _cell(" ".join(notes)))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def commands() -> Iterator[tuple[str, Collector]]:
    """Each command with its description and options."""
    for name in COMMANDS:
        kinds = KINDS if name == "list" else PROTOCOLS if name == "reproduce" else ()
        for words in [[name, kind] for kind in kinds] or [[name]]:
            collector = Collector()
            app = application(words)
            app.help_formatter = collector
            app.help_print(words, console=Console(file=io.StringIO()))
            yield " ".join(words), collector


def flags_page() -> str:
    """The text of docs/flags.md."""
    collected = dict(commands())
    shared: set[Option] = set()
    lines = [FLAGS_HEAD]
    for title, are_protocols in (("several commands", False), ("every protocol of reproduce", True)):
        options = [c.options for name, c in collected.items() if name.startswith("reproduce") == are_protocols]
        counts = Counter(option for each in options for option in each)
        common = [option for option, count in counts.items() if count >= SHARED and option not in shared]
        lines += [f"## Options of {title}", "", *HEADER, *(option.row() for option in common), ""]
        shared |= set(common)
    for name, collector in collected.items():
        own = [option for option in collector.options if option not in shared]
        others = [option.names for option in collector.options if option in shared]
        lines += [f"## strop {name}", "", " ".join(collector.description.split()), ""]
        lines += [*HEADER, *(option.row() for option in own), ""] if own else []
        lines += [f"Also: {', '.join(others)}.", ""] if others else []
    return "\n".join([*lines, *_keys()]) + "\n"


def _keys() -> list[str]:
    """The table of the keys of strop.toml."""
    texts = help_texts(ScoringOptions)
    lines = [
        "## strop.toml",
        "",
        "Keys, and how a command line gives them; `strop.improve` has keywords of the same names.",
        "",
    ]
    lines += ["| key | command line | value | meaning |", "|---|---|---|---|"]
    lines.append("| `root` | | text in quotes | Path of the folder, relative to the file; `.` by default. |")
    for field in fields(ScoringOptions):
        key = "" if field.name in NOT_IN_FILE else f"`{field.name}`"
        text = _cell(plain(texts[field.name]))
        lines.append(f"| {key} | `{flag_of(field.name)}` | {words_for(field.name)} | {text} |")
    return lines


PAGES = {"flags.md": flags_page}


def main() -> int:
    """Write the pages, or check them."""
    stale = [name for name, make in PAGES.items() if _text(DOCS / name) != make()]
    if "--check" in sys.argv:
        print("\n".join(f"docs/{name} is stale: run python bench/make_reference.py" for name in stale))
        return int(bool(stale))
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())

"""The page of commands: what each does, and its arguments, options and defaults."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions

from reference.markdown import anchor, code, page, prose, section, table
from strop.cli.app import COMMANDS, FLAGS, HEADINGS, application
from strop.cli.commands.list import KINDS
from strop.cli.commands.reproduce import PROTOCOLS
from strop.cli.help import text_of
from strop.options.commands import OutputOptions
from strop.options.protocols import ProtocolOptions
from strop.options.run import ComparisonOptions, EnvironmentOptions, LimitOptions, ModelOptions
from strop.options.scoring import FLAGS as SCORING

READERS = "For everybody who types `strop` and wants to know what a command takes, and what it does without being told."
INNER: Mapping[str, Mapping[str, str]] = {"list": KINDS, "reproduce": PROTOCOLS}
"""The commands that have commands of their own."""


def names_in(options: type) -> tuple[str, ...]:
    """The names of a class of options."""
    return tuple(one.name for one in fields(options))


GROUPS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "Target options": ("improve", "What is measured, how it is scored, and what of it may change.", (*SCORING, "set")),
    "Model options": ("improve", "Which language model is asked.", names_in(ModelOptions)),
    "Limit options": ("improve", "What ends a search early. What was done before is kept.", names_in(LimitOptions)),
    "Comparison options": (
        "compare",
        "How small a change a comparison shows, and how long it may take.",
        names_in(ComparisonOptions),
    ),
    "Execution options": (
        "improve",
        "Which instances are drawn, how many programs run at once, and behind which protections.",
        names_in(EnvironmentOptions),
    ),
    "Output options": ("improve", "What is shown and recorded, and where.", ("json", *names_in(OutputOptions))),
    "Protocol options": (
        "reproduce fig4",
        "What the protocols of `strop reproduce` share.",
        (*names_in(ProtocolOptions), "out"),
    ),
}
"""Options that several commands share: the command of which they are taken, what they are about, and their names. A command's
section links to them."""
LEAST = 3
"""A command that has fewer options of a group lists them itself."""


@dataclass(frozen=True)
class Option:
    """An option or argument of a command."""

    names: str
    value: str
    default: str
    meaning: str

    @property
    def key(self) -> str:
        """Its name as that of a field."""
        return self.names.partition("`, `")[0].strip("`-").replace("-", "_")

    def row(self) -> tuple[str, str, str]:
        return f"{self.names}{f' {self.value}' if self.value else ''}", self.default, self.meaning


@dataclass
class Command:
    """The help of a command, as a formatter of cyclopts gets it."""

    usage: str = ""
    description: str = ""
    arguments: list[tuple[str, str]] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        for entry in panel.entries if panel.format == "parameter" else ():
            if entry.positional_label:
                self.arguments.append((code(entry.positional_label), _meaning(entry)))
                if f" {entry.positional_label}" not in self.usage:
                    self.usage = self.usage.replace("[ARGS", f"[{entry.positional_label}")
            else:
                self.options.append(_option(entry))

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        self.usage = text_of(usage).strip()

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:
        self.description = text_of(description).strip()


def _option(entry: HelpEntry) -> Option:
    names = ", ".join(map(code, entry.display_labels))
    default = "" if entry.default is None else code(entry.default)
    return Option(names, _value(entry), default, _meaning(entry))


def _value(entry: HelpEntry) -> str:
    """What follows the option's name."""
    if not entry.metavar or entry.metavar == "CHOICE":
        return ""
    return entry.metavar.removesuffix("...")


def _meaning(entry: HelpEntry) -> str:
    said = text_of(entry.description or "")
    unsaid = [choice for choice in entry.choices or () if not re.search(rf"\b{re.escape(choice)}\b", said)]
    notes = [prose(said)]
    notes += [f"One of {', '.join(map(code, entry.choices or ()))}."] if unsaid else []
    notes += [f"The variable {code(name)} of the environment sets it, too." for name in entry.env_var or ()]
    return " ".join(filter(None, notes))


def help_of(*words: str) -> Command:
    """The help of a command."""
    command, app = Command(), application(words)
    app.help_formatter = command
    app.help_print(list(words), console=Console(file=io.StringIO()))
    return command


def all_commands() -> Iterator[tuple[str, Command]]:
    """Each command with its help, in the order of `strop --help`."""
    for name in COMMANDS:
        for words in [(name, inner) for inner in INNER.get(name, ())] or [(name,)]:
            yield " ".join(words), help_of(*words)


def commands_page() -> str:
    """The text of the page."""
    commands = dict(all_commands())
    groups = _grouped(commands)
    blocks: list[Sequence[str]] = [_head()]
    for title, options in groups.items():
        rows = [option.row() for option in options.values()]
        blocks += [(f"## {title}", "", GROUPS[title][1]), table(("option", "default", "meaning"), rows)]
    for name in COMMANDS:
        if name in INNER:
            blocks.append((f"## strop {name}", "", *_paragraphs(help_of(name).description)))
        blocks += _section(name, commands[name], groups) if name in commands else ()
        for inner in INNER.get(name, ()):
            blocks += _section(f"{name} {inner}", commands[f"{name} {inner}"], groups)
    return page("Commands", READERS, *blocks)


def _head() -> list[str]:
    lines = [
        "Results go to standard output, and everything else goes to standard error. With `--json` a command prints "
        "[one document](json.md). [Exit codes](exit-codes.md) say how it ended. `strop COMMAND --help` shows the everyday "
        "options of a command, and `--help-all` shows all of them.",
        "",
        *table(("option of `strop` itself", "meaning"), [(_names(flag), prose(text)) for flag, text in FLAGS.items()]),
    ]
    for heading, names in HEADINGS.items():
        rows = [(f"[`strop {name}`](#{anchor(f'strop {name}')})", prose(COMMANDS[name])) for name in names]
        lines += ["", *table((heading, "what it does"), rows)]
    return lines


def _names(flags: str) -> str:
    return ", ".join(map(code, flags.split(", ")))


def _grouped(commands: Mapping[str, Command]) -> dict[str, dict[str, Option]]:
    """Title of a group → key → option."""
    groups = {}
    for title, (name, _, keys) in GROUPS.items():
        options = {option.key: option for option in commands[name].options}
        groups[title] = {key: options[key] for key in dict.fromkeys(keys) if key in options}
    return groups


def _section(name: str, command: Command, groups: Mapping[str, Mapping[str, Option]]) -> Iterator[Sequence[str]]:
    """What one command takes."""
    shared, links = _shared(command, groups)
    depth = "###" if " " in name else "##"
    yield f"{depth} strop {name}", "", *_paragraphs(command.description)
    yield "```text", command.usage, "```"
    yield table(("argument", "meaning"), command.arguments)
    yield table(("option", "default", "meaning"), [one.row() for one in command.options if one not in shared])
    if links:
        yield (f"It also takes the {_listed(links)}.",)


def _paragraphs(text: str) -> list[str]:
    paragraphs = re.split(r"\n\s*\n", text)
    return [line for paragraph in paragraphs for line in (prose(paragraph), "")]


def _shared(command: Command, groups: Mapping[str, Mapping[str, Option]]) -> tuple[set[Option], list[str]]:
    """The options of the command that stand in a group, and links to these groups with what of them it does not have."""
    shared: set[Option] = set()
    links = []
    keys = {option.key for option in command.options}
    for title, options in groups.items():
        own = [option for option in options.values() if option in command.options and option not in shared]
        if len(own) < min(LEAST, len(options)):
            continue
        shared.update(own)
        lacking = [
            code(option.names.strip("`").partition("`")[0]) for key, option in options.items() if key not in keys
        ]
        links.append(section(title) + (f" but {_listed(lacking)}" if lacking else ""))
    return shared, [link.replace(link[1], link[1].lower(), 1) for link in links]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

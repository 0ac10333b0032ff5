"""strop list improvers."""

from __future__ import annotations

import re
import textwrap
import tomllib
from dataclasses import asdict, dataclass
from importlib.resources import files

from rich.text import Text

from strop.api.lookup import any_improver_text
from strop.base.plugins import IMPROVERS, installed
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.cli.commands.options import Json
from strop.cli.commands.output import print_document, results
from strop.report.terminal.tables import print_table
from strop.report.terminal.tasks import installed_documents, print_installed
from strop.runs.spec import improver_text, shipped_improvers

LONGEST_LINE = 10_000
WIDTH = 80
"""Columns of a printed card."""


@dataclass(frozen=True)
class Card:
    """A description of a shipped improver. The TOML file beside the program has these keys."""

    title: str
    idea: str
    """One sentence."""
    source: str
    """The figure or section of the paper, or `ours`."""
    asks: str
    """How it asks, for a plan of what it costs: a case of `strop.runs.plan.asked_for`."""
    lm_calls: str
    """How many of its LM calls it spends."""
    utility_calls: str
    """How many of its evaluations it spends."""
    helps: str
    """When it helps and when not."""


def card_of(name: str) -> Card:
    """The card of a shipped improver."""
    return Card(**tomllib.loads((files("strop.improvers") / f"{name}.toml").read_text(encoding="utf-8")))


def improvers_command(name: str | None = None, /, *, as_json: Json = False) -> int:
    """List the improvers of strop and of installed distributions. Any file with improve_algorithm is an improver, too.

    Parameters
    ----------
    name
        Improver to print: its program, below what is known of it, as comments.
    """
    if name is not None:
        return _show(name, as_json)
    rows, plugins = [_row(shipped) for shipped in shipped_improvers()], installed(IMPROVERS)
    if as_json:
        print_document({"improvers": rows, "installed": installed_documents(plugins, shipped_improvers())})
        return 0
    cells = []
    for row in rows:
        source, calls, scores = (first_words(row[key]) for key in ("source", "lm_calls", "utility_calls"))
        cost = f"{source}; LM calls: {calls}; utility calls: {scores}"
        cells.append((row["improver"], Text.assemble(row["idea"], "\n", (cost, "dim"))))
    print_table(results(), ("improver", "idea, source and cost"), cells)
    print_installed(plugins, shipped_improvers(), results())
    results().print("\nstrop list improvers NAME prints the card and the program of one.", markup=False, soft_wrap=True)
    return 0


def _show(name: str, as_json: bool) -> int:
    if name not in shipped_improvers():
        return _show_file(name, any_improver_text(name), as_json)
    if as_json:
        print_document({**_row(name), "program": improver_text(name)})
        return 0
    results().print(card_as_comments(name, card_of(name)), markup=False, soft_wrap=True)
    results().print(improver_text(name), markup=False, soft_wrap=True, end="")
    return 0


def _show_file(name: str, text: str, as_json: bool) -> int:
    if as_json:
        print_document({"improver": name, "digest": digest_of(text), "program": text})
    else:
        lines = [escape(line, LONGEST_LINE) for line in text.splitlines()]
        results().print("\n".join(lines), markup=False, soft_wrap=True)
    return 0


def _row(name: str) -> dict[str, str]:
    return {"improver": name, "digest": digest_of(improver_text(name)), **asdict(card_of(name))}


def first_words(text: str) -> str:
    """The text before its first punctuation mark: the short form of a card's field."""
    return re.split(r"[;:,](?: |$)", text)[0]


def card_as_comments(name: str, card: Card) -> str:
    """The card as Python comments, so that the output is a valid improver."""
    fields = {
        "source": card.source,
        "LM calls": card.lm_calls,
        "utility calls": card.utility_calls,
        "when it helps": card.helps,
    }
    paragraphs = [f"{card.title} ({name})", card.idea, *(f"{key}: {value}" for key, value in fields.items())]
    lines = [line for text in paragraphs for line in textwrap.wrap(text, WIDTH - 2, subsequent_indent="  ")]
    return "\n".join(f"# {line}" for line in lines) + "\n"

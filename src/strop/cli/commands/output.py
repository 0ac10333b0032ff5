"""Prints the results of commands on standard output, and notices on standard error."""

from __future__ import annotations

import shlex
import sys
from typing import Any

from rich.console import Console

from strop.base.as_document import as_document, to_json
from strop.base.console import results_stream
from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.report.terminal.layout import FaultTolerantStream

PUBLISHED_NOTICE = (
    "published instances: their seeds are public, so a program can recompute the labels; "
    "strop does not notice it, so read the program"
)


def present(result: object, *, as_json: bool, as_markdown: bool = False, unverified: str = "", **options: Any) -> None:
    """Print a result on standard output: as one JSON document, as Markdown, or for people with the `options` of its printer.

    `unverified`: why this machine cannot vouch for the record of the result.
    """
    if as_json:
        caution = {"unverified": unverified} if unverified else {}
        results_stream().write(to_json(caution | as_document(result)) + "\n")
    elif as_markdown:
        from strop.report import markdown  # here for the start-up time

        results_stream().write(markdown.as_markdown(result, command=_typed_command()))  # type: ignore[arg-type]
    else:
        print_result(result, results(), **options)


def _typed_command() -> str:
    """The command line of this process, without the options that say where its result goes."""
    arguments, command = iter(sys.argv[1:]), ["strop"]
    for argument in arguments:
        if argument in ("--out", "--fail-on"):
            next(arguments, None)
        elif not argument.startswith(("--out=", "--fail-on=", "--markdown")):
            command.append(argument)
    return shlex.join(command)


class _Escaping(Console):
    """A console that escapes every string, names of folders included."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(_escaped(value) if isinstance(value, str) else value for value in objects), **options)


def _escaped(text: str) -> str:
    return "\n".join(line if line.isprintable() else escape(line, 10 * len(line)) for line in text.split("\n"))


def results() -> Console:
    """A console on standard output. Print texts of a model with `markup=False`, so that they are never interpreted."""
    return _Escaping(file=results_stream(), highlight=False)


def notices() -> Console:
    """A console on standard error."""
    return _Escaping(file=FaultTolerantStream(sys.stderr), highlight=False)  # type: ignore[arg-type]


def announce(instances: str) -> None:
    """Print a notice if instances are published, because every score that follows depends on it."""
    if instances == "published":
        notices().print(PUBLISHED_NOTICE, markup=False, soft_wrap=True)


def notify(line: str) -> None:
    """Print one line on standard error."""
    notices().print(line, markup=False, soft_wrap=True)

"""What commands print: results on standard output, notices on standard error."""

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
    """Print a result on standard output: as one JSON document, or for people, with the `options` of its printer. `unverified`:
    why this machine cannot vouch for the record that it is about."""
    if as_json:
        told = {"unverified": unverified} if unverified else {}
        results_stream().write(to_json(told | as_document(result)) + "\n")
    elif as_markdown:
        from strop.report import markdown  # here for the start-up time

        results_stream().write(markdown.as_markdown(result, command=_typed()))  # type: ignore[arg-type]
    else:
        print_result(result, results(), **options)


def _typed() -> str:
    """The command line of this process, without where its result goes."""
    words, kept = iter(sys.argv[1:]), ["strop"]
    for word in words:
        if word in ("--out", "--fail-on"):
            next(words, None)
        elif not word.startswith(("--out=", "--fail-on=", "--markdown")):
            kept.append(word)
    return shlex.join(kept)


class _Escaping(Console):
    """A console that escapes every string, names of folders included."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(_escaped(one) if isinstance(one, str) else one for one in objects), **options)


def _escaped(text: str) -> str:
    return "\n".join(line if line.isprintable() else escape(line, 10 * len(line)) for line in text.split("\n"))


def results() -> Console:
    """Standard output. Text of a model is printed with `markup=False`: it is shown, never interpreted."""
    return _Escaping(file=results_stream(), highlight=False)


def notices() -> Console:
    """Standard error."""
    return _Escaping(file=FaultTolerantStream(sys.stderr), highlight=False)  # type: ignore[arg-type]


def announce(instances: str) -> None:
    """Say what `--instances published` means for every score that follows."""
    if instances == "published":
        notices().print(PUBLISHED_NOTICE, markup=False, soft_wrap=True)


def notify(line: str) -> None:
    """Print one line on standard error."""
    notices().print(line, markup=False, soft_wrap=True)

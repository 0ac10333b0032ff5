"""What commands print: results on standard output, notices on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from rich.console import Console

from strop.base.as_document import as_document, to_json
from strop.base.errors import RunBudgetSpent
from strop.base.shown import print_result
from strop.base.terminal_text import escape
from strop.core.scorer import scorer_line
from strop.report.terminal.layout import Lasting, say
from strop.runs.interrupts import Interrupted, TimeSpent
from strop.runs.reading import opened
from strop.store import FILE_NAME, Store
from strop.tasks.command.task import AnyTask

PUBLISHED_NOTICE = (
    "published instances: their seeds are public, so a program can recompute the labels; "
    "no rule of strop audit notices it, so read the program"
)


def print_document(result: object, unverified: str = "") -> None:
    """Print a result, or other plain data, as one JSON document and nothing else. `unverified`: why this machine cannot vouch for
    the record that it is about."""
    sys.stdout.write(to_json(({"unverified": unverified} if unverified else {}) | as_document(result)) + "\n")


def present(result: object, *, as_json: bool, unverified: str = "", **options: Any) -> None:
    """Print a result on standard output: as `print_document`, or for people, with the `options` of its printer."""
    if as_json:
        print_document(result, unverified)
    else:
        from strop.report.terminal import printers as printers  # here for the start-up time

        print_result(result, results(), **options)


@contextmanager
def results_alone() -> Iterator[None]:
    """Send standard output to standard error inside: what a task's own code prints is not a result, whether it prints through
    Python, through C or from a program that it starts."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class _Escaping(Console):
    """A console that escapes every string, names of folders included."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(_escaped(one) if isinstance(one, str) else one for one in objects), **options)


def _escaped(text: str) -> str:
    return "\n".join(line if line.isprintable() else escape(line, 10 * len(line)) for line in text.split("\n"))


def results() -> Console:
    """Standard output. Text of a model is printed with `markup=False`: it is shown, never interpreted."""
    return _Escaping(highlight=False)


def notices() -> Console:
    """Standard error."""
    return _Escaping(file=Lasting(sys.stderr), highlight=False)  # type: ignore[arg-type]


def announce(instances: str) -> None:
    """Say what `--instances published` means for every score that follows."""
    if instances == "published":
        notices().print(PUBLISHED_NOTICE, markup=False, soft_wrap=True)


def notify(line: str) -> None:
    """Print one line on standard error."""
    notices().print(line, markup=False, soft_wrap=True)


def say_scorers(tasks: Iterable[AnyTask]) -> None:
    """Say once, in a line for each way, who computes the scores of some tasks."""
    ways: dict[str, list[str]] = {}
    for task in tasks:
        ways.setdefault(scorer_line(task), []).append(task.name)
    for words, names in ways.items():
        of = "" if len(ways) == 1 else f" of {', '.join(names)}"
        notify(f"Score{of}: {escape(words, 300)}")


@contextmanager
def record_in(directory: Path, *, as_json: bool) -> Iterator[Store]:
    """The record of a run, which is shown inside. If this machine cannot vouch for it, say so first; in JSON
    `print_document` does.

    Raises:
        RecordChanged: it is not as it was recorded.
        StoreError: it cannot be read, or is damaged.
    """
    with opened(directory) as store:
        if store.unverified and not as_json:
            say(results(), store.unverified, style="bold yellow")
        yield store


@contextmanager
def reported(directory: Path, no_report: bool) -> Iterator[None]:
    """Write the page of the run in `directory` at the end of the work inside, also where a limit or a signal ended it."""
    try:
        yield
    except (RunBudgetSpent, TimeSpent, Interrupted):
        write_report(directory, no_report)
        raise
    write_report(directory, no_report)


def write_report(directory: Path, no_report: bool) -> None:
    """Write the page of a run into its directory. A failure is reported in one line, and does not fail the run."""
    if no_report or not (directory / FILE_NAME).is_file():
        return
    try:
        from strop.report.html import render as page  # here for the start-up time

        path = directory / page.FILE_NAME
        page.write_page(page.report_of(directory), path)
        notify(f"report: {path}")
    except Exception as error:  # noqa: BLE001 - the run itself has ended well
        notify(f"no report was written: {type(error).__name__}: {escape(str(error), 300)}")

"""What commands print: results on standard output, notices on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any

from rich.console import Console

from strop.base.terminal_text import escape
from strop.report.terminal.documents import SCHEMA_VERSION
from strop.report.terminal.layout import Lasting
from strop.report.terminal.reading import reading as reading
from strop.report.terminal.words import notice_of as notice_of  # where every result says what model it is of

PUBLISHED_NOTICE = (
    "published instances: their seeds are public, so a program can recompute the labels; "
    "no rule of strop audit notices it, so read the program"
)


def print_document(document: Mapping[str, object]) -> None:
    """Print one JSON document, and nothing else."""
    whole = {"schema_version": SCHEMA_VERSION, **document}
    sys.stdout.write(json.dumps(whole, indent=2, allow_nan=False) + "\n")


@contextmanager
def results_alone() -> Iterator[None]:
    """Within, standard output is standard error: what a task's own code prints is no result, whether it prints through
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


class _Plain(Console):
    """A console that no string acts on: not the name of a folder either."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(_escaped(each) if isinstance(each, str) else each for each in objects), **options)


def _escaped(text: str) -> str:
    return "\n".join(line if line.isprintable() else escape(line, 10 * len(line)) for line in text.split("\n"))


def results() -> Console:
    """Where results go. Text of a model is printed with `markup=False`: it is shown, never obeyed."""
    return _Plain(highlight=False)


def notices() -> Console:
    """Where everything else goes."""
    return _Plain(file=Lasting(sys.stderr), highlight=False)  # type: ignore[arg-type]


def announce(instances: str) -> None:
    """Say what `--instances published` means for every score that follows."""
    if instances == "published":
        notices().print(PUBLISHED_NOTICE, markup=False, soft_wrap=True)

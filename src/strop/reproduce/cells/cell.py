"""One command line of strop, and the name that it has by what decides its results."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OURS = ("--out", "--json", "--jobs")
"""Flags that `carry_out` sets: they decide where results go and how fast, never what they are."""
NO_RESULT = ("--base-url",)
"""Flags that do not make a cell another one: the same model at another address."""


@dataclass(frozen=True)
class Cell:
    """One command line of strop, without --out, --json and --jobs."""

    name: str
    """Names its files; another for every other content (see `cell_of`)."""
    arguments: tuple[str, ...]


def cell_of(*arguments: str) -> Cell:
    """The cell of a command line, e.g. `cell_of("run", "lpn", "--seed", "3")`; its name says a little and a digest the rest.

    An argument that names a file counts by what the file holds: the name stays when the directory moves, and changes with the
    program. Raises ValueError for the flags in `OURS`.
    """
    told = [each for each in arguments if each in OURS]
    if told:
        raise ValueError(f"a cell has no {told[0]}: it is set when the cell is carried out")
    content, values = _content(arguments)
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:10]
    words = [each for each in arguments[:2] if not each.startswith("-")]
    words += [values[flag] for flag in ("--selection",) if flag in values]
    words += [f"s{values['--seed']}"] if "--seed" in values else []
    return Cell("-".join([*(_plain(Path(word).stem) for word in words), digest]), arguments)


def _content(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """(what decides the results, in order; value of each flag)."""
    content, values = [], {}
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before.startswith("--"):
            values[before] = argument
        if argument in NO_RESULT or before in NO_RESULT:
            continue
        content.append(_digest(Path(argument)) if Path(argument).is_file() else argument)
    return content, values


def _digest(path: Path) -> str:
    return "file " + hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(word: str) -> str:
    return "".join(character if character.isalnum() or character in ".=_" else "-" for character in word)[:24]

"""Files of a tree that a model must see although they may not change: those that measure a program, and those it includes.

A file is named by its name, with or without its ending, wherever it is: by any word of a command, of a build file and of
a shell script; in a program by a path, or in a line that includes or imports. What a command names is followed in turn: a
Makefile leads to the driver that it builds, a script to the program that it starts. What a program includes is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from strop.tasks.command.tree import listed, stays_within

MOST_CHARACTERS = 6000
"""Characters of one file that are shown."""
MOST_IN_ALL = 18_000
"""Characters of all files that are shown: of those that measure, and again of those that the program uses. The rest is named."""

_BUILDS = frozenset({"", ".sh", ".mk", ".cmake", ".toml", ".json", ".txt"})
"""Endings of build files and shell scripts; the first is that of a command, and of a Makefile."""
_PROGRAMS = frozenset(
    {".c", ".cc", ".cpp", ".cxx", ".cu", ".h", ".hpp", ".rs", ".go", ".f90", ".java", ".zig", ".js", ".mjs", ".cjs", ".ts"}
    | {".py", ".rb", ".jl", ".pl", ".lua"}
)  # fmt: skip
"""Other files are data, which no model sees unless the command itself names them."""
_READ_BY = {
    "make": "Makefile", "cmake": "CMakeLists.txt", "cargo": "Cargo.toml", "npm": "package.json", "pytest": "test_*.py",
}  # fmt: skip
"""The file that a tool reads although its command does not name it."""
_WORD = re.compile(r"[\w./*-]+")
_IMPORTS = re.compile(r"^[ \t]*(?:#[ \t]*include|import|from|use|mod)\b.*|.*\brequire\(.*", re.MULTILINE)


def sources_of(root: Path, commands: Iterable[str], others: Collection[str]) -> list[str]:
    """The scripts and sources of the tree that commands run or compile, without `others`. Of each part of a command it is the
    first one named: the words behind it are its arguments."""
    named, chosen = _by_name(root), dict[str, None]()
    for part in (part for command in commands for part in re.split(r"[;&|]+", re.sub(r"\{\w+\}", "", command))):
        for word in _WORD.findall(part):
            paths, exact = named.get(word.rpartition("/")[2], []), word.removeprefix("./")
            sources = [path for path in paths if path not in others and _is_source(root, path)]
            if sources:
                chosen[exact if exact in sources else sources[0]] = None
                break
    return list(chosen)


def _is_source(root: Path, path: str) -> bool:
    text = _text(root, path)
    return text is not None and (PurePosixPath(path).suffix in _PROGRAMS | {".sh"} or text.startswith("#!"))


def shown_files(
    root: Path,
    files: Mapping[str, str],
    command: str = "",
    hidden: Collection[str] = frozenset(),
    judges: Collection[str] = (),
    context: Sequence[str] = (),
) -> list[str]:
    """Lines for u_str: the files of the tree that `command` names, and those that the changeable `files` include or import.

    `hidden` files (the judge's own and the cases) are never shown or followed, except the judge's sources in `judges`, which are
    shown. `context`: files that the user names.
    """
    named = _by_name(root)
    used = [*context, *_named_in(root, named, files, {*hidden, *judges, *files, *context})]
    scorers = _named_in(root, named, {"": command}, {*hidden, *judges, *files, *used}, follows=True)
    measures = [*_shown(judges, root, "What scores it"), *_shown(scorers, root, "What measures it")]
    return [*measures, *_shown(used, root, "What it uses and may not change")]


_Named: TypeAlias = dict[str, list[str]]
"""A file's name, with and without its ending → the files that have it; no links."""


def _by_name(root: Path) -> _Named:
    named: _Named = {}
    for path in listed(root):
        if not (root / path).is_symlink():
            for name in {PurePosixPath(path).name, PurePosixPath(path).stem}:
                named.setdefault(name, []).append(path)
    return named


def _named_in(
    root: Path, named: _Named, files: Mapping[str, str], others: Collection[str], *, follows: bool = False
) -> list[str]:
    """The files of the tree that the texts of `files` (path → text) name, without `others`. With `follows` also the files that
    these name in turn."""
    named_files: dict[str, None] = {}
    texts = list(files.items())
    for path, text in texts:  # grows during the loop
        for name in _files_in(named, path, text):
            is_data = path and PurePosixPath(name).suffix not in _BUILDS | _PROGRAMS
            if name not in named_files and name not in others and not is_data:
                named_files[name] = None
                texts += [(name, _text(root, name) or "")] if follows else []
    return list(named_files)


def _files_in(named: _Named, path: str, text: str) -> Iterator[str]:
    """The files that one text names."""
    words = _WORD.findall(text)
    if PurePosixPath(path).suffix not in _BUILDS:
        imported = [word for line in _IMPORTS.findall(text) for word in re.split(r"\W+", line)]
        words = [*imported, *(word for word in words if "/" in word or "." in word)]
    for word in dict.fromkeys(words):
        name = _READ_BY.get(word, word.rpartition("/")[2].removesuffix(".o"))
        yield from named.get(name, ())
        if "*" in name:
            yield from sorted(file for key in named if fnmatchcase(key, name) for file in named[key])


def _shown(names: Iterable[str], root: Path, heading: str) -> list[str]:
    """Lines with the texts of the files, as far as there is room, and with the names of the others. `heading` introduces each
    file."""
    lines: list[str] = []
    others: list[str] = []
    room = MOST_IN_ALL
    for name in names:
        text = _text(root, name)
        if text is None:
            continue
        cut = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}\n[... cut]"
        if min(len(text), MOST_CHARACTERS) > room:
            others.append(name)
            continue
        room -= min(len(text), MOST_CHARACTERS)
        lines.append(f"\n{heading}, {name}:\n{cut.rstrip()}")
    return [*lines, f"\n{heading}, and is not shown: {', '.join(others[:20])}."] if others else lines


def _text(root: Path, name: str) -> str | None:
    """The text of a file; None if it is binary, cannot be read, or is a link out of the tree."""
    try:
        with (root / name if stays_within(root, name) else root).open("rb") as file:
            content = file.read(4 * MOST_CHARACTERS)
    except OSError:
        return None
    return None if b"\0" in content else content.decode("utf-8-sig", "replace").replace("\r\n", "\n")

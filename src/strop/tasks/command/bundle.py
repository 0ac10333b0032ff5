"""Bundle several files into one program text, so that improvers, which handle texts, can improve programs of many files.

A program of one file is that file's text. A program of several files is their texts, each under a line with its path:

    === file: src/geometry.c ===
    double area(double r) { return 3.14159 * r * r; }
    === file: src/main.c ===
    ...

A candidate may omit files, which then stay as in the original.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.lone_blocks import with_surroundings
from strop.tasks.regions import with_markers

_HEAD = re.compile(r"^=== file: (.+?) ===[ \t]*$", re.MULTILINE)


def header(path: str) -> str:
    """The line above a file's text."""
    return f"=== file: {path} ==="


def bundled(files: Mapping[str, str]) -> str:
    """The program text of `files`, path from the root of the tree → text; line ends are newlines.

    Raises:
        ConfigurationError: one of several texts contains a separator line, or a path cannot be written in one.
    """
    if len(files) == 1:
        return next(iter(files.values()))
    for path, text in files.items():
        if _HEAD.search(text):
            raise ConfigurationError(f"{path} holds a line of the form '{header('…')}', which strop puts between files")
        if not _HEAD.fullmatch(header(path)) or not is_inside(path):
            raise ConfigurationError(f"{path!r} is not a path that strop can write between files")
    return "".join(
        f"{header(path)}\n{text if text.endswith(chr(10)) else text + chr(10)}" for path, text in files.items()
    )


def unbundled(text: str, original: Mapping[str, str]) -> dict[str, str]:
    """All files of a candidate for the program with the files `original`, in its order, new ones last.

    If a text lost or gained its last newline, it gets the original's ending; if it lost the markers of its regions, it gets them
    back where nothing else changed (`strop.tasks.regions`).

    Raises:
        Malformed: the text is not a bundle, contains a file twice, or has a path outside the tree.
    """
    if len(original) == 1 and not _HEAD.match(text):
        (path,) = original
        return {path: _whole(original[path], text, path)}
    heads = list(_HEAD.finditer(text))
    if not heads:
        raise Malformed(f"the program has {len(original)} files; begin each that you change with '{header('PATH')}'")
    if text[: heads[0].start()].strip():
        raise Malformed(f"there is text before the first line of the form '{header('PATH')}'")
    found: dict[str, str] = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        path = head[1]
        if path in found:
            raise Malformed(f"the file {path!a} is given twice")
        if not is_inside(path):
            raise Malformed(f"{path!a:.200} is not a path inside the tree")
        body = text[head.end() + 1 : following.start() if following else len(text)]
        found[path] = _ended_like(body, original.get(path, "\n"))
    kept = {path: _whole(text, found.pop(path, text), path) for path, text in original.items()}
    return kept | found


def _whole(text: str, now: str, path: str) -> str:
    """The file `text` as a candidate has it, with what it may leave out."""
    return with_markers(text, _ended_like(with_surroundings(text, now, path), text), path)


def is_inside(path: str) -> bool:
    """Whether a path names a file below the root of a tree: relative, with no `..`, no empty part and no NUL."""
    parts = path.split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and "\\" not in path and path.isprintable()
    return plain and not PurePosixPath(path).is_absolute()


def _ended_like(text: str, original: str) -> str:
    body = text.rstrip("\n") if not original.endswith("\n") else text
    return f"{body}\n" if original.endswith("\n") and not body.endswith("\n") else body

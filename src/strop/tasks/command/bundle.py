"""Bundle several files into one program text, so that improvers, which handle texts, can improve programs of many files.

A program of one file is that file's text. A program of several files is their texts, each under a line with its path:

    === file: src/geometry.c ===
    double area(double r) { return 3.14159 * r * r; }
    === file: src/main.c ===
    ...

A candidate may omit files, which then stay as in the original.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from strop.base.errors import ConfigurationError, Malformed
from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree
from strop.tasks.regions import EVOLVE, Region, has_most, marked_names, marked_regions, outside_lines, with_markers

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def with_surroundings(text: str, now: str, path: str) -> str:
    """`now`, or, if it is only what stands between the markers of the file `text`, `text` with that in place.

    It may hold the markers or not, and, in Python, only some functions and classes of those between the markers.

    Raises:
        Malformed: most of the part outside the markers is missing, and it is not clear what `now` is to replace.
    """
    try:
        names = marked_names(text, path)
        only = () if EVOLVE in names else tuple(sorted(names))
        regions = marked_regions(text, path, only)
    except Malformed:
        return now
    outside = outside_lines(text, regions)
    if not regions or has_most(outside, now) or not now.strip():
        return now
    if _has_more(now, path, only, set(outside)):
        return now
    blocks = _blocks((text, now), path, regions, only, set(outside))
    if blocks is None:
        if only:  # these markers are only names, so everything may change
            return now
        raise Malformed(
            f"{path}: the part outside the markers is missing; write the whole file, or all that is between them"
        )
    lines = text.split("\n")
    for region, block in reversed(list(zip(regions, blocks, strict=True))):
        old = lines[region.first : region.stop]
        lines[region.first : region.stop] = old if block is None else _indented(old, block, path)
    return "\n".join(lines)


def _blocks(
    texts: tuple[str, str], path: str, regions: Sequence[Region], only: tuple[str, ...], outside: set[str]
) -> list[list[str] | None] | None:
    """The new lines of each region, from (the file, the answer); None for one that is left out. None if that is not clear."""
    text, now = texts
    rows = now.split("\n")
    try:
        found = marked_regions(now, path, only)
    except Malformed:
        return None
    names, found_names = [each.name for each in regions], [each.name for each in found]
    if found:
        own = {each.name: rows[each.first : each.stop] for each in found}
        if found_names == names:
            return [rows[each.first : each.stop] for each in found]
        unique = len(set(names)) == len(names) and len(own) == len(found) and own.keys() <= set(names)
        return [own.get(name) for name in names] if unique else None
    if len(regions) != 1 or only:
        return None
    while rows and (not rows[0].strip() or rows[0].strip() in outside):  # such as an import that is there already
        rows = rows[1:]
    while rows and not rows[-1].strip():
        rows = rows[:-1]
    old = text.split("\n")[regions[0].first : regions[0].stop]
    return [_with_definitions(old, _indented(old, rows, path)) if path.endswith(".py") else rows] if rows else None


def _has_more(now: str, path: str, only: tuple[str, ...], outside: set[str]) -> bool:
    """Whether an answer with markers has other lines outside them than the file: then it is not a lone block."""
    try:
        found = marked_regions(now, path, only)
    except Malformed:
        return False
    inside = {row for region in found for row in range(region.first - 1, region.stop + 1)}
    others = {line.strip() for row, line in enumerate(now.split("\n")) if row not in inside} - outside
    return bool(found) and bool(outside_lines("\n".join(others), ()))


def _indented(old: list[str], block: list[str], path: str) -> list[str]:
    """A block, indented like the lines of its region."""
    indent = min((len(line) - len(line.lstrip()) for line in old if line.strip()), default=0)
    own = textwrap.dedent("\n".join(block)).split("\n")
    has = next((line[: len(line) - len(line.lstrip())] for line in block if line.strip()), "")
    if path.endswith(".py") and not has and indent:
        margin = next(line[:indent] for line in old if line.strip())
        own = [margin + line if line.strip() else line for line in own]
        return own
    return block


def _with_definitions(old: list[str], block: list[str]) -> list[str]:
    """`block`, or `old` with the definitions of `block` in place of its own, if it has more than these."""
    before, after = _parsed(old), _parsed(block)
    if before is None or after is None:
        return block
    defined = {node.name: node for node in before if isinstance(node, _DEFINITIONS)}
    new = [node for node in after if isinstance(node, _DEFINITIONS)]
    if len(new) != len(after) or not {node.name for node in new} < defined.keys() | _extra(before):
        return block
    lines = list(old)
    for node in sorted(new, key=lambda each: -defined[each.name].lineno if each.name in defined else 1):
        if node.name not in defined:
            return block
        lines[_first(defined[node.name]) : defined[node.name].end_lineno] = block[_first(node) : node.end_lineno]
    return lines


def _extra(nodes: Sequence[ast.stmt]) -> set[str]:
    """A name for each kind of statement that is not a definition, so that definitions alone are fewer than all."""
    return {"<statements>"} if any(not isinstance(node, _DEFINITIONS) for node in nodes) else set()


def _parsed(lines: Sequence[str]) -> list[ast.stmt] | None:
    text = textwrap.dedent("\n".join(lines))
    if is_costly_to_parse(text):
        return None
    try:
        return syntax_tree(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1


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

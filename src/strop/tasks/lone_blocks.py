"""An answer that holds only what may change, put in place: the lines between the markers of a file, or definitions of them."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from strop.base.errors import Malformed
from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree
from strop.tasks.regions import EVOLVE, Region, has_most, marked_names, marked_regions, outside_lines

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

"""The parts of a program that may change: regions between markers, or functions by name. The rest is verified.

The messages of `Malformed` are part of prompts. Markers are comments of any language, alone on their line:

    # EVOLVE-BLOCK-START      // strop: begin hot loop
    # EVOLVE-BLOCK-END        // strop: end hot loop

In Python they must be real comments, so a text literal cannot contain a marker or hide the code after it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence

from strop.base.errors import Malformed
from strop.base.later import dataclass
from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree

EVOLVE = "EVOLVE-BLOCK"
"""Name of regions without one."""
_MARK = re.compile(
    r"[^\w\s]{1,4}[ \t]*+(?:EVOLVE-BLOCK-(?P<word>START|END)\b.*|strop:[ \t]*(?P<verb>begin|end)[ \t]+(?P<name>\S.*))",
    re.DOTALL,
)
_CLOSER = re.compile(r"(?:\*/|-->|\*\)|--\]\])\Z")
_PYTHON = (".py", ".pyi", ".pyw")
_SAYS_SOMETHING = 3
"""Letters and digits that a line must have to be looked for. A line such as a lone brace is found anywhere by chance."""
MOST_CHARACTERS = 2_000_000
"""Most characters of a file with regions."""


@dataclass(frozen=True)
class Region:
    """Lines of a file that may change, from `first` up to `stop`, from 0. It may be empty."""

    name: str
    first: int
    stop: int


def regions_of(text: str, path: str, only: Sequence[str] = ()) -> tuple[Region, ...]:
    """The regions of one file in order: those that `only` names, else those between EVOLVE-BLOCK markers.

    Names are of functions, classes and methods (`f`, `Class.method`) in Python, and of marked regions. A region inside another
    one is part of it.

    Raises:
        Malformed: a marker has no partner, or a Python file is not valid Python.
    """
    if len(text) > MOST_CHARACTERS:
        raise Malformed(f"{path} is longer than {MOST_CHARACTERS} characters")
    if path.endswith(_PYTHON) and "\r" in text.replace("\r\n", "\n"):
        # Only Python ends a line there, so its line numbers would be off.
        raise Malformed(f"{path} contains a carriage return that does not end a line")
    regions = list(_marked(text, path, only))
    if only and path.endswith(_PYTHON):
        regions += _definitions(text, path, only)
    outermost: list[Region] = []
    for region in sorted(regions, key=lambda region: (region.first, -region.stop)):
        if not outermost or region.first >= outermost[-1].stop:
            outermost.append(region)
        elif region.stop > outermost[-1].stop:
            raise Malformed(f"{path}: the regions {outermost[-1].name} and {region.name} overlap")
    return tuple(outermost)


def check_only(before: Mapping[str, str], after: Mapping[str, str], only: Sequence[str] = ()) -> None:
    """Check that a candidate changes only its regions; files are path → text.

    The regions are those that `only` names; without it, those between EVOLVE-BLOCK markers; if no file has any, everything may
    change. Empty lines beside a region may be added or removed.

    Raises:
        Malformed: something else changed (the message names its first line), or `before` lacks a region that `only` names.
    """
    own = {path: regions_of(text, path, only) for path, text in before.items()}
    names = {region.name for regions in own.values() for region in regions}
    if not only and not names:
        return
    absent = [name for name in only if not any(f"{name}.".startswith(f"{region}.") for region in names)]
    if absent:
        hint = "; except in Python, mark its lines (strop: begin NAME, strop: end NAME)"
        where = "" if any(path.endswith(".py") for path in before) else hint
        raise Malformed(f"the program has no function and no marked region {absent[0]!a:.100}{where}")
    what = ", ".join(only) if only else "the marked regions"
    for path, text in before.items():
        now = after.get(path, text)
        if now != text:
            others = regions_of(now, path, only)
            lines = outside_lines(text, own[path])
            if own[path] and not has_most(lines, now) and 2 * len(outside_lines(now, others)) < len(lines):
                raise Malformed(f"{path}: the part outside {what} is missing; write the whole file")
            _check_file(path, text, now, own[path], others, what)


def with_markers(text: str, now: str, path: str) -> str:
    """The file `now` with the markers that it lost put back, and the lines around the regions as in `text`, the original file.

    Returns `now` unchanged if it lost no markers, or if something outside of the regions changed. Empty lines beside a region and
    blanks at the ends of lines do not count as changes.
    """
    try:
        names = marked_names(text, path) - {EVOLVE}
        lines = text.split("\n")
        marks = {lines[row].strip() for row, _, _ in _marks(text, path)}
        for mark in marks:  # a marker behind code is no marker, so it counts as lost
            now = re.sub(rf"(?m)(?<=\S)[ \t]*{re.escape(mark)}[ \t]*(?=\r?$)", "", now)
        now = _put_back(text, now, path, ())
        return _put_back(text, now, path, tuple(sorted(names))) if names else now
    except Malformed:
        return now


def _put_back(text: str, now: str, path: str, only: Sequence[str]) -> str:
    """`text` with the regions of `now`, if `now` lost markers and has all lines around the regions; otherwise `now`."""
    regions = list(_marked(text, path, only))
    try:
        if [region.name for region in _marked(now, path, only)] == [region.name for region in regions]:
            return now
    except Malformed:
        pass
    lines, left = text.split("\n"), _without_marks(now, path, only)
    rest = [line.rstrip() for line in left]
    head, *between, tail = _around(text, path, only, regions)
    position, end = _filled_span(rest)
    if rest[position : position + len(head)] != head or rest[max(position + len(head), end - len(tail)) : end] != tail:
        return now
    position, end = position + len(head), end - len(tail)
    made = lines[: regions[0].first] if regions else []
    for region, piece, following in zip(regions, [*between, []], [*regions[1:], None], strict=True):
        places = range(position, end - len(piece) + 1) if following else [end]
        begin = next((row for row in places if rest[row : row + len(piece)] == piece), None)
        if begin is None:
            return now
        first, stop = _filled_span(rest[position:begin])
        own, inside = lines[region.first : region.stop], left[position:begin][first:stop]
        is_same = [line.rstrip() for line in inside] == [line.rstrip() for line in own][slice(*_filled_span(own))]
        made += [*(own if is_same else inside), *lines[region.stop : following.first if following else len(lines)]]
        position = begin + len(piece)
    return "\n".join(made) if regions else now


def _around(text: str, path: str, only: Sequence[str], regions: Sequence[Region]) -> list[list[str]]:
    """The lines before, between and behind the regions, without markers, blanks at their ends, and empty lines around them."""
    lines, marks = text.split("\n"), {row for row, name, _ in _marks(text, path) if _is_counted(name, only)}
    bounds = [0, *(row for region in regions for row in (region.first, region.stop)), len(lines)]
    pieces = [
        [lines[row].rstrip() for row in range(first, stop) if row not in marks]
        for first, stop in zip(bounds[::2], bounds[1::2], strict=True)
    ]
    return [piece[slice(*_filled_span(piece))] for piece in pieces]


def _filled_span(lines: Sequence[str]) -> tuple[int, int]:
    """The range of lines from the first to behind the last that is not empty, from 0."""
    filled = [row for row, line in enumerate(lines) if line.strip()]
    return (filled[0], filled[-1] + 1) if filled else (0, 0)


def _without_marks(now: str, path: str, only: Sequence[str]) -> list[str]:
    marks = {row for row, name, _ in _marks(now, path) if _is_counted(name, only)}
    return [line for row, line in enumerate(now.split("\n")) if row not in marks]


def _check_file(path: str, text: str, now: str, regions: Sequence[Region], others: Sequence[Region], what: str) -> None:
    names, now_names = [region.name for region in regions], [region.name for region in others]
    missing = set(outside_lines(text, regions)).difference(map(str.strip, now.split("\n")))
    for row, line in enumerate(map(str.strip, text.split("\n")), 1):
        if names != now_names and line in missing:
            raise Malformed(f"{path}, line {row}: {line!a:.100} is gone or changed; only {what} may change")
    for name in names:
        if names.count(name) != now_names.count(name):
            times = f"is there {now_names.count(name)} times, not {names.count(name)}"
            problem = "or its marker is gone, and more has changed" if name not in now_names else times
            raise Malformed(f"{path}: {name} {problem}; only {what} may change")
    if names != now_names:
        raise Malformed(
            f"{path}: {', '.join(names)} are in another order, or there are new ones; only {what} may change"
        )
    for own, other in zip(_outside(text, regions), _outside(now, others), strict=True):
        _compare(path, own, other, what)


def _outside(text: str, regions: Sequence[Region]) -> list[tuple[int, list[str]]]:
    """The pieces between the regions: their first row and their lines, without empty ones at the ends."""
    lines = text.split("\n")
    bounds = [0, *(bound for region in regions for bound in (region.first, region.stop)), len(lines)]
    pieces = []
    for first, stop in zip(bounds[::2], bounds[1::2], strict=True):
        begin, end = _filled_span(lines[first:stop])
        pieces.append((first + begin, lines[first + begin : first + end]))
    return pieces


def _compare(path: str, own: tuple[int, list[str]], other: tuple[int, list[str]], what: str) -> None:
    if own[1] == other[1]:
        return
    lines, others = _filled(own), _filled(other)
    same = 0
    while same < min(len(lines), len(others)) and lines[same][1] == others[same][1]:
        same += 1
    was, now = lines[same : same + 1], others[same : same + 1]
    row = (now or was or [(other[0], "")])[0][0]
    if was and now:
        change = f"{was[0][1].strip()!a:.100} became {now[0][1].strip()!a:.100}"
    elif was or now:
        change = f"{(was or now)[0][1].strip()!a:.100} was {'removed' if was else 'added'}"
    else:
        change = "empty lines came or went around here"
    raise Malformed(f"{path}, line {row + 1}: {change}; only {what} may change")


def _filled(piece: tuple[int, list[str]]) -> list[tuple[int, str]]:
    return [(row, line) for row, line in enumerate(piece[1], piece[0]) if line.strip()]


def _marked(text: str, path: str, only: Sequence[str]) -> Iterator[Region]:
    """The regions between markers: with `only` those with these names, else the EVOLVE-BLOCK ones.

    They do not include the lines of the markers.
    """
    opened: list[tuple[str, int]] = []
    for row, name, begins in _marks(text, path):
        if not _is_counted(name, only):
            continue
        if begins:
            opened.append((name, row + 1))
            continue
        if not opened or opened[-1][0] != name:
            raise Malformed(f"{path}, line {row + 1}: end marker without a begin marker: {name!a:.100}")
        name, first = opened.pop()
        if not opened:
            yield Region(name, first, row)
    if opened:
        raise Malformed(f"{path}, line {opened[-1][1]}: the region {opened[-1][0]!a:.100} does not end")


def marked_regions(text: str, path: str, only: Sequence[str] = ()) -> tuple[Region, ...]:
    """The regions between markers. Raises Malformed as `regions_of`."""
    return tuple(_marked(text, path, only))


def marked_names(text: str, path: str) -> set[str]:
    """The names of all markers of a file."""
    return {name for _, name, _ in _marks(text, path)}


def outside_lines(text: str, regions: Sequence[Region]) -> list[str]:
    """The lines outside the regions that have at least three letters or digits, without the markers."""
    inside = {row for region in regions for row in range(region.first, region.stop)}
    lines = [line.strip() for row, line in enumerate(text.split("\n")) if row not in inside]
    meaningful = [line for line in lines if sum(map(str.isalnum, line)) >= _SAYS_SOMETHING]
    return [line for line in meaningful if not _MARK.fullmatch(line)]


def has_most(lines: Sequence[str], now: str) -> bool:
    """Whether at least half of these lines are in a file."""
    there = {line.strip() for line in now.split("\n")}
    return 2 * sum(line in there for line in lines) >= len(lines)


def _marks(text: str, path: str) -> Iterator[tuple[int, str, bool]]:
    """All markers: (row, name of the region, whether it starts the region)."""
    for row, comment in _comments(text, path):
        if mark := _MARK.fullmatch(comment):
            name = _CLOSER.sub("", mark["name"].rstrip()).strip() if mark["name"] else EVOLVE
            yield row, name, (mark["word"] or mark["verb"]) in ("START", "begin")


def _is_counted(name: str, only: Sequence[str]) -> bool:
    return name in only if only else name == EVOLVE


def _comments(text: str, path: str) -> Iterator[tuple[int, str]]:
    """Lines that may be markers: (row, stripped text). In Python only comments."""
    lines = text.split("\n")
    likely = [(row, line.strip()) for row, line in enumerate(lines) if EVOLVE in line or "strop:" in line]
    if not likely or not path.endswith(_PYTHON):
        yield from likely
        return
    comments = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            if token.type == tokenize.COMMENT:
                comments.add(token.start[0] - 1)
    except tokenize.TokenError as error:
        reason, (line, _) = error.args
        raise Malformed(f"{path} is not Python: {reason} (line {line})") from None
    except SyntaxError as error:
        raise Malformed(f"{path} is not Python: {error}") from None
    yield from ((row, line) for row, line in likely if row in comments)


def _definitions(text: str, path: str, only: Sequence[str]) -> list[Region]:
    """The named functions, classes and methods, with their decorators."""
    if is_costly_to_parse(text):
        raise Malformed(f"{path} holds a name of more than 100 parts")
    try:
        tree = syntax_tree(text, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Malformed(f"{path} is not Python: {error}") from None
    lines = text.split("\n")
    wanted = set(only)
    regions: list[Region] = []
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, around = stack.pop()
        for child in ast.iter_child_nodes(node):
            inside = around
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{around}{child.name}"
                if name in wanted:
                    regions.append(_region(child, name, lines))
                    continue
                inside = f"{name}."
            stack.append((child, inside))
    return regions


def _region(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, name: str, lines: Sequence[str]) -> Region:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    stop = node.end_lineno or node.lineno
    # The syntax tree does not include comments at the end of a body.
    row = stop
    while row < len(lines):
        line = lines[row]
        if line.strip():
            if not line.strip().startswith("#") or len(line) - len(line.lstrip()) <= node.col_offset:
                break
            stop = row + 1
        row += 1
    return Region(name, first, stop)

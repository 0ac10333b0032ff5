"""Bundle several files into one program text, so that improvers, which handle texts, can improve programs of many files.

A program of one file is that file's text. A program of several files is their texts, each under a line with its path:

    === file: src/geometry.c ===
    double area(double r) { return 3.14159 * r * r; }
    === file: src/main.c ===
    ...

A candidate may omit files, which then stay as in the original. A file that a program does not have is a line alone:

    === no file: src/old.c ===
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from strop.base.absent import ABSENT as ABSENT
from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.regions import EVOLVE, has_most, marked_names, marked_regions, outside_lines, with_markers


def with_surroundings(text: str, now: str, path: str) -> str:
    """The whole file that a candidate means by `now`. If `now` is only the part between markers of the file `text`, with or
    without the markers, it is put into its place in `text`.

    Raises:
        Malformed: most of the part outside the markers is missing, and it is not clear which part `now` replaces.
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
    rows = now.split("\n")
    try:
        regions_now = marked_regions(now, path, only)
    except Malformed:
        regions_now = ()
    if regions_now and set(outside_lines(now, regions_now)) - set(outside):
        return now  # it has more than its regions, so it is not a lone block
    blocks = {region.name: rows[region.first : region.stop] for region in regions_now}
    # Regions without names of their own are matched in order.
    if [region.name for region in regions_now] == [region.name for region in regions]:
        placed = [
            (region, rows[replacement.first : replacement.stop])
            for region, replacement in zip(regions, regions_now, strict=True)
        ]
    elif len(blocks) == len(regions_now) > 0 and only and blocks.keys() <= set(only):
        placed = [(region, blocks[region.name]) for region in regions if region.name in blocks]
    elif len(regions) == 1 and not only:
        placed = [(regions[0], now.strip("\n").split("\n"))]
    elif only:  # these markers are only names, so everything may change
        return now
    else:
        raise Malformed(
            f"{path}: the part outside the markers is missing; write the whole file, or all that is between them"
        )
    lines = text.split("\n")
    for region, block in reversed(placed):
        lines[region.first : region.stop] = _indented(lines[region.first : region.stop], block)
    return "\n".join(lines)


def _indented(old: list[str], block: list[str]) -> list[str]:
    """A block, indented like the first line of its region if it is not indented."""
    margin, own = (
        next((line[: len(line) - len(line.lstrip())] for line in lines if line.strip()), "") for lines in (old, block)
    )
    return block if own else [margin + line if line.strip() else line for line in block]


HEAD = re.compile(r"^=== (?P<no>no )?file: (?P<path>.+?) ===[ \t]*$", re.MULTILINE)


def header(path: str, *, is_absent: bool = False) -> str:
    """The line above a file's text, or in place of a file."""
    return f"=== {'no ' if is_absent else ''}file: {path} ==="


def bundled(files: Mapping[str, str]) -> str:
    """The program text of `files`, path from the root of the tree → text; line ends are newlines.

    Raises:
        ConfigurationError: one of several texts contains a separator line, or a path cannot be written in one.
    """
    if len(files) == 1 and ABSENT not in files.values():
        return next(iter(files.values()))
    for path, text in files.items():
        if HEAD.search(text):
            raise ConfigurationError(f"{path} holds a line of the form '{header('…')}', which strop puts between files")
        if not HEAD.fullmatch(header(path)) or not is_inside(path):
            raise ConfigurationError(f"{path!r} is not a path that strop can write between files")
    return "".join(map(_section, files, files.values()))


def _section(path: str, text: str) -> str:
    """The lines of one file."""
    body = "" if text == ABSENT else text if text.endswith("\n") or not text else f"{text}\n"
    return f"{header(path, is_absent=text == ABSENT)}\n{body}"


def unbundled(text: str, original: Mapping[str, str], *, is_version: bool = False) -> dict[str, str]:
    """All files of a candidate, path → text, in the order of the files `original`; without these, the files of the text.

    A text that lost or gained its last newline gets the original's ending. A text that lost the markers of its regions gets them
    back where nothing else changed (`strop.tasks.regions`), unless it `is_version`: nobody wrote a version from the original.

    Raises:
        Malformed: the text is not a bundle, or contains a file twice, or one that is not in `original`.
    """
    if len(original) == 1 and not HEAD.match(text):
        (path,) = original
        return {path: _completed(original[path], text, path, is_version=is_version)}
    heads = list(HEAD.finditer(text))
    if not heads:
        raise Malformed(f"the program has {len(original)} files; begin each that you change with '{header('PATH')}'")
    if text[: heads[0].start()].strip():
        raise Malformed(f"there is text before the first line of the form '{header('PATH')}'")
    texts: dict[str, str] = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        path = head["path"]
        if path in texts:
            raise Malformed(f"the file {path!a:.200} is given twice")
        if original and path not in original:
            what = f"what may is {', '.join(original)}; to add it, create it empty and name it in `files`"
            raise Malformed(f"{path!a:.200} may not be changed; {what}")
        body = text[head.end() + 1 : following.start() if following else len(text)]
        if head["no"] and body.strip():
            raise Malformed(f"there is text below '{header(path, is_absent=True)}'")
        original_text = original.get(path, ABSENT)
        texts[path] = (
            ABSENT if head["no"] else ended_like(body, "\n" if original_text in ("", ABSENT) else original_text)
        )
    return {
        path: _completed(text, texts.get(path, text), path, is_version=is_version) for path, text in original.items()
    } or texts


def _completed(text: str, now: str, path: str, *, is_version: bool) -> str:
    """A candidate's version `now` of the file `text`, with the parts that a candidate may leave out."""
    if ABSENT in (text, now):
        return now
    if is_version:
        return ended_like(now, text)
    return with_markers(text, ended_like(with_surroundings(text, now, path), text), path)


def is_inside(path: str) -> bool:
    """Whether a path names a file below the root of a tree: relative, with no `..`, no empty part and no NUL."""
    return all(part not in ("", ".", "..") for part in path.split("/")) and "\\" not in path and path.isprintable()


def ended_like(text: str, original: str) -> str:
    """`text` with a newline at its end if the original has one there, otherwise without. Programs extracted from responses lose
    their last newline."""
    if not original or not text:  # an empty file is one that the candidate may write
        return text if text.strip("\n") else ""
    body = text.rstrip("\n") if not original.endswith("\n") else text
    return f"{body}\n" if original.endswith("\n") and not body.endswith("\n") else body

"""Read unified diffs as models write them: line numbers, counts, and the a/ and b/ of names may be wrong or missing.

Also reads the form of codex's apply_patch (`*** Update File: PATH`, hunks that start with a bare `@@`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from strop.core.edits.edit import MOST_EDITS, Edit, EditFailed, Reading
from strop.core.edits.segments import Segment

_HUNK = re.compile(
    r"@@(?:[ \t]*-(?P<old>\d{1,9})(?:,(?P<olds>\d{1,9}))?[ \t]+\+\d{1,9}(?:,(?P<news>\d{1,9}))?[ \t]*@@)?.*"
)
_FILE = re.compile(
    r"(?:diff --git (?:a/)?\S+ (?:b/)?(?P<git>\S+)|\*\*\* (?P<word>Update|Add|Delete) File: (?P<path>.+))"
)
_START = re.compile(r"@@|\*\*\* (?:Update|Add|Delete) File: |diff --git ")


@dataclass
class _Hunk:
    """A hunk while it is read."""

    path: str | None
    line: int | None = None
    old_left: int | None = None
    """Remaining lines of the old text, by the count in the header."""
    new_left: int | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(` `, `-` or `+`, the line); the mark of an empty line, which stands for an empty context line, is empty."""

    @property
    def is_full(self) -> bool:
        return self.old_left is not None and self.old_left <= 0 and self.new_left is not None and self.new_left <= 0

    def add(self, mark: str, text: str) -> None:
        self.lines.append((mark, text))
        if self.old_left is not None and mark != "+":
            self.old_left -= 1
        if self.new_left is not None and mark != "-":
            self.new_left -= 1

    def edit(self, number: int) -> Edit:
        """The hunk as an edit."""
        lines = self.lines
        trimmed = lines
        while trimmed and trimmed[-1][0] == "":
            trimmed = trimmed[:-1]
        # An empty line at the end belongs to the program if the count in the header says so; else it only ends the hunk.
        likely = (lines, trimmed) if self.is_full else (trimmed, lines)
        readings = tuple(_reading(each) for each in (likely if trimmed is not lines else likely[:1]))
        return Edit(f"hunk {number}", readings, self.path, True, self.line)


def _reading(lines: Sequence[tuple[str, str]]) -> Reading:
    before = tuple(text for mark, text in lines if mark != "+")
    return Reading(before, tuple(text for mark, text in lines if mark != "-"))


def hunks_of(parts: Sequence[Segment]) -> list[Edit]:
    """The hunks of a response, in order.

    Raises:
        EditFailed: a file is deleted, or there are too many.
    """
    edits: list[Edit] = []
    for part in parts:
        if part.kind == "diff" or (part.kind == "text" and _has_start(part.lines)):
            for hunk in _hunks(part.lines, part.info is not None):
                if any(mark in ("+", "-") for mark, _ in hunk.lines):
                    edits.append(hunk.edit(len(edits) + 1))
                if len(edits) > MOST_EDITS:
                    raise EditFailed(f"there are more than {MOST_EDITS} hunks; write the whole program instead")
    return edits


def _has_start(lines: Sequence[str]) -> bool:
    """Whether text outside of fences contains a diff: the header of a hunk below file names."""
    named = any(line.startswith(("+++ ", "diff --git ", "*** ")) for line in lines)
    return named and any(_START.match(line) for line in lines)


def _hunks(lines: Sequence[str], is_fenced: bool) -> Iterator[_Hunk]:
    """The hunks of one diff or several."""
    path: str | None = None
    hunk: _Hunk | None = None
    row = 0
    while row < len(lines):
        line = lines[row]
        following: _Hunk | None = None
        file, head = _FILE.fullmatch(line), _HUNK.fullmatch(line)
        row += 1
        if _names_file(lines[row - 1 : row + 2], hunk):
            old, new = (_name(each[4:]) for each in lines[row - 1 : row + 1])
            if new == "/dev/null":
                raise EditFailed(f"files cannot be removed: {old!a:.200}")
            path = new
            following = _Hunk(path)  # lines without a header are one hunk
            row += 1
        elif file:
            path = (file["git"] or file["path"]).strip()
            if file["word"] == "Delete":
                raise EditFailed(f"files cannot be removed: {path!a:.200}")
            following = _Hunk(path) if file["word"] == "Add" else None
        elif head:
            counts = (int(head["olds"] or 1), int(head["news"] or 1)) if head["old"] else (None, None)
            following = _Hunk(path, max(int(head["old"]) - 1, 0) if head["old"] else None, *counts)
        elif hunk and not line.startswith("*** ") and (is_fenced or _continues(hunk, line)):
            if line[:1] != "\\":  # "\ No newline at end of file"
                hunk.add(*((line[0], line[1:]) if line[:1] in tuple(" +-") else (line and " ", line)))
            continue
        if hunk and hunk.lines:
            yield hunk
        hunk = following
    if hunk and hunk.lines:
        yield hunk


def _continues(hunk: _Hunk, line: str) -> bool:
    """Whether a line outside of fences belongs to a hunk."""
    return not hunk.is_full and line[:1] in ("", *" +-\\\t")


def _names_file(lines: Sequence[str], hunk: _Hunk | None) -> bool:
    """Whether the first two lines name a file. In a hunk they may also remove a line `-- x` and add a line `++ y`."""
    if not (lines[0].startswith("--- ") and lines[1:] and lines[1].startswith("+++ ")):
        return False
    if hunk is None or hunk.is_full or hunk.old_left is None:
        return True
    return lines[2:] != [] and lines[2].startswith("@@") and (hunk.old_left, hunk.new_left) != (1, 1)


def _name(text: str) -> str:
    """The name in a `---` or `+++` line, without the time after a tab."""
    return text.partition("\t")[0].strip().strip('"')

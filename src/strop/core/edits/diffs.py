"""Read unified diffs as models write them: line numbers and counts may be wrong or missing, as may the names' a/ and b/.

The form of codex's apply_patch (`*** Update File: PATH`, hunks that begin with a bare `@@`) is read too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from strop.core.edits.edit import MOST_EDITS, Edit, EditFailed, Reading
from strop.core.edits.segments import Segment

_HUNK = re.compile(
    r"@@(?:[ \t]*-(?P<old>\d{1,9})(?:,(?P<olds>\d{1,9}))?[ \t]+\+\d{1,9}(?:,(?P<news>\d{1,9}))?[ \t]*@@)?.*"
)
_GIT = re.compile(r"diff --git (?:a/)?\S+ (?:b/)?(?P<path>\S+)")
_CODEX = re.compile(r"\*\*\* (?P<word>Update|Add|Delete) File: (?P<path>.+)")
_ABSENT = "/dev/null"
_START = re.compile(r"@@|\*\*\* (?:Update|Add|Delete) File: |diff --git ")


@dataclass
class _Hunk:
    """A hunk while it is read."""

    path: str | None
    line: int | None = None
    old_left: int | None = None
    """Lines of the old text that are still to come, by the header's count."""
    new_left: int | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(` `, `-` or `+`, the line); an empty line that stands for an empty context line has an empty mark."""

    @property
    def is_full(self) -> bool:
        return self.old_left is not None and self.old_left <= 0 and self.new_left is not None and self.new_left <= 0

    def add(self, mark: str, text: str) -> None:
        self.lines.append((mark, text))
        if self.old_left is not None and mark != "+":
            self.old_left -= 1
        if self.new_left is not None and mark != "-":
            self.new_left -= 1


def hunks_of(parts: Sequence[Segment]) -> list[Edit]:
    """The hunks of an answer, in order; none where it has none.

    Raises:
        EditFailed: a file is deleted, or there are too many.
    """
    found: list[Edit] = []
    for part in parts:
        if part.kind == "diff" or (part.kind == "text" and _has_start(part.lines)):
            for hunk in _Reader(part.lines, part.info is not None).read():
                if any(mark in ("+", "-") for mark, _ in hunk.lines):
                    found.append(_edit(hunk, len(found) + 1))
                if len(found) > MOST_EDITS:
                    raise EditFailed(f"there are more than {MOST_EDITS} hunks; write the whole program instead")
    return found


def _has_start(lines: Sequence[str]) -> bool:
    """Whether text outside of fences holds a diff: the header of a hunk, with the names of a file above it."""
    named = any(line.startswith(("+++ ", "diff --git ", "*** ")) for line in lines)
    return named and any(_START.match(line) for line in lines)


def _edit(hunk: _Hunk, number: int) -> Edit:
    label = f"hunk {number}"
    lines = hunk.lines
    trimmed = lines
    while trimmed and trimmed[-1][0] == "":
        trimmed = trimmed[:-1]
    readings = [_reading(trimmed)] if trimmed is not lines else []
    # An empty line at the end is a line of the program where the header's count says so; else it only ends the hunk.
    readings.insert(0 if hunk.is_full else len(readings), _reading(lines))
    return Edit(label, tuple(readings), hunk.path, True, hunk.line)


def _reading(lines: Sequence[tuple[str, str]]) -> Reading:
    before = tuple(text for mark, text in lines if mark != "+")
    return Reading(before, tuple(text for mark, text in lines if mark != "-"))


class _Reader:
    """Goes through the lines of one diff, or of several."""

    def __init__(self, lines: Sequence[str], is_fenced: bool) -> None:
        self._lines, self._is_fenced = lines, is_fenced
        self._path: str | None = None
        self._hunk: _Hunk | None = None
        self._found: list[_Hunk] = []

    def read(self) -> list[_Hunk]:
        row = 0
        while row < len(self._lines):
            row += self._step(row)
        self._close()
        return self._found

    def _step(self, row: int) -> int:
        """Take one line, or two that name a file. Returns how many."""
        line = self._lines[row]
        if self._names_file(row):
            self._rename(_name(line[4:]), _name(self._lines[row + 1][4:]))
            return 2
        codex, git, hunk = _CODEX.fullmatch(line), _GIT.fullmatch(line), _HUNK.fullmatch(line)
        if codex or git:
            self._close()
            match = codex or git
            assert match is not None
            self._path = match["path"].strip()
            if codex and codex["word"] == "Delete":
                raise EditFailed(f"files cannot be removed: {self._path!a:.200}")
            self._hunk = _Hunk(self._path) if codex and codex["word"] == "Add" else None
        elif line.startswith("*** ") or (self._hunk is None and not hunk):
            self._close()
        elif hunk and line.startswith("@@"):
            self._close()
            old = hunk["old"]
            counts = (None, None) if old is None else (int(hunk["olds"] or 1), int(hunk["news"] or 1))
            self._hunk = _Hunk(self._path, None if old is None else max(int(old) - 1, 0), *counts)
        else:
            self._content(line)
        return 1

    def _content(self, line: str) -> None:
        assert self._hunk is not None
        if not self._is_fenced and (self._hunk.is_full or (line and line[0] not in " +-\\\t")):
            self._close()
        elif not line:
            self._hunk.add("", "")
        elif line[0] in " +-":
            self._hunk.add(line[0], line[1:])
        elif line[0] != "\\":  # "\ No newline at end of file"
            self._hunk.add(" ", line)

    def _names_file(self, row: int) -> bool:
        """Whether two lines name a file. Inside a hunk they may be a removed line `-- x` and an added one `++ y`."""
        lines = self._lines
        if not (lines[row].startswith("--- ") and row + 1 < len(lines) and lines[row + 1].startswith("+++ ")):
            return False
        if self._hunk is None or self._hunk.is_full:
            return True
        if self._hunk.old_left is None:
            return True
        follows = lines[row + 2] if row + 2 < len(lines) else ""
        return follows.startswith("@@") and (self._hunk.old_left, self._hunk.new_left) != (1, 1)

    def _rename(self, old: str, new: str) -> None:
        self._close()
        if new == _ABSENT:
            raise EditFailed(f"files cannot be removed: {old!a:.200}")
        self._path = new
        # What follows without a header is one hunk.
        self._hunk = _Hunk(self._path)

    def _close(self) -> None:
        if self._hunk is not None and self._hunk.lines:
            self._found.append(self._hunk)
        self._hunk = None


def _name(text: str) -> str:
    """The name in a `---` or `+++` line: what follows a tab is a time."""
    return text.partition("\t")[0].strip().strip('"')

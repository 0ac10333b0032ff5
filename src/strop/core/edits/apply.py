"""Apply a model's edits to a program: all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from strop.core.edits.blocks import blocks_of
from strop.core.edits.diffs import hunks_of
from strop.core.edits.edit import MOST_CHARACTERS, Edit, EditFailed, Edits, Form, Reading
from strop.core.edits.locate import Ambiguous, Lines, Place, Work, closest, find, find_near, reindent
from strop.core.edits.segments import segments

Match: TypeAlias = Literal["exact", "blanks", "near"]
_SHOWN_FAILURES = 3
"""Edits that do not fit and are shown; no edit is tried after them."""
_SHOWN_LINES = 12
_SHOWN_CHARACTERS = 160
_ALIGNED = 40_000
"""Pairs of lines of one edit within which unchanged lines are looked for."""


@dataclass(frozen=True)
class Applied:
    """A program after its edits."""

    files: dict[str, str]
    form: Form
    count: int
    """Edits that were applied."""
    inexact: tuple[str, ...]
    """Labels of the edits that did not fit exactly."""


def edits_of(answer: str) -> Edits | None:
    """The edits in an answer; None where there are none, as in a program that is written whole.

    Raises:
        EditFailed: some of them cannot be read.
    """
    if len(answer) > MOST_CHARACTERS or not any(mark in answer for mark in ("<<<<<", "@@", "+++ ", "*** ")):
        return None
    parts = segments(answer)
    if blocks := blocks_of(parts):
        return Edits("blocks", tuple(blocks))
    hunks = hunks_of(parts)
    return Edits("diff", tuple(hunks)) if hunks else None


def form_of(answer: str) -> Form | None:
    """The form of the edits in an answer, also where they cannot be read; None where there are none."""
    try:
        edits = edits_of(answer)
    except EditFailed:
        return "blocks" if "<<<<<" in answer else "diff"
    return edits.form if edits else None


def apply(answer: str, files: Mapping[str, str]) -> Applied | None:
    """`files`, path → text, after the edits in an answer; None where there are none.

    Each edit is applied to what the edits before it left: exactly, or where the text is the same but for blanks, or where it is
    like enough (`locate.DRIFT`), and only where that is one place. New lines are indented as the program is.

    Raises:
        EditFailed: one does not fit. The message is for its author: it names the edit, and shows the closest place.
    """
    edits = edits_of(answer)
    if edits is None:
        return None
    if sum(map(len, files.values())) > MOST_CHARACTERS:
        raise EditFailed("the program is too long for edits; write the whole program instead")
    program = _Program(files)
    failures: list[str] = []
    inexact: list[str] = []
    for edit in edits.edits:
        try:
            if not program.apply(edit):
                inexact.append(edit.label)
        except EditFailed as error:
            failures.append(f"{edit.label}: {error}")
            if len(failures) == _SHOWN_FAILURES:
                break
    if failures:
        raise EditFailed("\n\n".join(failures))
    return Applied(program.texts, edits.form, len(edits.edits), tuple(inexact))


class _Program:
    """The files while they are edited."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._work = Work()
        self._files = {path: Lines(text, self._work) for path, text in files.items()}
        self._floors: dict[str, int] = {}
        self._offsets: dict[str, int] = {}

    @property
    def texts(self) -> dict[str, str]:
        return {path: lines.text for path, lines in self._files.items()}

    def apply(self, edit: Edit) -> bool:
        """Apply one edit. Returns whether it fitted exactly."""
        paths = self._paths(edit)
        if not any(line.strip() for line in edit.readings[0].before):
            self._write(edit, paths)
            return True
        matches: tuple[Match, ...] = ("exact", "blanks", "near")
        for match in matches:
            # That a line looks like the end of a part matters only where the text itself has such lines.
            for reading in edit.readings if match == "exact" else edit.readings[:2]:
                found = [(path, place) for path in paths if (place := self._find(edit, path, reading, match))]
                if len(found) > 1:
                    raise EditFailed(f"these lines are in {found[0][0]} and in {found[1][0]}; name the file")
                if found:
                    self._replace(*found[0], reading)
                    return match == "exact"
        raise EditFailed(self._missing(edit, paths))

    def _find(self, edit: Edit, path: str, reading: Reading, match: Match) -> Place | None:
        text = self._files[path]
        line = None if edit.line is None else edit.line + self._offsets.get(path, 0)
        try:
            if match == "near":
                return find_near(text, reading.before)
            return find(text, reading.before, exact=match == "exact", line=line, floor=self._floors.get(path, 0))
        except Ambiguous as error:
            rows = " and ".join(str(row + 1) for row in error.rows[:3])
            raise EditFailed(
                f"these lines are in {len(error.rows)} places of {path} (lines {rows}{' ...' * (len(error.rows) > 3)}); "
                "add lines around them until there is one place\n" + _quoted(reading.before)
            ) from None

    def _paths(self, edit: Edit) -> list[str]:
        """The files in which an edit may belong."""
        if edit.path is None:
            return list(self._files)
        path = self._existing(edit.path)
        if path is not None:
            return [path] if edit.is_named else [path, *(each for each in self._files if each != path)]
        if not _is_inside(edit.path):
            raise EditFailed(f"{edit.path!a:.200} is no file of the program")
        if not any(line.strip() for line in edit.readings[0].before):
            return [edit.path]
        if len(self._files) == 1:  # a program without a name: models invent one
            return list(self._files)
        raise EditFailed(f"there is no file {edit.path!a:.200}; the program's files are {', '.join(self._files)}")

    def _existing(self, path: str) -> str | None:
        """The program's file that a name stands for: with or without the a/ or b/ of a diff, or the end of its path."""
        bare = path[2:] if path[:2] in ("a/", "b/", "./") else path
        if exact := next((name for name in (path, bare) if name in self._files), None):
            return exact
        ends = [each for each in self._files if each.endswith(f"/{bare}") or bare.endswith(f"/{each}")]
        return ends[0] if len(ends) == 1 and _is_inside(path) else None

    def _write(self, edit: Edit, paths: Sequence[str]) -> None:
        """Write a file that is empty, or a new one beside others: nothing is searched for."""
        path = paths[0]
        lines = self._files.get(path)
        if len(paths) > 1 or (lines and lines.text.strip()) or (lines is None and len(self._files) == 1):
            raise EditFailed("it searches for nothing; give the lines of the program that are to be replaced")
        name = path if lines else path.removeprefix("b/").removeprefix("./")
        self._files[name] = Lines("", self._work)
        self._files[name].replace(0, 0, edit.readings[0].after)

    def _replace(self, path: str, place: Place, reading: Reading) -> None:
        text = self._files[path]
        lines = list(reading.after) if place.is_exact else _merged(text.lines, reading, place, self._work)
        text.replace(place.start, place.stop, lines)
        self._floors[path] = place.start + len(lines)
        self._offsets[path] = self._offsets.get(path, 0) + len(lines) - (place.stop - place.start)

    def _missing(self, edit: Edit, paths: Sequence[str]) -> str:
        """That an edit fits nowhere, and where it would fit best."""
        reading = edit.readings[0]
        message = f"these lines are not in {paths[0] if len(paths) == 1 else 'the program'}:\n{_quoted(reading.before)}"
        for path in paths:
            row = closest(self._files[path], reading.before)
            if row is not None:
                lines = self._files[path].lines[row : row + min(len(reading.before) + 2, _SHOWN_LINES)]
                message += f"\nthe closest place, {path} from line {row + 1}:\n{_quoted(lines)}"
                break
        wanted = [line for line in reading.after if line.strip()]
        if len(wanted) > 1 and any(find(self._files[path], reading.after, exact=True) for path in paths):
            message += "\nthe lines that are to take their place are there already"
        return message


def _merged(lines: Sequence[str], reading: Reading, place: Place, work: Work) -> list[str]:
    """What takes the place: lines that the edit does not change stay as the program has them, new ones are indented like it."""
    before, after = reading.before, reading.after
    merged: list[str] = []
    cursor = place.start
    size = len(before) * len(after)
    work.spend(min(size, _ALIGNED))
    whole = [("replace", 0, len(before), 0, len(after))]
    aligned = SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if size <= _ALIGNED else whole
    for tag, a, a_stop, b, b_stop in aligned:
        rows = [row for row in place.rows[a:a_stop] if row is not None]
        if rows and tag == "equal":
            merged += lines[cursor : rows[-1] + 1]
            cursor = rows[-1] + 1
        elif tag != "equal":
            if rows:
                merged += lines[cursor : rows[0]]
                cursor = rows[-1] + 1
            merged += reindent(after[b:b_stop], place.indents)
    return merged + list(lines[cursor : place.stop])


def _quoted(lines: Sequence[str]) -> str:
    shown = [f"    {line[:_SHOWN_CHARACTERS]}" for line in lines[:_SHOWN_LINES]]
    return "\n".join(shown + (["    ..."] if len(lines) > _SHOWN_LINES else []))


def _is_inside(path: str) -> bool:
    """Whether a path names a file below the root of a tree."""
    plain = all(part not in ("", "..") for part in path.split("/")) and "\\" not in path and path.isprintable()
    return plain and not path.startswith("/")

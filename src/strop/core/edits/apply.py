"""Apply a model's edits to a program: all of them or none.

The messages of `EditFailed` are part of prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from strop.core.edits.blocks import blocks_of
from strop.core.edits.edit import MOST_CHARACTERS, Edit, EditFailed, EditReading
from strop.core.edits.locate import Ambiguous, Lines, Match, closest, find, reindent
from strop.core.edits.segments import segments

_SHOWN_FAILURES = 3
"""Failed edits that a message shows; no edit is tried after them."""
_SHOWN_LINES = 12
_SHOWN_CHARACTERS = 160
_ALIGNED = 40_000
"""Pairs of lines of one edit within which unchanged lines are looked for."""


@dataclass(frozen=True)
class Applied:
    """A program after its edits."""

    files: dict[str, str]
    inexact: tuple[str, ...]
    """Labels of the edits that matched only without regard to blanks."""


def _edits_of(answer: str) -> list[Edit]:
    """The edits in a response, in order; empty for a whole program. Raises EditFailed if some of them cannot be read."""
    if len(answer) > MOST_CHARACTERS or "<<<<<" not in answer:
        return []
    return blocks_of(segments(answer))


def has_edits(answer: str) -> bool:
    """Whether a response has edits, even if they cannot be read."""
    try:
        return bool(_edits_of(answer))
    except EditFailed:
        return True


def apply_edits(answer: str, files: Mapping[str, str]) -> Applied | None:
    """`files`, path → text, after the edits in a response; None if it has no edits.

    Each edit is applied to the result of the edits before it, where its lines match exactly, or without regard to blanks, and in
    one place only. New lines are indented like the program.

    Raises:
        EditFailed: one cannot be applied. The message is for its author: it names the edit and shows the closest lines.
    """
    edits = _edits_of(answer)
    if not edits:
        return None
    if sum(map(len, files.values())) > MOST_CHARACTERS:
        raise EditFailed("the program is too long for edits; write the whole program instead")
    program = _EditedFiles(files)
    failures: list[str] = []
    inexact: list[str] = []
    for edit in edits:
        try:
            if not program.apply(edit):
                inexact.append(edit.label)
        except EditFailed as error:
            failures.append(f"{edit.label}: {error}")
            if len(failures) == _SHOWN_FAILURES:
                break
    if failures:
        raise EditFailed("\n\n".join(failures))
    return Applied(program.texts, tuple(inexact))


class _EditedFiles:
    """The files while they are edited."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {path: Lines(text) for path, text in files.items()}

    @property
    def texts(self) -> dict[str, str]:
        return {path: lines.text for path, lines in self._files.items()}

    def apply(self, edit: Edit) -> bool:
        """Apply one edit. Returns whether it matched exactly."""
        paths = self._paths(edit)
        if edit.readings[0].is_empty:
            self._write(edit, paths)
            return True
        for exact in (True, False):
            # The other readings matter only if the program itself has lines that look like the end of a part.
            for reading in edit.readings if exact else edit.readings[:2]:
                matches = [(path, match) for path in paths if (match := self._find(path, reading, exact=exact))]
                if len(matches) > 1:
                    raise EditFailed(f"these lines are in {matches[0][0]} and in {matches[1][0]}; name the file")
                if matches:
                    self._replace(*matches[0], reading)
                    return exact
        raise EditFailed(self._missing(edit.readings[0], paths))

    def _find(self, path: str, reading: EditReading, *, exact: bool) -> Match | None:
        try:
            return find(self._files[path], reading.before, exact=exact)
        except Ambiguous as error:
            rows = " and ".join(str(row + 1) for row in error.rows[:3])
            raise EditFailed(
                f"these lines are in {len(error.rows)} places of {path} (lines {rows}{' ...' * (len(error.rows) > 3)}); "
                "add lines around them until there is one place\n" + _quoted(reading.before)
            ) from None

    def _paths(self, edit: Edit) -> list[str]:
        """The files that an edit may belong to."""
        if edit.path is None:
            return list(self._files)
        path = self._existing(edit.path)
        if path is not None:
            return [path] if edit.is_named else [path, *(other for other in self._files if other != path)]
        if not _is_inside(edit.path):
            raise EditFailed(f"{edit.path!a:.200} is not a file of the program")
        if edit.readings[0].is_empty:
            return [edit.path]
        if len(self._files) == 1:  # models invent a name for a program without one
            return list(self._files)
        raise EditFailed(f"there is no file {edit.path!a:.200}; the program's files are {', '.join(self._files)}")

    def _existing(self, path: str) -> str | None:
        """The file that a name means: with or without `./`, or the end of its path."""
        bare = path.removeprefix("./")
        if exact := next((name for name in (path, bare) if name in self._files), None):
            return exact
        ends = [name for name in self._files if name.endswith(f"/{bare}") or bare.endswith(f"/{name}")]
        return ends[0] if len(ends) == 1 and _is_inside(path) else None

    def _write(self, edit: Edit, paths: Sequence[str]) -> None:
        """Write an empty file, or add a file to a program of several."""
        path = paths[0]
        lines = self._files.get(path)
        if len(paths) > 1 or (lines and lines.text.strip()) or (lines is None and len(self._files) == 1):
            raise EditFailed("it searches for nothing; give the lines of the program that are to be replaced")
        name = path if lines else path.removeprefix("./")
        self._files[name] = Lines("")
        self._files[name].replace(0, 0, edit.readings[0].after)

    def _replace(self, path: str, match: Match, reading: EditReading) -> None:
        file = self._files[path]
        lines = list(reading.after) if match.is_exact else _merged(file.lines, reading, match)
        file.replace(match.start, match.stop, lines)

    def _missing(self, reading: EditReading, paths: Sequence[str]) -> str:
        """That an edit matches nowhere, and where it would match best."""
        message = f"these lines are not in {paths[0] if len(paths) == 1 else 'the program'}:\n{_quoted(reading.before)}"
        for path in paths:
            row = closest(self._files[path], reading.before)
            if row is not None:
                lines = self._files[path].lines[row : row + min(len(reading.before) + 2, _SHOWN_LINES)]
                message += f"\nthe closest place, {path} from line {row + 1}:\n{_quoted(lines)}"
                break
        if sum(bool(line.strip()) for line in reading.after) > 1 and any(
            find(self._files[path], reading.after, exact=True) for path in paths
        ):
            message += "\nthe lines that are to take their place are there already"
        return message


def _merged(lines: Sequence[str], reading: EditReading, match: Match) -> list[str]:
    """The replacement of an inexact match: unchanged lines stay as the program has them, new lines are indented like it."""
    before, after = reading.before, reading.after
    merged: list[str] = []
    cursor = match.start
    whole = [("replace", 0, len(before), 0, len(after))]
    is_small = len(before) * len(after) <= _ALIGNED
    for tag, a, a_stop, b, b_stop in (
        SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if is_small else whole
    ):
        rows = [row for row in match.rows[a:a_stop] if row is not None]
        stop = rows[-1] + 1 if rows else cursor
        if tag == "equal":
            merged += lines[cursor:stop]
        else:
            merged += lines[cursor : rows[0]] if rows else []
            merged += reindent(after[b:b_stop], match.indents)
        cursor = stop
    return merged + list(lines[cursor : match.stop])


def _quoted(lines: Sequence[str]) -> str:
    shown = [f"    {line[:_SHOWN_CHARACTERS]}" for line in lines[:_SHOWN_LINES]]
    return "\n".join(shown + (["    ..."] if len(lines) > _SHOWN_LINES else []))


def _is_inside(path: str) -> bool:
    """Whether a path names a file below the root of a tree."""
    plain = all(part not in ("", "..") for part in path.split("/")) and "\\" not in path and path.isprintable()
    return plain and not path.startswith("/")

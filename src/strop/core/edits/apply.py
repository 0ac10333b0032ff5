"""Apply a model's edits to a program: all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from strop.core.edits.blocks import blocks_of
from strop.core.edits.diffs import hunks_of
from strop.core.edits.edit import MOST_CHARACTERS, Edit, EditFailed, Edits, Form, Reading
from strop.core.edits.indentation import reindented
from strop.core.edits.lines import LIKENESSES, Alphabet, Lines
from strop.core.edits.locate import Ambiguous, Place, closest, find, find_drifted
from strop.core.edits.search_limit import Work
from strop.core.edits.segments import segments

_SHOWN_FAILURES = 3
"""Edits that do not fit and are told of; no edit is tried after them."""
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
    """Which of them did not fit exactly, in the words of their labels."""


def edits_of(answer: str) -> Edits | None:
    """The edits that an answer holds; None where it holds none, as a program that is written whole.

    Raises:
        EditFailed: it holds some that cannot be read.
    """
    if len(answer) > MOST_CHARACTERS or not (
        "<<<<<" in answer or "@@" in answer or "+++ " in answer or "*** " in answer
    ):
        return None
    parts = segments(answer)
    blocks = blocks_of(parts)
    if blocks:
        return Edits("blocks", tuple(blocks))
    hunks = hunks_of(parts)
    return Edits("diff", tuple(hunks)) if hunks else None


def form_of(answer: str) -> Form | None:
    """The form of the edits in an answer, also where they cannot be read; None where it holds none."""
    try:
        found = edits_of(answer)
    except EditFailed:
        return "blocks" if "<<<<<" in answer else "diff"
    return found.form if found else None


def apply(answer: str, files: Mapping[str, str]) -> Applied | None:
    """`files`, path → text, after the edits that an answer holds; None where it holds none.

    Each edit is applied to what the edits before it left: exactly, or where the text is the same but for blanks, or where it
    is like enough (`places.DRIFT`), and only where that is one place. What takes its place is indented as the program is.

    Raises:
        EditFailed: one does not fit. The message is for its author: it names the edit, and shows the closest place.
    """
    found = edits_of(answer)
    if found is None:
        return None
    if sum(map(len, files.values())) > MOST_CHARACTERS:
        raise EditFailed("the program is too long for edits; write the whole program instead")
    return _Program(files).edited(found)


class _Program:
    """The files while they are edited."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._work, self._alphabet = Work(), Alphabet()
        self._files = {path: Lines(text, self._alphabet, self._work) for path, text in files.items()}
        self._floors: dict[str, int] = {}
        self._offsets: dict[str, int] = {}

    def edited(self, edits: Edits) -> Applied:
        failures: list[str] = []
        inexact: list[str] = []
        for edit in edits.edits:
            try:
                if not self._apply(edit):
                    inexact.append(edit.label)
            except EditFailed as error:
                failures.append(f"{edit.label}: {error}")
                if len(failures) == _SHOWN_FAILURES:
                    break
        if failures:
            raise EditFailed("\n\n".join(failures))
        files = {path: lines.text for path, lines in self._files.items()}
        return Applied(files, edits.form, len(edits.edits), tuple(inexact))

    def _apply(self, edit: Edit) -> bool:
        """Apply one edit. Returns whether it fitted exactly."""
        paths = self._paths(edit)
        if not any(line.strip() for line in edit.readings[0].before):
            self._write(edit, paths)
            return True
        for likeness in (*LIKENESSES, "drift"):
            places: list[tuple[str, Reading, Place]] = []
            # That a line looks like the end of a part matters only where the text itself has such lines.
            readings = edit.readings if likeness == "exact" else edit.readings[:2]
            for reading in readings:
                for path in paths:
                    place = self._find(edit, path, reading, likeness)
                    if place:
                        places.append((path, reading, place))
                if places:
                    break
            if len(places) > 1:
                raise EditFailed(f"these lines are in {places[0][0]} and in {places[1][0]}; name the file")
            if places:
                path, reading, place = places[0]
                self._replace(path, reading, place)
                return place.is_exact
        raise EditFailed(self._missing(edit, paths))

    def _find(self, edit: Edit, path: str, reading: Reading, likeness: str) -> Place | None:
        text = self._files[path]
        try:
            if likeness == "drift":
                return find_drifted(text, reading.before, self._work)
            line = None if edit.line is None else edit.line + self._offsets.get(path, 0)
            return find(text, reading.before, likeness, line, self._floors.get(path, 0))  # type: ignore[arg-type]
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
        path = self._known(edit.path)
        if path is None:
            if not _is_inside(edit.path):
                raise EditFailed(f"{edit.path!a:.200} is no file of the program")
            if not any(line.strip() for line in edit.readings[0].before):
                return [edit.path]
            if len(self._files) == 1:  # a program without a name: models invent one
                return list(self._files)
            raise EditFailed(f"there is no file {edit.path!a:.200}; the program's files are {', '.join(self._files)}")
        return [path] if edit.is_named else [path, *(each for each in self._files if each != path)]

    def _known(self, path: str) -> str | None:
        """The program's file that a name stands for: with or without the a/ or b/ of a diff, or the end of its path."""
        for name in (path, path.removeprefix("./"), path[2:] if path[:2] in ("a/", "b/") else path):
            if name in self._files:
                return name
        if not _is_inside(path):
            return None
        name = path.removeprefix("a/").removeprefix("b/")
        ends = [each for each in self._files if each.endswith(f"/{name}") or name.endswith(f"/{each}")]
        return ends[0] if len(ends) == 1 else None

    def _write(self, edit: Edit, paths: Sequence[str]) -> None:
        """Write a file that is empty, or a new one beside others: nothing is searched for."""
        path = paths[0]
        lines = self._files.get(path)
        if len(paths) > 1 or (lines and lines.text.strip()) or (lines is None and len(self._files) == 1):
            raise EditFailed("it searches for nothing; give the lines of the program that are to be replaced")
        name = path if lines else path.removeprefix("b/").removeprefix("./")
        self._files[name] = fresh = Lines("", self._alphabet, self._work)
        fresh.replace(0, 0, edit.readings[0].after)

    def _replace(self, path: str, reading: Reading, place: Place) -> None:
        text = self._files[path]
        lines = list(reading.after) if place.is_exact else _kept(text.lines, reading, place, self._work)
        text.replace(place.start, place.stop, lines)
        self._floors[path] = place.start + len(lines)
        self._offsets[path] = self._offsets.get(path, 0) + len(lines) - (place.stop - place.start)

    def _missing(self, edit: Edit, paths: Sequence[str]) -> str:
        """That an edit fits nowhere, and where it would fit best."""
        reading = edit.readings[0]
        said = f"these lines are not in {paths[0] if len(paths) == 1 else 'the program'}:\n{_quoted(reading.before)}"
        for path in paths:
            row = closest(self._files[path], reading.before, self._work)
            if row is not None:
                lines = self._files[path].lines[row : row + min(len(reading.before) + 2, _SHOWN_LINES)]
                said += f"\nthe closest place, {path} from line {row + 1}:\n{_quoted(lines)}"
                break
        wanted = [line for line in reading.after if line.strip()]
        if wanted and any(find(self._files[path], reading.after, "trailing") for path in paths if len(wanted) > 1):
            said += "\nthe lines that are to take their place are there already"
        return said


def _kept(lines: Sequence[str], reading: Reading, place: Place, work: Work) -> list[str]:
    """What takes the place: lines that the edit does not change stay as the program has them, new ones are indented like it."""
    before, after = reading.before, reading.after
    found: list[str] = []
    cursor = place.start
    for tag, a, a_stop, b, b_stop in _opcodes(before, after, work):
        rows = [row for row in place.rows[a:a_stop] if row is not None]
        if rows and tag == "equal":
            found += lines[cursor : rows[-1] + 1]
            cursor = rows[-1] + 1
        elif tag != "equal":
            if rows:
                found += lines[cursor : rows[0]]
                cursor = rows[-1] + 1
            found += reindented(after[b:b_stop], place.indents)
    return found + list(lines[cursor : place.stop])


def _opcodes(before: Sequence[str], after: Sequence[str], work: Work) -> list[tuple[str, int, int, int, int]]:
    """How `before` becomes `after`: (tag, from, to, from, to) as in difflib, over whole lines."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    a, b = before[head : len(before) - tail], after[head : len(after) - tail]
    work.spend(len(a) * len(b) if len(a) * len(b) <= _ALIGNED else len(a) + len(b))
    inner: list[tuple[str, int, int, int, int]] = [("replace", 0, len(a), 0, len(b))] if a or b else []
    if a and b and len(a) * len(b) <= _ALIGNED:
        inner = list(SequenceMatcher(None, a, b, autojunk=False).get_opcodes())
    shifted = [(tag, i + head, i_stop + head, j + head, j_stop + head) for tag, i, i_stop, j, j_stop in inner]
    first = [("equal", 0, head, 0, head)] if head else []
    last = [("equal", len(before) - tail, len(before), len(after) - tail, len(after))] if tail else []
    return [*first, *shifted, *last]


def _quoted(lines: Sequence[str]) -> str:
    shown = [f"    {line[:_SHOWN_CHARACTERS]}" for line in lines[:_SHOWN_LINES]]
    return "\n".join(shown + (["    ..."] if len(lines) > _SHOWN_LINES else []))


def _is_inside(path: str) -> bool:
    """Whether a path names a file below the root of a tree."""
    plain = all(part not in ("", "..") for part in path.split("/")) and "\\" not in path and path.isprintable()
    return plain and not path.startswith("/")

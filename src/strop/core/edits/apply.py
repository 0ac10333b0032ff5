"""Apply a model's edits to a program, all of them or none: SEARCH/REPLACE blocks, the form of Aider and OpenEvolve.

An edit is found exactly, or without regard to blanks, and counts only if it is found in one place.

The messages of `EditFailed` are part of prompts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from strop.core.edits.edit import MOST_CHARACTERS, MOST_EDITS, Edit, EditFailed, EditReading
from strop.core.edits.segments import DIVIDER, END, HEAD, Segment, path_in, segments

_MOST_READINGS = 8


def blocks_of(parts: Sequence[Segment]) -> list[Edit]:
    """The blocks of a response, in order.

    Raises:
        EditFailed: one does not end, has no middle, or there are too many.
    """
    blocks: list[Edit] = []
    path: str | None = None
    for part in parts:
        if part.kind not in ("text", "blocks"):
            continue
        before, row = part.lead, 0
        while row < len(part.lines):
            line = part.lines[row]
            head = HEAD.fullmatch(line)
            if head is None:
                before = line if line.strip() else before
                row += 1
                continue
            label = f"block {len(blocks) + 1}"
            named = path_in(head["path"]) or path_in(before)
            end = _end(part.lines, row, label)
            if len(blocks) == MOST_EDITS:
                raise EditFailed(f"there are more than {MOST_EDITS} blocks; write the whole program instead")
            path = named or path
            blocks.append(Edit(label, _readings(part.lines[row + 1 : end], label), path, named is not None))
            before, row = "", end + 1
    return blocks


def _end(lines: Sequence[str], head: int, label: str) -> int:
    for row in range(head + 1, len(lines)):
        if END.fullmatch(lines[row]):
            return row
        if HEAD.fullmatch(lines[row]):
            break
    raise EditFailed(f"{label} does not end with a line '>>>>>>> REPLACE'")


def _readings(body: Sequence[str], label: str) -> tuple[EditReading, ...]:
    dividers = [row for row, line in enumerate(body) if DIVIDER.fullmatch(line)]
    if not dividers:
        raise EditFailed(f"{label} has no line '=======' between the searched and the replacing lines")
    # The program may have such lines too, often the same number in both parts. Else the longer search is tried first.
    middle = (len(dividers) - 1) / 2
    rows = [row for _, row in sorted(enumerate(dividers), key=lambda each: (abs(each[0] - middle), -each[0]))]
    return tuple(EditReading(tuple(body[:row]), tuple(body[row + 1 :])) for row in rows[:_MOST_READINGS])


MOST_MATCHES = 20
"""Matches of one edit that are considered."""
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        "\u2026": "...",
    }
)
"""Typographic characters that models write for plain ones."""


class Ambiguous(ValueError):
    """There are several matches. `rows` are the first lines of some of them, from 0."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__()
        self.rows = tuple(rows)


@dataclass(frozen=True)
class Place:
    """Lines `start` up to `stop` of a file."""

    start: int
    stop: int
    rows: tuple[int | None, ...]
    """Row in the file of each line of the edit; None for an empty line that the file does not have."""
    indents: Mapping[str, str]
    """Indentation in the edit → in the file. Empty for an exact match."""

    @property
    def is_exact(self) -> bool:
        return not self.indents


class Lines:
    """The lines of one file while it is edited."""

    def __init__(self, text: str) -> None:
        self._has_end = text.endswith("\n") or not text
        self._is_crlf = "\r\n" in text and text.replace("\r\n", "\n").replace("\n", "\r\n") == text
        pieces = (text.replace("\r\n", "\n") if self._is_crlf else text).split("\n")
        self.lines = pieces[:-1] if pieces[-1] == "" else pieces
        self._keys: list[str] | None = None

    @property
    def text(self) -> str:
        """The whole file, with the line ends and the last newline that it had."""
        plain = "\n".join(self.lines) + ("\n" if self._has_end and self.lines else "")
        return plain.replace("\n", "\r\n") if self._is_crlf else plain

    def replace(self, start: int, stop: int, lines: Sequence[str]) -> None:
        """Replace the lines from `start` up to `stop`."""
        self.lines[start:stop] = lines
        if self._keys is not None:
            self._keys[start:stop] = map(_key, lines)

    def filled(self) -> tuple[list[str], list[int]]:
        """The keys of the lines that are not empty, and their rows."""
        if self._keys is None:
            self._keys = [_key(line) for line in self.lines]
        rows = [row for row, key in enumerate(self._keys) if key]
        return [self._keys[row] for row in rows], rows


def find(file: Lines, before: Sequence[str], *, exact: bool) -> Place | None:
    """The only match of `before`; None if there is none. Unless `exact`, blanks and empty lines are ignored.

    Of several inexact matches, the only one with the indentation of the edit counts.

    Raises:
        Ambiguous: there are several.
    """
    if exact:
        starts = _starts(file.lines, before)
        size = len(before)
        matches = [Place(at, at + size, tuple(range(at, at + size)), {}) for at in starts]
    else:
        numbers = [number for number, text in enumerate(before) if text.strip()]
        keys, rows = file.filled()
        starts = _starts(keys, [_key(before[n]) for n in numbers])
        candidates = (_match(file, before, dict(zip(numbers, rows[at:], strict=False))) for at in starts)
        matches = [match for match in candidates if match is not None]
    if len(matches) > 1:
        unmoved = [match for match in matches if not exact and all(a == b for a, b in match.indents.items())]
        matches = unmoved if len(unmoved) == 1 else matches
    if len(matches) > 1:
        raise Ambiguous([match.start for match in matches])
    return matches[0] if matches else None


def closest(file: Lines, before: Sequence[str]) -> int | None:
    """The row, from 0, at which the part begins that shares most lines with `before`; None if no line is shared."""
    keys, rows = file.filled()
    offsets: dict[str, int] = {}
    for number, key in enumerate(_key(line) for line in before if line.strip()):
        offsets.setdefault(key, number)
    votes = Counter(at - offsets[key] for at, key in enumerate(keys) if key in offsets)
    return rows[max(votes.most_common(1)[0][0], 0)] if votes else None


def reindent(lines: Sequence[str], indents: Mapping[str, str]) -> list[str]:
    """New lines with the file's indentation; `indents`: in the edit → in the file."""
    if all(written == own for written, own in indents.items()):
        return list(lines)
    steps = _steps(indents)
    return [_translate(indent_of(line), indents, steps) + line.lstrip() if line.strip() else line for line in lines]


def indent_of(line: str) -> str:
    """The blanks at the start of a line."""
    return line[: len(line) - len(line.lstrip())]


def _key(line: str) -> str:
    """A line without blanks and typography."""
    return "".join((line if line.isascii() else line.translate(_PLAIN)).split())


def _starts(lines: Sequence[str], needle: Sequence[str]) -> list[int]:
    """The rows at which `needle` occurs in `lines`: the first `MOST_MATCHES`.

    The search is in one text, which takes linear time whatever the lines are.
    """
    if not needle:
        return []
    text, wanted = "\n".join(["", *lines, ""]), "\n".join(["", *needle, ""])
    starts: list[int] = []
    row = seen = 0
    at = text.find(wanted)
    while at >= 0 and len(starts) < MOST_MATCHES:
        row, seen = row + text.count("\n", seen, at), at
        starts.append(row)
        at = text.find(wanted, at + 1)
    return starts


def _match(file: Lines, before: Sequence[str], rows: dict[int, int]) -> Place | None:
    """The match where line `i` of `before` is row `rows[i]`, blanks aside.

    None if one indentation of the edit stands for two of the file, as when a model omits all indentation.
    """
    indents: dict[str, str] = {}
    for number, row in rows.items():
        own = indent_of(file.lines[row])
        if indents.setdefault(indent_of(before[number]), own) != own:
            return None
    for number in range(1, len(before)):
        row = rows.get(number - 1, len(file.lines)) + 1
        if not before[number].strip() and row < len(file.lines) and not file.lines[row].strip():
            rows[number] = row  # both have an empty line here
    return Place(min(rows.values()), max(rows.values()) + 1, tuple(map(rows.get, range(len(before)))), indents)


def _steps(indents: Mapping[str, str]) -> dict[str, str]:
    """The blanks of one level: in the edit → in the file."""
    levels = sorted(indents.items(), key=lambda level: len(level[0]))
    written_tabs, own_tabs = (any("\t" in level[side] for level in levels) for side in (0, 1))
    steps: dict[str, str] = {}
    for (outer, its), (deeper, own) in [*pairwise(levels), *([(("", ""), levels[0])] * (written_tabs != own_tabs))]:
        if deeper.startswith(outer) and own.startswith(its) and own != its:
            written, step = deeper[len(outer) :], own[len(its) :]
            tabs = max(written.count("\t"), step.count("\t")) or 1
            if written and len(written) % tabs == len(step) % tabs == 0:
                steps.setdefault(written[: len(written) // tabs], step[: len(step) // tabs])
    return steps


def _translate(indent: str, indents: Mapping[str, str], steps: Mapping[str, str]) -> str:
    """An indentation of the edit as the file would have it, from the nearest one that both have."""
    outer = max((each for each in indents if indent.startswith(each)), key=len, default=None)
    if outer is not None:
        return indents[outer] + _converted(indent[len(outer) :], steps)
    deeper = min((each for each in indents if each.startswith(indent)), key=len, default=None)
    if deeper is None:
        return indent
    extra = _converted(deeper[len(indent) :], steps)
    return indents[deeper].removesuffix(extra) if indents[deeper].endswith(extra) else ""


def _converted(blanks: str, steps: Mapping[str, str]) -> str:
    """Blanks of whole levels as the file writes them; other blanks unchanged."""
    for written, own in steps.items():
        levels = len(blanks) // len(written)
        if blanks == written * levels:
            return own * levels
    return blanks


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

    def _find(self, path: str, reading: EditReading, *, exact: bool) -> Place | None:
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

    def _replace(self, path: str, match: Place, reading: EditReading) -> None:
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


def _merged(lines: Sequence[str], reading: EditReading, match: Place) -> list[str]:
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

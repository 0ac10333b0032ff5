"""Apply a model's edits to a program, all of them or none: SEARCH/REPLACE blocks, the form of Aider and OpenEvolve.

The searched lines must be in one place only. They match exactly, or but for blanks at line ends and one indentation that all of
them have too much or too little; new lines are moved like them.

The messages of `EditFailed` are part of prompts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strop.core.edits.segments import DIVIDER, END, HEAD, Segment, path_in, segments

MOST_EDITS = 500
"""Edits of one response; a model that changes more writes the whole program."""
MOST_CHARACTERS = 2_000_000
"""Most characters of a response or a program; longer ones are not searched."""
MOST_MATCHES = 20
"""Matches of one edit that are considered."""
_SHOWN_FAILURES = 3
"""Failed edits that a message shows; no edit is tried after them."""
_SHOWN_LINES = 12
_SHOWN_CHARACTERS = 160


class EditFailed(ValueError):
    """An edit cannot be applied. The message tells its author why, and shows the closest lines."""


@dataclass(frozen=True)
class Edit:
    """One SEARCH/REPLACE block; its lines have no newline at their end."""

    label: str
    """Its name in messages, such as `block 2`."""
    before: tuple[str, ...]
    after: tuple[str, ...]
    path: str | None
    """The file that it names."""
    is_named: bool
    """Whether it names `path` itself; otherwise `path` is the file of the edit before it."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not any(line.strip() for line in self.before)


@dataclass(frozen=True)
class Applied:
    """A program after its edits."""

    files: dict[str, str]
    inexact: tuple[str, ...]
    """Labels of the edits that matched only but for blanks."""


def has_edits(answer: str) -> bool:
    """Whether a response has edits, even if they cannot be read."""
    try:
        return bool(_edits_of(answer))
    except EditFailed:
        return True


def apply_edits(answer: str, files: Mapping[str, str]) -> Applied | None:
    """`files`, path → text, after the edits in a response, each applied to the result of those before it; None if it has none.

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


def _edits_of(answer: str) -> list[Edit]:
    """The edits in a response, in order; empty for a whole program. Raises EditFailed if some of them cannot be read."""
    if len(answer) > MOST_CHARACTERS or "<<<<<" not in answer:
        return []
    return _blocks_of(segments(answer))


def _blocks_of(parts: Sequence[Segment]) -> list[Edit]:
    blocks: list[Edit] = []
    path: str | None = None
    for part in parts:
        if part.kind not in ("text", "blocks"):
            continue
        above, row = part.lead, 0
        while row < len(part.lines):
            line = part.lines[row]
            head = HEAD.fullmatch(line)
            if head is None:
                above = line if line.strip() else above
                row += 1
                continue
            label = f"block {len(blocks) + 1}"
            named = path_in(head["path"]) or path_in(above)
            end = _end(part.lines, row, label)
            if len(blocks) == MOST_EDITS:
                raise EditFailed(f"there are more than {MOST_EDITS} blocks; write the whole program instead")
            path = named or path
            before, after = _divided(part.lines[row + 1 : end], label)
            blocks.append(Edit(label, before, after, path, named is not None))
            above, row = "", end + 1
    return blocks


def _end(lines: Sequence[str], head: int, label: str) -> int:
    for row in range(head + 1, len(lines)):
        if END.fullmatch(lines[row]):
            return row
        if HEAD.fullmatch(lines[row]):
            break
    raise EditFailed(f"{label} does not end with a line '>>>>>>> REPLACE'")


def _divided(body: Sequence[str], label: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The searched and the replacing lines. The program may have such lines, too: then the one in the middle divides."""
    dividers = [row for row, line in enumerate(body) if DIVIDER.fullmatch(line)]
    if not dividers:
        raise EditFailed(f"{label} has no line '=======' between the searched and the replacing lines")
    row = dividers[len(dividers) // 2]
    return tuple(body[:row]), tuple(body[row + 1 :])


@dataclass(frozen=True)
class _Place:
    """Where an edit matches a file."""

    start: int
    """The first line, from 0."""
    moved: Callable[[str], str]
    """Gives a new line the file's indentation."""
    is_exact: bool


class _Lines:
    """The lines of one file while it is edited."""

    def __init__(self, text: str) -> None:
        self._has_end = text.endswith("\n") or not text
        self._is_crlf = "\r\n" in text and text.replace("\r\n", "\n").replace("\n", "\r\n") == text
        pieces = (text.replace("\r\n", "\n") if self._is_crlf else text).split("\n")
        self.lines = pieces[:-1] if pieces[-1] == "" else pieces
        self._stripped = [line.strip() for line in self.lines]

    @property
    def text(self) -> str:
        """The whole file, with the line ends and the last newline that it had."""
        plain = "\n".join(self.lines) + ("\n" if self._has_end and self.lines else "")
        return plain.replace("\n", "\r\n") if self._is_crlf else plain

    def replace(self, start: int, stop: int, lines: Sequence[str]) -> None:
        """Replace the lines from `start` up to `stop`."""
        self.lines[start:stop] = lines
        self._stripped[start:stop] = [line.strip() for line in lines]

    def find(self, before: Sequence[str], *, exact: bool) -> list[_Place]:
        """The first matches of some lines."""
        if exact:
            return [_Place(start, str, is_exact=True) for start in _starts(self.lines, before)]
        starts = _starts(self._stripped, [line.strip() for line in before])
        moves = ((start, _move(before, self.lines[start : start + len(before)])) for start in starts)
        return [_Place(start, move, is_exact=False) for start, move in moves if move is not None]

    def closest(self, before: Sequence[str]) -> int | None:
        """The row at which the part begins that shares most lines with `before`; None if no line is shared."""
        offsets: dict[str, int] = {}
        for number, key in enumerate(line.strip() for line in before):
            offsets.setdefault(key, number)
        votes = Counter(at - offsets[key] for at, key in enumerate(self._stripped) if key and key in offsets)
        return max(votes.most_common(1)[0][0], 0) if votes else None


def _starts(lines: Sequence[str], needle: Sequence[str]) -> list[int]:
    """The rows at which `needle` occurs in `lines`: the first `MOST_MATCHES`.

    The search is in one text, which takes linear time whatever the lines are.
    """
    text, wanted = "\n".join(["", *lines, ""]), "\n".join(["", *needle, ""])
    starts: list[int] = []
    row = seen = 0
    at = text.find(wanted)
    while at >= 0 and len(starts) < MOST_MATCHES:
        row, seen = row + text.count("\n", seen, at), at
        starts.append(row)
        at = text.find(wanted, at + 1)
    return starts


def _move(written: Sequence[str], own: Sequence[str]) -> Callable[[str], str] | None:
    """How a line of an edit is moved to the file's indentation, if all of its lines are moved alike."""
    pairs = [(_indent(line), _indent(other)) for line, other in zip(written, own, strict=True) if line.strip()]
    longer, shorter = max((max(pair, key=len), min(pair, key=len)) for pair in pairs)
    extra = longer.removesuffix(shorter)
    if all(extra + indent == other for indent, other in pairs):
        return lambda line: extra + line if line.strip() else line
    if all(extra + other == indent for indent, other in pairs):
        return lambda line: line.removeprefix(extra) if line.startswith(extra) else line.lstrip()
    return None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _EditedFiles:
    """The files while they are edited."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {path: _Lines(text) for path, text in files.items()}

    @property
    def texts(self) -> dict[str, str]:
        return {path: lines.text for path, lines in self._files.items()}

    def apply(self, edit: Edit) -> bool:
        """Apply one edit. Returns whether it matched exactly."""
        paths = self._paths(edit)
        if edit.is_empty:
            self._write(edit, paths)
            return True
        for exact in (True, False):
            matches = [(path, place) for path in paths for place in self._files[path].find(edit.before, exact=exact)]
            if matches:
                self._replace(edit, matches)
                return exact
        raise EditFailed(self._missing(edit, paths))

    def _replace(self, edit: Edit, matches: Sequence[tuple[str, _Place]]) -> None:
        (path, place), *others = matches
        if other := next((name for name, _ in others if name != path), None):
            raise EditFailed(f"these lines are in {path} and in {other}; name the file")
        if others:
            rows = " and ".join(str(each.start + 1) for _, each in matches[:3])
            raise EditFailed(
                f"these lines are in {len(matches)} places of {path} (lines {rows}{' ...' * (len(matches) > 3)}); "
                "add lines around them until there is one place\n" + _quoted(edit.before)
            )
        self._files[path].replace(place.start, place.start + len(edit.before), list(map(place.moved, edit.after)))

    def _paths(self, edit: Edit) -> list[str]:
        """The files that an edit may belong to."""
        if edit.path is None:
            return list(self._files)
        path = self._existing(edit.path)
        if path is not None:
            return [path] if edit.is_named else [path, *(other for other in self._files if other != path)]
        if not _is_inside(edit.path):
            raise EditFailed(f"{edit.path!a:.200} is not a file of the program")
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
        """Write an empty file."""
        if len(paths) > 1 or self._files[paths[0]].text.strip():
            raise EditFailed("it searches for nothing; give the lines of the program that are to be replaced")
        self._files[paths[0]] = _Lines("")
        self._files[paths[0]].replace(0, 0, edit.after)

    def _missing(self, edit: Edit, paths: Sequence[str]) -> str:
        """That an edit matches nowhere, and where it would match best."""
        message = f"these lines are not in {paths[0] if len(paths) == 1 else 'the program'}:\n{_quoted(edit.before)}"
        for path in paths:
            row = self._files[path].closest(edit.before)
            if row is not None:
                lines = self._files[path].lines[row : row + min(len(edit.before) + 2, _SHOWN_LINES)]
                message += f"\nthe closest place, {path} from line {row + 1}:\n{_quoted(lines)}"
                break
        if sum(bool(line.strip()) for line in edit.after) > 1 and any(
            self._files[path].find(edit.after, exact=True) for path in paths
        ):
            message += "\nthe lines that are to take their place are there already"
        return message


def _quoted(lines: Sequence[str]) -> str:
    shown = [f"    {line[:_SHOWN_CHARACTERS]}" for line in lines[:_SHOWN_LINES]]
    return "\n".join(shown + (["    ..."] if len(lines) > _SHOWN_LINES else []))


def _is_inside(path: str) -> bool:
    """Whether a path names a file below the root of a tree."""
    plain = all(part not in ("", "..") for part in path.split("/")) and "\\" not in path and path.isprintable()
    return plain and not path.startswith("/")

"""Edits of programs as language models write them, in three forms: SEARCH/REPLACE blocks, as Aider and OpenEvolve ask for,
unified diffs, and patches between `*** Begin Patch` and `*** End Patch`.

If a prompt shows a program that the host knows, the host replaces a response of edits by the edited program. So every improver
works with every form; a response without edits, or with edits that do not fit, passes byte for byte. `utility.str` says how to
respond with edits; strop adds nothing to an improver's messages.

An edit is a file, old lines and new lines, whatever its form. All edits of a response apply, or none. The old lines must be in
one place: exactly, or without white space and empty lines. A line that an edit has on both sides stays the file's, byte for
byte; in one that it changes, blanks within quotes count. `tasks.regions` says which parts of a program may change.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from strop.base.events import Edited, Recorder
from strop.base.later import dataclass
from strop.base.responses import CUT, EDIT, readings, without_thoughts
from strop.options.choices import Edits
from strop.tasks.command.bundle import header, unbundled

LONG = 100
"""Lines of a program above which `auto` explains edits."""
MOST_KNOWN = 1000
"""Programs of one improvement that are looked for in its prompts."""
MOST_EDITS = 500
"""Edits of one response; a model that changes more writes the whole program."""
MOST_CHARACTERS = 2_000_000
"""Most characters of a response or a program; longer ones are not searched."""
MOST_MATCHES = 20
"""Places of one edit that are considered."""
_PROGRAM = "the program"
_DETAIL = 2000
_SHOWN = 5
_OCCURRENCES = 10
_SHOWN_LINES, _SHOWN_CHARACTERS = 12, 160
_MOST_COMPARED, _COMPARED, _ALIKE = 1000, 80, 0.5
"""How many lines, and characters of each, are compared with lines that are not found, and the least likeness, in [0, 1], of lines
that are shown."""
_WHOLE = 0.8
"""Share of the lines of a program from which a fence beside edits holds the whole program."""
_DIVIDER = re.compile(r"[ \t]{0,3}={5,9}[ \t]*+")
_BLOCK = re.compile(rf"[ \t]{{0,3}}{EDIT}(?P<path>.*)")
_END = re.compile(r"[ \t]{0,3}[>+]{5,9} ?(?:REPLACE|UPDATED)\b.*+")
_BEHIND_HUNK = re.compile(
    r"@@(?: |$)|diff --git |Index: |\*\*\* |[`~]{3}|<{5,9} ?(?:SEARCH|ORIGINAL)\b|--- .*\n\+\+\+ ", re.MULTILINE
)
_WHOLE_FILE = re.compile(r"\*\*\* (?:Add File|Delete File|Move to):.*|(?:---|\+\+\+) /dev/null.*|rename (?:from|to) .*")
_BEFORE_EDIT = re.compile(r"--- \S.*|diff --git .*|\*\*\* Begin Patch[ \t]*+")
"""Lines that may stand above the first edit in a fence."""
_WORD = re.compile(r"SEARCH|ORIGINAL|^(?:@@|\+\+\+ |\*\*\* )", re.MULTILINE)
_OTHER_FORMS = {
    "a JSON edit": re.compile(r'"(?:old|search|find)_?(?:str|string|text|code|content|lines)?"\s*:\s*"', re.IGNORECASE),
    "an XML edit": re.compile(r"<(?:search|find|original|old(?:_?(?:str|string|text|code))?)>", re.IGNORECASE),
    "a shell command that writes a file": re.compile(r"^[ \t$]*(?:cat|tee)\b.*<<", re.MULTILINE),
    "a program with line numbers": re.compile(r"^[`~]{3,}.*\n(?:[ \t]*\d+(?:[ \t:|].*)?\n){3}", re.MULTILINE),
}
"""Forms in which models write changes, and that are named in place of being applied."""
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?|`[^`]*+""")
_FENCE = re.compile(r"(?P<margin>[ \t]*+)(?P<mark>`{3,}+|~{3,}+)(?P<info>[^`]*+)")
_OPEN = re.compile(r"[ \t]*+(?:`{3,}+|~{3,}+)(?P<info>[^`]*+)")
_CLOSE = re.compile(r"\n++[ \t]*+(?:`{3,}|~{3,})")
_BLOCKS = """

If you change only parts of the program, you may answer with these parts instead of the whole program, as blocks of this form:
<<<<<<< SEARCH
lines of the program, exactly as they are
=======
the lines that take their place
>>>>>>> REPLACE
Each SEARCH part must be lines that the program has in one place only."""
_FILES = f"""
The program has several files, each below a line of the form '{header("PATH")}'. Name the file on the line above each block. A
file that you leave out stays as it is."""


class EditFailed(ValueError):
    """An edit cannot be applied. The message names it and says why."""


@dataclass(frozen=True)
class Editing:
    """How a model may respond to a prompt that shows a program."""

    mode: Edits = "rewrite"
    tells: bool = True
    """Whether `utility.str` explains edits; if not, edits that come unasked are resolved all the same."""


WHOLE = Editing()
"""Only whole programs."""


def instructions(editing: Editing, program: str) -> str:
    """The instructions about edits in the description of a utility, for an improver of `program`; empty if there are none."""
    is_bundle = program.startswith("=== file: ")
    if editing.mode == "rewrite" or not editing.tells:
        return ""
    if editing.mode == "auto" and not (is_bundle or program.strip("\n").count("\n") + 1 > LONG):
        return ""
    return _BLOCKS + (_FILES if is_bundle else "") + "\n"


@dataclass(frozen=True)
class ShownProgram:
    """A known program as a prompt shows it."""

    files: Mapping[str, str]
    is_bundle: bool
    """Whether it has several files, each below a line that names it."""
    info: str
    """The info string of the fence around it."""
    lines: int

    def rendered(self, files: Mapping[str, str]) -> str:
        """A response that consists of these files, in a fence that is longer than any fence inside."""
        ended = {path: text if text.endswith("\n") else f"{text}\n" for path, text in files.items()}
        heads = (f"{header(path)}\n" if self.is_bundle else "" for path in ended)
        text = "".join(head + body for head, body in zip(heads, ended.values(), strict=True))
        longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}{self.info}\n{text}{fence}\n"


class Editor:
    """Resolves the edits of one improvement. Thread-safe."""

    def __init__(self, editing: Editing, record: Recorder, scope: str, initial_solution: str | None) -> None:
        self._mode = editing.mode
        self._recorder, self._scope = record, scope
        self._known: dict[str, None] = {}
        self._unfit: dict[str, str] = {}
        self._lock = threading.Lock()
        if initial_solution is not None:
            self.know(initial_solution)

    def know(self, program: str) -> None:
        """Add a program to those that are looked for in prompts."""
        text = program.replace("\r\n", "\n").strip("\n")
        if self._mode != "rewrite" and text.strip():
            with self._lock:
                if len(self._known) < MOST_KNOWN:
                    self._known[text] = None

    def shown_in(self, message: str) -> list[ShownProgram]:
        """The known programs that a message shows in fences, in its order."""
        with self._lock:
            programs = sorted((message.find(program), program) for program in self._known if program in message)
        return [view for _, program in programs if (view := _shown(program, message)) is not None][:_SHOWN]

    def resolved(self, call: int, messages: Sequence[str], answers: Sequence[str]) -> list[str]:
        """The responses for the improver, in which edits are replaced by the edited program. Edits that fit no program of their
        message stay as they are."""
        return [
            self._edited_program(call, index, message, answer) or answer
            for index, (message, answer) in enumerate(zip(messages, answers, strict=True))
        ]

    def _edited_program(self, call: int, index: int, message: str, answer: str) -> str | None:
        """The response with the program that the edits of `answer` make; None if it has no edits that fit, or if it has a whole
        program beside them."""
        if answer.endswith(CUT) or not _WORD.search(answer):
            return None
        all_shown, first = self.shown_in(message), ""
        longest = max(map(len, _parts(answer)[1]), default=0)
        if not all_shown or longest >= _WHOLE * all_shown[0].lines:
            return None
        for reading in readings(answer):
            edit_answer = next(filter(has_edits, without_thoughts(reading)[:0:-1]), "")
            for shown_program in all_shown if edit_answer else ():
                try:
                    files, repaired = apply_edits(edit_answer, shown_program.files)
                except EditFailed as error:
                    first = first or str(error)
                    continue
                is_exact = reading == answer and not repaired
                self._record(call, index, "applied" if is_exact else "applied fuzzily", ", ".join(repaired))
                return shown_program.rendered(files)
        if first:
            self._record(call, index, "failed", first)
            self._unfit[answer] = first[:_DETAIL]
        return None

    def name_form(self, call: int, index: int, answer: str) -> None:
        """Record the form of a response without a program, if it is a form of edits that strop does not read."""
        form = next((form for form, pattern in _OTHER_FORMS.items() if pattern.search(answer)), "")
        form = form or "a fence that is not closed" * (not _parts(answer)[2])
        if form and not (has_edits(answer) or answer.endswith(CUT)):
            self._record(call, index, "not applied", form)
            blocks = "" if self._mode == "rewrite" else "SEARCH/REPLACE blocks, or "
            self._unfit[answer] = f"{form}; strop asks for {blocks}the whole program"

    def error(self, answer: str) -> str:
        """Why the changes in a response were not applied; empty for any other text."""
        return "the server cut it at its token limit" if answer.endswith(CUT) else self._unfit.get(answer, "")

    def _record(self, call: int, index: int, outcome: str, detail: str) -> None:
        detail = detail[:_DETAIL]
        self._recorder(Edited(scope=self._scope, call=call, index=index, outcome=outcome, detail=detail))


def _shown(program: str, message: str) -> ShownProgram | None:
    """A program as a message shows it in a fence; None if the message does not show it in one."""
    for above, below in pairwise(message.split(program, _OCCURRENCES)):
        opening = _OPEN.fullmatch(above.rstrip("\n").rpartition("\n")[2]) if above.endswith("\n") else None
        if opening and _CLOSE.match(below):
            return _read(program, opening["info"].strip())
    return None


def _read(program: str, info: str) -> ShownProgram:
    lines = program.count("\n") + 1
    if program.startswith("=== file: "):
        try:
            return ShownProgram(unbundled(program, {}), True, info, lines)
        except ValueError:
            pass  # not a bundle after all: one text, whatever its first line is
    return ShownProgram({_PROGRAM: f"{program}\n"}, False, info, lines)


def has_edits(answer: str) -> bool:
    """Whether a response has edits, even if they cannot be read. Text inside a program in a fence is no edit."""
    may = len(answer) <= MOST_CHARACTERS and _WORD.search(answer) is not None
    return may and any(map(_begins_edit, _parts(answer)[0]))


def apply_edits(answer: str, files: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The files, path → text, after the edits in a response, and the labels of the edits that matched only without white space.
    Each edit is applied to the result of those before it.

    Raises:
        EditFailed: an edit cannot be applied.
    """
    if sum(map(len, files.values())) > MOST_CHARACTERS:
        raise EditFailed("the program is too long for edits; write the whole program instead")
    edited = {path: _Lines(text) for path, text in files.items()}
    edits = {(*_named(edit, edited), *edit.before, "\n", *edit.after): edit for edit in _edits_of(answer)}  # each once
    repaired = tuple(edit.label for edit in edits.values() if not _apply(edit, edited))
    return {path: lines.text for path, lines in edited.items()}, repaired


def _parts(answer: str) -> tuple[list[str], list[list[str]], bool]:
    """The lines of a response outside of programs, the lines of each program, and whether all fences are closed.

    A program is a fence that does not begin with an edit. Fences in a program nest: a fence with an info string opens another
    one.
    """
    text: list[str] = []
    programs: list[list[str]] = []
    margin, mark, depth, is_block, is_program = "", "", 0, False, False
    lines = answer.replace("\r\n", "\n").split("\n")
    for row, line in enumerate(lines):
        fence = None if is_block else _FENCE.fullmatch(line)
        if fence and not mark:
            margin, mark, depth = fence["margin"], fence["mark"], 1
            is_program = not _is_fence_of_edits(lines, row + 1)
            programs += [[]] * is_program
        elif fence and fence["mark"].startswith(mark) and (is_program or len(fence["margin"]) <= len(margin)):
            depth += 1 if fence["info"].strip() else -1
            mark = mark if depth else ""
        elif mark and is_program:
            programs[-1].append(line)
        is_block = not (mark and is_program) and (is_block or bool(_BLOCK.fullmatch(line))) and not _END.fullmatch(line)
        text += [] if mark and is_program else [line]
    return text, programs, not mark


def _is_fence_of_edits(lines: Sequence[str], row: int) -> bool:
    """Whether the first non-empty line from `row` on begins an edit, or the second one below a line that is a name."""
    first = [line for line in lines[row : row + 4] if line.strip()][:2]
    begins = [_begins_edit(line) or _BEFORE_EDIT.fullmatch(line) is not None for line in first]
    return begins[:1] == [True] or (begins[1:] == [True] and len(_words(first[0])) == 1)


def _words(line: str) -> list[str]:
    """The words of a line that may be paths, without `./`."""
    paths = [word.removeprefix("./") for word in re.findall(r"[\w./-]+", line)]
    return [word for word in paths if word.lower() not in ("file", "path", "filename")]


@dataclass(frozen=True)
class Edit:
    """Lines of a file and the lines that replace them, without newlines at their ends."""

    label: str
    """Its name in messages, such as `block 2` or `hunk 1`."""
    named: str
    """Text that may name its file: a path, or the line above the edit."""
    before: Sequence[str]
    after: Sequence[str]

    @cached_property
    def changes(self) -> list[tuple[int, int, int, int]]:
        """The differences between its two sides: rows [i, j) of `before` are replaced by rows [k, l) of `after`."""
        before, after = ([line.rstrip() for line in lines] for lines in (self.before, self.after))
        if max(len(before), len(after)) > _MOST_COMPARED:
            return [(0, len(before), 0, len(after))]
        opcodes = SequenceMatcher(autojunk=False, a=before, b=after).get_opcodes()
        return [rows for tag, *rows in opcodes if tag != "equal"]  # type: ignore[misc]


_Reader: TypeAlias = Callable[[Sequence[str], int, str], tuple[Sequence[str], Sequence[str], int]]
"""Reads the edit that begins above a row: its old lines, its new lines, and the row behind it. Raises EditFailed with the
label."""


def _read_block(lines: Sequence[str], row: int, label: str) -> tuple[Sequence[str], Sequence[str], int]:
    """A `_Reader` of SEARCH/REPLACE blocks."""
    marks = lines[row - 1].count("<") or lines[row - 1].count("-")
    end = next((i for i in range(row, len(lines)) if _END.fullmatch(lines[i]) or _BLOCK.fullmatch(lines[i])), row)
    if end == len(lines) or not _END.fullmatch(lines[end]):
        raise EditFailed(f"{label} does not end with a line '>>>>>>> REPLACE'")
    equals = [i for i in range(row, end) if _DIVIDER.fullmatch(lines[i])]
    dividers = [i for i in equals if lines[i].strip() == "=" * marks] or equals
    if not dividers:
        raise EditFailed(f"{label} has no line '=======' between the searched and the replacing lines")
    middle = dividers[len(dividers) // 2]  # the program may have such lines, too
    return lines[row:middle], lines[middle + 1 : end], end + 1


def _read_hunk(lines: Sequence[str], row: int, label: str) -> tuple[Sequence[str], Sequence[str], int]:
    """A `_Reader` of hunks. Their line numbers are ignored."""
    ends = (number for number in range(row, len(lines)) if _BEHIND_HUNK.match("\n".join(lines[number : number + 2])))
    end = next(ends, len(lines))
    hunk = "\n".join(lines[row:end]).rstrip("\n").split("\n")
    for line in hunk:
        if line[:1] not in ("", " ", "-", "+", "\\"):
            raise EditFailed(f"{label}: a line begins with none of ' ', '-' and '+':\n{_quoted([line])}")
    before, after = ([line[1:] for line in hunk if not line.startswith((other, "\\"))] for other in "+-")
    return before, after, end


_GRAMMARS: Sequence[tuple[str, re.Pattern[str], _Reader]] = (
    ("block", _BLOCK, _read_block),
    ("hunk", re.compile(r"\+\+\+ (?:b/)?(?P<path>\S.*)|@@ -\d.*"), _read_hunk),
    ("hunk", re.compile(r"\*\*\* Update File: (?P<path>.+)|@@(?: .*)?"), _read_hunk),
)
"""SEARCH/REPLACE, unified diffs and patches: what an edit is called, its first line, which may name the file, and its reader."""


def _begins_edit(line: str) -> bool:
    return any(first.fullmatch(line) for _, first, _ in _GRAMMARS) or _WHOLE_FILE.fullmatch(line) is not None


def _edits_of(answer: str) -> Iterator[Edit]:
    """The edits in a response, in order. Raises EditFailed."""
    lines, _, is_closed = _parts(answer)
    above, row, count = "", 0, 0
    while row < len(lines):
        line, row = lines[row], row + 1
        if _WHOLE_FILE.fullmatch(line):
            raise EditFailed(f"it adds, deletes or moves a file, which edits may not:\n{_quoted([line])}")
        match = next(((grammar, head) for grammar in _GRAMMARS if (head := grammar[1].fullmatch(line))), None)
        if match is None:
            above = line if line.strip() and not _FENCE.fullmatch(line) else above
            continue
        if count == MOST_EDITS:
            raise EditFailed(f"there are more than {MOST_EDITS} edits; write the whole program instead")
        (unit, _, read), head = match
        before, after, row = read(lines, row, f"{unit} {count + 1}")
        above = (read is _read_hunk and head["path"]) or above  # further hunks are of this file, too
        if read is _read_block or any(before) or any(after):
            count += 1
            yield Edit(f"{unit} {count}", f"{head['path'] or ''} {above}", before, after)
    if count and not is_closed:
        raise EditFailed("a fence is not closed, so that edits may be missing")


class _Lines:
    """The lines of one file while it is edited."""

    def __init__(self, text: str) -> None:
        self._has_end = text.endswith("\n") or not text
        pieces = text.split("\n")
        self.lines = pieces[:-1] if pieces[-1] == "" else pieces

    @property
    def text(self) -> str:
        """The whole file, with the last newline that it had."""
        return "\n".join(self.lines) + ("\n" if self._has_end and self.lines else "")

    def places(self, edit: Edit, *, exact: bool) -> list[tuple[int, int]]:
        """The first places, as rows [i, j), where the file has the searched lines. Unless `exact`, white space does not count,
        except within quotes in lines that change."""
        if exact:
            return [(row, row + len(edit.before)) for row in _rows(self.lines, edit.before)]
        rows = [row for row, line in enumerate(self.lines) if line.strip()]
        wanted = [row for row, line in enumerate(edit.before) if line.strip()]
        bare = ["".join(self.lines[row].split()) for row in rows]
        starts = list(_rows(bare, ["".join(edit.before[row].split()) for row in wanted]))
        changed = {row for first, stop, _, _ in edit.changes for row in range(first, stop)} if starts else set()
        texts = {offset: _QUOTED.findall(edit.before[row]) for offset, row in enumerate(wanted) if row in changed}
        return [
            (rows[first], rows[first + len(wanted) - 1] + 1)
            for first in starts
            if all(_QUOTED.findall(self.lines[rows[first + offset]]) == text for offset, text in texts.items())
        ]


def _rows(lines: Sequence[str], needle: Sequence[str]) -> Iterator[int]:
    """The first rows at which `needle` occurs in `lines`. Both are searched as one text, which takes linear time."""
    text, wanted = "\n".join(["", *lines, ""]), "\n".join(["", *needle, ""])
    position, row, seen = text.find(wanted), 0, 0
    for _ in range(MOST_MATCHES):
        if position < 0:
            return
        row, seen = row + text.count("\n", seen, position), position
        yield row
        position = text.find(wanted, position + 1)


def _reindented(edit: Edit, own: Sequence[str]) -> Iterator[str]:
    """The new lines of an edit, with the indentation of the lines `own` of the file, which it matched without white space."""
    has_tabs, has_hard = any("\t" in _indent(line) for line in own), "\xa0" in "".join(own)

    def alike(line: str) -> tuple[str, str]:
        """The indentation of a line in the kind that the file has, and the rest without hard blanks, which pasted text may
        have."""
        indent = " " * len(_indent(line).expandtabs(4))
        rest = line.lstrip() if has_hard else line.lstrip().replace("\xa0", " ")
        return indent.replace(" " * 4, "\t") if has_tabs else indent, rest

    written = [alike(line)[0] for line in edit.before if line.strip()]
    pairs = [*zip(written, (_indent(line) for line in own if line.strip()), strict=True)]
    top, indents = dict(pairs[:1]), dict(pairs[1:])
    if any(indents[indent] != there for indent, there in pairs[1:]):
        raise EditFailed(f"{edit.label}: the indentation of these lines is not the program's:\n{_quoted(edit.before)}")
    places = indents | top  # models leave out the indentation of the first line
    for indent, rest in map(alike, edit.after):
        start = max(filter(indent.startswith, places), key=len, default=min(places, key=len))
        more = len(places[start]) + len(indent) - len(start)
        yield (places[start] + indent[len(start) :])[: max(more, 0)] + rest if rest else ""
        places = top | indents if rest else places


def _changed(edit: Edit, own: Sequence[str]) -> list[str]:
    """The lines `own` of a file, which an edit matched without white space, with the changes of the edit. Lines that the edit has
    on both sides stay the file's."""
    lines, new, spans, position = list(own), list(_reindented(edit, own)), [(0, 0)], 0
    for line in edit.before:
        begin = next(row for row in range(position, len(own)) if own[row].strip()) if line.strip() else position
        position = begin + (bool(line.strip()) or (begin < len(own) and not own[begin].strip()))
        spans.append((begin, position))
    for first, stop, k, m in reversed(edit.changes):
        where = (spans[first + 1][0], spans[stop][1]) if first < stop else (spans[first][1],) * 2
        lines[slice(*where)] = new[k:m]
    return lines


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _apply(edit: Edit, files: Mapping[str, _Lines]) -> bool:
    """Apply one edit. Returns whether it matched exactly. Raises EditFailed."""
    paths = _named(edit, files) or list(files)
    if not any(line.strip() for line in edit.before):
        if len(paths) > 1 or files[paths[0]].text.strip():
            raise EditFailed(
                f"{edit.label}: it searches for nothing; give the lines of the program that are to be replaced"
            )
        files[paths[0]].lines[:] = edit.after
        return True
    for exact in (True, False):
        places = [(path, *rows) for path in paths for rows in files[path].places(edit, exact=exact)]
        if len(places) == 1:
            path, row, stop = places[0]
            lines = files[path].lines
            lines[row:stop] = edit.after if exact else _changed(edit, lines[row:stop])
            return exact
        if places:
            where = " and ".join(f"line {row + 1} of {path}" for path, row, _ in places[:2])
            raise EditFailed(f"{edit.label}: these lines are in several places ({where}):\n{_quoted(edit.before)}")
    target = paths[0] if len(paths) == 1 else _PROGRAM
    near = _nearest(edit.before, [line for path in paths for line in files[path].lines])
    nearest = f"\nThe nearest that {target} has:\n{_quoted(near)}" if near else ""
    raise EditFailed(f"{edit.label}: these lines are not in {target}:\n{_quoted(edit.before)}{nearest}")


def _nearest(wanted: Sequence[str], lines: Sequence[str]) -> Sequence[str]:
    """The lines that resemble `wanted` most; empty if none do. Only the beginning of a long file is searched."""
    begins = [line.strip()[:_COMPARED] for line in lines[:_MOST_COMPARED]]
    first = next(line.strip()[:_COMPARED] for line in wanted if line.strip())
    return next(
        (lines[begins.index(near) :][: len(wanted)] for near in get_close_matches(first, begins, 1, _ALIKE)), ()
    )


def _named(edit: Edit, files: Mapping[str, _Lines]) -> list[str]:
    """The file that the line above an edit names, by its path or the end of its path; empty if it names none."""
    mentioned = _words(edit.named)
    return [path for path in files if any(path == word or path.endswith(f"/{word}") for word in mentioned)][:1]


def _quoted(lines: Sequence[str]) -> str:
    quoted = [f"    {line[:_SHOWN_CHARACTERS]}" for line in lines[:_SHOWN_LINES]]
    return "\n".join(quoted + (["    ..."] if len(lines) > _SHOWN_LINES else []))

"""Edits between a language model and an improver: the model may answer with edits, the improver gets whole programs.

Where a prompt shows a program that the host knows, the host puts the program that the edits make in the place of an answer
that holds some. So every improver works with every form. An answer without edits passes byte for byte. How to answer with
edits is said in `utility.str`, never in a message: what is sent to the model is what the improver wrote. Not here: how edits
are read and applied (strop.core.edits), and who pays (strop.core.handles).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from strop.base.events import Edited, Recorder
from strop.core.edits import EditFailed, apply, form_of
from strop.core.edits.segments import segments
from strop.tasks.command.bundle import header, unbundled

Mode: TypeAlias = Literal["auto", "rewrite", "blocks", "diff"]
"""`rewrite`: nothing is said of edits, and none are resolved. Else `utility.str` says how, in `auto` only where the program is
long or of several files, and edits of either form are resolved."""
Again: TypeAlias = Callable[[list[str]], list[str] | None]
"""Asks the model once more, one answer a message; None where a budget does not cover it."""

LONG = 100
"""Lines of a program that is longer than what one wants to read again and again."""
MOST_KNOWN = 1000
"""Programs of one improvement that are looked for in its prompts."""
_PROGRAM = "the program"
_DETAIL = 2000
_SHOWN = 5
_OCCURRENCES = 10
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
_DIFF = """

If you change only parts of the program, you may answer with a unified diff of it instead of the whole program, in a block of
the language diff. Line numbers need not be right; the lines around a change must be in one place of the program only."""
_FILES = f"""
The program has several files, each below a line of the form '{header("PATH")}'. Name the file on the line above each block. A
file that you leave out stays as it is."""


@dataclass(frozen=True)
class Editing:
    """How a model may answer where a prompt shows a program."""

    mode: Mode = "rewrite"
    tells: bool = True
    """Whether `utility.str` says how to answer with edits; without, those that come by themselves are resolved."""


WHOLE = Editing()
"""Whole programs are asked for and taken."""


@dataclass(frozen=True)
class Shown:
    """A program that the host knows, as a prompt shows it."""

    files: Mapping[str, str]
    is_bundle: bool
    """Whether it is of several files, each under a line that names it."""
    info: str
    """The language of the fence around it."""
    lines: int

    def rendered(self, files: Mapping[str, str]) -> str:
        """An answer that holds the program of these files and nothing else, in a fence that none of them can close."""
        ended = {path: text if text.endswith("\n") else f"{text}\n" for path, text in files.items()}
        heads = (f"{header(path)}\n" if self.is_bundle else "" for path in ended)
        text = "".join(head + body for head, body in zip(heads, ended.values(), strict=True))
        longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}{self.info}\n{text}{fence}\n"


@dataclass(frozen=True)
class Prompt:
    """A message to the model, as the improver wrote it, and the programs that it shows, the longest first."""

    message: str
    shown: tuple[Shown, ...]


def instructions(editing: Editing, program: str) -> str:
    """How to answer with edits, for the description of the utility of those who improve `program`; empty where that is not asked
    for."""
    is_bundle = program.startswith("=== file: ")
    if editing.mode == "rewrite" or not editing.tells:
        return ""
    if editing.mode == "auto" and not (is_bundle or program.strip("\n").count("\n") + 1 > LONG):
        return ""
    return (_DIFF if editing.mode == "diff" else _BLOCKS) + (_FILES if is_bundle else "") + "\n"


class Editor:
    """The edits of one improvement. Safe under the guest's threads."""

    def __init__(self, editing: Editing, record: Recorder, scope: str, initial_solution: str | None) -> None:
        self._mode = editing.mode
        self._record, self._scope = record, scope
        self._known: dict[str, None] = {}
        self._lock = threading.Lock()
        if initial_solution is not None:
            self.know(initial_solution)

    def know(self, program: str) -> None:
        """A program that prompts may show from now on."""
        text = program.replace("\r\n", "\n").strip("\n")
        if self._mode != "rewrite" and text.strip():
            with self._lock:
                if len(self._known) < MOST_KNOWN:
                    self._known[text] = None

    def prompts(self, messages: Sequence[str]) -> list[Prompt]:
        """What is sent for these messages: they themselves."""
        if self._mode == "rewrite":
            return [Prompt(message, ()) for message in messages]
        made = {message: self._prompt(message) for message in dict.fromkeys(messages)}
        return [made[message] for message in messages]

    def _prompt(self, message: str) -> Prompt:
        with self._lock:
            known = sorted(self._known, key=len, reverse=True)
        found = (_shown(program, message) for program in known)
        shown = tuple(each for each in found if each is not None)[:_SHOWN]
        return Prompt(message, shown)

    def resolved(self, call: int, prompts: Sequence[Prompt], answers: Sequence[str], again: Again) -> list[str]:
        """The answers that the improver gets. What does not fit is given back to the model, once, all in one call."""
        texts = list(answers)
        failed: list[tuple[int, EditFailed]] = []
        for index, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
            try:
                whole = self._whole(call, index, prompt, answer, "applied")
            except EditFailed as error:
                self._tell(call, index, form_of(answer) or "blocks", "failed", str(error))
                failed.append((index, error))
            else:
                texts[index] = answer if whole is None else whole
        if failed:
            messages = [_asked_again(prompts[index].message, answers[index], error) for index, error in failed]
            corrected = again(messages)
            for position, (index, _) in enumerate(failed):
                second = None if corrected is None else corrected[position]
                texts[index] = self._repaired(call, index, prompts[index], second) or answers[index]
        return texts

    def _repaired(self, call: int, index: int, prompt: Prompt, answer: str | None) -> str | None:
        """What the second answer comes to; None where it is of no use."""
        if answer is None:
            self._tell(call, index, "rewrite", "given up", "no budget to ask again")
            return None
        try:
            whole = self._whole(call, index, prompt, answer, "repaired")
        except EditFailed as error:
            self._tell(call, index, form_of(answer) or "blocks", "given up", str(error))
            return None
        if whole is not None:
            return whole
        is_program = any(part.info is not None for part in segments(answer))
        self._tell(call, index, "rewrite", *(("repaired", "") if is_program else ("given up", "there is no program")))
        return answer if is_program else None

    def _whole(self, call: int, index: int, prompt: Prompt, answer: str, outcome: str) -> str | None:
        """The program that the edits of an answer make; None where it holds none, or a whole program beside them.

        Raises:
            EditFailed: they fit none of the programs that the prompt shows.
        """
        first: EditFailed | None = None
        for shown in prompt.shown:
            try:
                applied = apply(answer, shown.files)
            except EditFailed as error:
                first = first or error
                continue
            if applied is None:
                return None
            word = "applied fuzzily" if applied.inexact and outcome == "applied" else outcome
            self._tell(call, index, applied.form, word, ", ".join(applied.inexact))
            return shown.rendered(applied.files)
        if first is None or _holds_whole(answer, prompt.shown[0].lines):
            return None
        raise first

    def _tell(self, call: int, index: int, form: str, outcome: str, detail: str) -> None:
        cut = detail[:_DETAIL]
        self._record(Edited(scope=self._scope, call=call, index=index, form=form, outcome=outcome, detail=cut))


def _shown(program: str, message: str) -> Shown | None:
    """How a message shows a program; None where it does not, or not in a fence."""
    at = message.find(program)
    for _ in range(_OCCURRENCES):
        if at < 0:
            return None
        above = message[:at].rstrip("\n")
        opening = _OPEN.fullmatch(above[above.rfind("\n") + 1 :]) if len(above) < at else None
        if opening and _CLOSE.match(message, at + len(program)):
            return _read(program, opening["info"].strip())
        at = message.find(program, at + 1)
    return None


def _read(program: str, info: str) -> Shown:
    lines = program.count("\n") + 1
    if program.startswith("=== file: "):
        try:
            return Shown(unbundled(program, {}), True, info, lines)
        except ValueError:
            pass  # a candidate of no such form: one text, whatever its first line is
    return Shown({_PROGRAM: f"{program}\n"}, False, info, lines)


def _holds_whole(answer: str, lines: int) -> bool:
    """Whether an answer holds, beside its edits, a program that is long enough to be the whole one."""
    return any(part.kind == "program" and 2 * len(part.lines) >= lines for part in segments(answer))


def _asked_again(message: str, answer: str, error: EditFailed) -> str:
    return (
        f"{message}\n\nYou answered:\n\n{answer}\n\nNothing of that was applied, because these edits do not fit the program "
        f"above:\n\n{error}\n\nAnswer with all of your edits, corrected, or with the whole program."
    )

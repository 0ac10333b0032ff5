"""Edits between a language model and an improver: the model may respond with edits, the improver receives whole programs.

If a prompt shows a program that the host knows, the host replaces a response of edits by the edited program. So every improver
works with every form; a response without edits, or with edits that do not fit, passes byte for byte. `utility.str` says how to
respond with edits; strop adds nothing to an improver's messages.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from strop.base.events import Edited, Recorder
from strop.core.edits import EditFailed, apply_edits, has_edits
from strop.core.edits.segments import segments
from strop.tasks.command.bundle import header, unbundled

Mode: TypeAlias = Literal["auto", "rewrite", "blocks"]
"""`rewrite`: `utility.str` does not mention edits, and none are resolved. In other modes it explains them (in `auto` only if the
program is long or has several files), and edits are resolved."""

LONG = 100
"""Lines of a program above which `auto` explains edits."""
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
_FILES = f"""
The program has several files, each below a line of the form '{header("PATH")}'. Name the file on the line above each block. A
file that you leave out stays as it is."""


@dataclass(frozen=True)
class Editing:
    """How a model may respond to a prompt that shows a program."""

    mode: Mode = "rewrite"
    tells: bool = True
    """Whether `utility.str` explains edits; if not, edits that come unasked are resolved all the same."""


WHOLE = Editing()
"""Only whole programs."""


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
        """A response that consists of these files, in a fence that none of them closes."""
        ended = {path: text if text.endswith("\n") else f"{text}\n" for path, text in files.items()}
        heads = (f"{header(path)}\n" if self.is_bundle else "" for path in ended)
        text = "".join(head + body for head, body in zip(heads, ended.values(), strict=True))
        longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}{self.info}\n{text}{fence}\n"


def instructions(editing: Editing, program: str) -> str:
    """What the description of a utility says about edits to an improver of `program`; empty if it does not mention them."""
    is_bundle = program.startswith("=== file: ")
    if editing.mode == "rewrite" or not editing.tells:
        return ""
    if editing.mode == "auto" and not (is_bundle or program.strip("\n").count("\n") + 1 > LONG):
        return ""
    return _BLOCKS + (_FILES if is_bundle else "") + "\n"


class Editor:
    """Resolves the edits of one improvement. Thread-safe."""

    def __init__(self, editing: Editing, record: Recorder, scope: str, initial_solution: str | None) -> None:
        self._mode = editing.mode
        self._recorder, self._scope = record, scope
        self._known: dict[str, None] = {}
        self._lock = threading.Lock()
        if initial_solution is not None:
            self.know(initial_solution)

    def know(self, program: str) -> None:
        """Look for this program in prompts from now on."""
        text = program.replace("\r\n", "\n").strip("\n")
        if self._mode != "rewrite" and text.strip():
            with self._lock:
                if len(self._known) < MOST_KNOWN:
                    self._known[text] = None

    def shown_in(self, message: str) -> list[ShownProgram]:
        """The known programs that a message shows in fences, the longest first."""
        with self._lock:
            known = sorted(self._known, key=len, reverse=True)
        return [shown for program in known if (shown := _shown(program, message)) is not None][:_SHOWN]

    def resolved(self, call: int, messages: Sequence[str], answers: Sequence[str]) -> list[str]:
        """The responses for the improver: edits that match none of the programs that their message shows stay as they are."""
        return [
            self._whole(call, index, message, answer) or answer
            for index, (message, answer) in enumerate(zip(messages, answers, strict=True))
        ]

    def _whole(self, call: int, index: int, message: str, answer: str) -> str | None:
        """The program that the edits of a response make; None if it has no edits that fit, or a whole program beside them."""
        if not has_edits(answer):
            return None
        all_shown = self.shown_in(message)
        first: EditFailed | None = None
        for shown in all_shown:
            try:
                applied = apply_edits(answer, shown.files)
            except EditFailed as error:
                first = first or error
                continue
            if applied is None:
                return None
            outcome = "applied fuzzily" if applied.inexact else "applied"
            self._record(call, index, outcome, ", ".join(applied.inexact))
            return shown.rendered(applied.files)
        if first is not None and not _has_whole(answer, all_shown[0].lines):
            self._record(call, index, "failed", str(first))
        return None

    def _record(self, call: int, index: int, outcome: str, detail: str) -> None:
        detail = detail[:_DETAIL]
        self._recorder(Edited(scope=self._scope, call=call, index=index, outcome=outcome, detail=detail))


def _shown(program: str, message: str) -> ShownProgram | None:
    """How a message shows a program; None if it does not, or not in a fence."""
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


def _read(program: str, info: str) -> ShownProgram:
    lines = program.count("\n") + 1
    if program.startswith("=== file: "):
        try:
            return ShownProgram(unbundled(program, {}), True, info, lines)
        except ValueError:
            pass  # not a bundle after all: one text, whatever its first line is
    return ShownProgram({_PROGRAM: f"{program}\n"}, False, info, lines)


def _has_whole(answer: str, lines: int) -> bool:
    """Whether a response has, beside its edits, a program that is long enough to be the whole one."""
    return any(part.kind == "program" and 2 * len(part.lines) >= lines for part in segments(answer))

"""The programs in responses of a language model, found by the `extract_code` that improvers use.

Responses are untrusted: they are read in a guest, each within its own limits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Literal, TypeAlias

from strop.base.later import dataclass
from strop.sandbox.base import Guest, GuestProgram, Limits, Returned, Sandbox
from strop.tasks.languages import PYTHON

Content: TypeAlias = Literal["program", "does not compile", "no program"]

_LONGEST = 400_000
"""Characters of a response that `extract_code` reads; a longer one has no program."""
MOST_READ = 1000
"""Responses that one guest reads."""
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=60.0)
"""Limits for reading one response."""
_READER = '''
import helpers

wanted = None

def algorithm(initial_solution, answer, tags):
    """The program, and whether it can run as far as its syntax tells: only of Python can this be said."""
    global wanted
    if initial_solution and wanted != initial_solution:
        helpers.expect(initial_solution, tags)
        wanted = initial_solution
    program = helpers.extract_code(answer)
    is_python = "python" in tags and helpers.parsed(initial_solution) is not None
    compiles = not is_python or program is None or helpers.parsed(program) is not None
    return [program, compiles]
'''


@dataclass(frozen=True)
class Extraction:
    """The content of one response."""

    program: str | None
    """The program in the response; None if there is none, or if reading the response exceeded a limit."""
    compiles: bool = True
    """False only if the program to improve is Python and this one is not."""

    @property
    def content(self) -> Content:
        """`program`, `does not compile` or `no program`."""
        if self.program is None:
            return "no program"
        return "program" if self.compiles else "does not compile"


class ResponseReader:
    """Reads responses, each within its limits. Thread-safe."""

    def __init__(self, sandbox: Sandbox, limits: Limits = LIMITS, *, keep: bool = False) -> None:
        """`limits` are for one response. `keep`: the guest, with its slot of the sandbox, is kept from one `read` to the next;
        then the sandbox must have a slot for this reader, or evaluations would wait for it for ever."""
        self._sandbox, self._limits, self._keep = sandbox, limits, keep
        self._lock = threading.Lock()
        self._guest: Guest | None = None
        self._count = 0

    def read(
        self, answers: Sequence[str], initial_solution: str = "", tags: Sequence[str] = PYTHON
    ) -> list[Extraction]:
        """The content of each response to a request to improve `initial_solution`, a program in fences with these tags.

        Raises:
            StropError: the host failed.
        """
        with self._lock:
            try:
                return [self._read(answer, initial_solution, tags) for answer in answers]
            finally:
                if not self._keep:
                    self._end()

    def close(self) -> None:
        """End the guest. Idempotent."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        guest, self._guest, self._count = self._guest, None, 0
        if guest is not None:
            guest.close()

    def _read(self, answer: str, initial_solution: str, tags: Sequence[str]) -> Extraction:
        if len(answer) > _LONGEST:
            return Extraction(None)
        if self._count >= MOST_READ:  # what a guest sends costs, and adds up
            self._end()
        guest = self._guest
        if guest is None:
            guest = self._guest = self._sandbox.open(GuestProgram(_READER, "algorithm"), self._limits)
        self._count += 1
        match guest.call([initial_solution, answer, list(tags)], seed=0):
            case Returned(value=[str(program), bool(compiles)]):
                return Extraction(program, compiles)
            case _:
                return Extraction(None)


def read_answers(
    sandbox: Sandbox, answers: Sequence[str], initial_solution: str = "", limits: Limits = LIMITS
) -> list[Extraction]:
    """The content of each response to a request to improve `initial_solution`, read in a guest that is closed afterwards.

    Raises:
        StropError: the host failed.
    """
    with closing(ResponseReader(sandbox, limits)) as reader:
        return reader.read(answers, initial_solution)

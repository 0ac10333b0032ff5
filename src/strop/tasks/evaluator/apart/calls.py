"""Calls of the program that fail or take long: told to the evaluator's first process, and made so for a trial. Stand-alone.

An evaluator may leave such calls out of its score. A key made of the function and its arguments says which calls they were.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib.util
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strop.tasks.evaluator.apart import codec
else:

    def part(name):
        """Another file of this folder."""
        key = f"_strop_{name}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
            sys.modules[key] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[key])
        return sys.modules[key]

    codec = part("codec")

LATE, ANSWERED, FAILED, LEFT = "late", "answered", "made to fail", "left as it is"
"""What a stand-in reports of a call, beside names of exceptions: it takes longer than `LATE_SECONDS`; it was answered late; what
a trial did with it."""
LATE_SECONDS = 0.05
ENDED = "ProgramEnded"
"""The name of the exception for a process that has ended."""

MOST_TOLD = 2000
"""Most calls of which one process tells, for each way in which they end."""

Tell = Callable[[dict[str, Any]], None]


class ProgramEnded(RuntimeError):
    """The program's process has ended, or sent an invalid answer."""


_told: Counter[str] = Counter()


def _tell_of(tell: Tell, key: str, how: str, seconds: float) -> None:
    _told[how] += 1
    if _told[how] <= MOST_TOLD:
        tell({"call": [key, how, seconds]})


def key_of(question: bytes) -> str:
    """A name for what is called with which arguments; empty for an import, of which all are alike."""
    what, *given = codec.decode(question)
    if what == "import" and given[0] != "__main__":
        return ""
    told = given[1:4] if what == "call" else given[:3]  # without what may differ between two processes
    return hashlib.blake2b(codec.encode((what, *told)), digest_size=8).hexdigest()


class Watched:
    """One call, from its beginning. A context manager that tells how it ends."""

    def __init__(self, tell: Tell, question: bytes) -> None:
        self._tell, self._question = tell, question
        self._begun, self._is_late = time.monotonic(), False

    def wait(self, connection: socket.socket) -> None:
        """Wait until an answer comes, or it is late."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        if not poll.poll(LATE_SECONDS * 1000):
            self._is_late = True
            self.told(LATE)

    def told(self, how: str) -> None:
        """Tell how it is."""
        _tell_of(self._tell, key_of(self._question), how, time.monotonic() - self._begun)

    def answered(self) -> None:
        """It has an answer."""
        if self._is_late:
            self.told(ANSWERED)


def exception_of(answer: tuple[Any, ...]) -> BaseException:
    """An exception of the program: of the same built-in type, else a RuntimeError that names it."""
    if len(answer) != 6 or answer[0] != "raised":
        return ProgramEnded("the program's process sent an invalid answer")
    name, names, arguments, words, shown = (each for each in answer[1:])
    kind = next((found for each in names if (found := getattr(builtins, str(each), None)) is not None), None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)) or kind in (Exception, BaseException):
        kind = RuntimeError
    if not issubclass(kind, (Exception, SystemExit)) or issubclass(kind, (StopIteration, StopAsyncIteration)):
        kind = RuntimeError  # these two would end a loop of the evaluator's as if there were nothing more
    is_own = kind.__name__ == name
    error: BaseException
    try:
        error = (
            kind(*arguments) if is_own and type(arguments) is tuple else kind(f"{'' if is_own else f'{name}: '}{words}")
        )
    except Exception:
        error = RuntimeError(f"{name}: {words}")
    error.__cause__ = RuntimeError(f"in the program's process:\n{shown}") if shown else None
    return error


def fail_for_trial(plan: dict[str, Any], tell: Tell, question: bytes) -> None:
    """Make the call fail, or take long, if a trial wants that: those of which the key falls into its part."""
    trial = plan.get("fail")
    key = key_of(question) if trial else ""
    if not trial or not key:
        return
    number = hashlib.blake2b(f"{trial['salt']} {key}".encode(), digest_size=4).digest()
    fails = int.from_bytes(number, "little") % trial["parts"] == trial["part"]
    _tell_of(tell, key, FAILED if fails else LEFT, 0.0)
    if not fails:
        return
    time.sleep(trial["seconds"])
    if trial["how"] == ENDED:
        raise ProgramEnded("the program's process has ended")
    if trial["how"] == "SystemExit":
        raise SystemExit(1)
    if trial["how"] != LATE:
        kind = getattr(builtins, trial["how"], RuntimeError)
        raise kind(trial["words"]) if issubclass(kind, Exception) else RuntimeError(trial["words"])

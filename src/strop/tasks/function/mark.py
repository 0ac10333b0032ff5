"""Where the mark of a function is, who asks its functions, and what the host knows of what they draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from strop.base.later import dataclass
from strop.base.python_discovery import Interpreter
from strop.base.user_modules import UserModule
from strop.tasks.arguments import Parameters


class Scorer(Protocol):
    """The functions of a mark, in a jail of their own. Safe to use from many threads."""

    def ask(self, question: str, *given: Any, seconds: float) -> tuple[Any, ...]:
        """What the module of the mark answers to a question of `strop_scorer`, in at most so many CPU seconds.

        Raises:
            ScorerFailed: it takes longer, needs too much memory or ends its process.
            TaskError: the module cannot be loaded any more, or has changed.
            SandboxError: the host failed.
        """

    def at(self, project: Path) -> Scorer:
        """One like it, for a copy of its project."""

    def close(self) -> None:
        """End its process; the next question begins another one. Idempotent."""


@dataclass(frozen=True)
class Mark:
    """Where the mark of a function is, and what runs it and the function."""

    asked: str
    """The name in the file of the mark."""
    marking: UserModule
    """The file that has the mark, and what it imports of its project."""
    program: UserModule
    """The function's module, and what the original uses of its project."""
    project: Path
    """The folder of the project, which the jail has a copy of."""
    roots: tuple[str, ...]
    """Folders of the project, from its top, from which its modules are imported."""
    interpreter: Interpreter
    python: str
    """The interpreter in words, for a model."""
    has_accept: bool
    """Whether it decides about answers, in place of their being equal to the original's."""
    is_reference: bool
    """Whether answers must also equal the original's."""
    scorer: Parameters | None
    """What its score takes beside the answer; None if it takes the instance."""
    tools: tuple[Path, ...] = ()
    """Files and folders that it may read beside its project."""
    close: float | None = None
    """The relative tolerance of floats, if the mark names one."""
    is_method: bool = False
    """Whether the function is called with an object of its class."""
    changing: tuple[str, ...] = ()
    """The functions of `program` that may change, if others may than the one that is measured."""
    innermost: tuple[str, str, str] | None = None
    """Module, file from the top of the project, and qualified name of the function whose calls were recorded; it is called below
    all its decorators. None: there is a mark, and the function is called as its module has it."""

    def at(self, project: Path) -> Mark:
        """The mark in a copy of its project."""
        marking, program = (each.relocated(self.project, project) for each in (self.marking, self.program))
        return replace(self, project=project, marking=marking, program=program)


class Drawn(NamedTuple):
    """What the host knows of an instance beside its inputs: all that is hidden stays with the scorer."""

    seed: int | None
    """None if its inputs are listed."""
    resolved: Sequence[Any]
    """What the functions of the declared answer give for it."""
    shown: Mapping[str, str] | None = None
    """The inputs in words, where they are no plain data."""

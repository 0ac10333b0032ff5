"""The mark of a function as the host knows it: where it is, who asks its functions, and what is known of an instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from strop.base.later import dataclass
from strop.base.plain_file import read_plain
from strop.base.python_discovery import Interpreter
from strop.base.user_modules import UserModule
from strop.tasks.arguments import Parameters
from strop.tasks.command.tree import listed
from strop.tasks.function.caches import Caches, caches_of


class Scorer(Protocol):
    """The functions of a mark, in a jail of their own. Safe to use from many threads."""

    def ask(self, question: str, *arguments: Any, seconds: float) -> tuple[Any, ...]:
        """The answer of the mark's module to a question of `strop_scorer`, in at most `seconds` CPU seconds.

        Raises:
            ScorerFailed: the answer takes longer or needs too much memory, or its process ends.
            TaskError: the module cannot be loaded any more, or has changed.
            SandboxError: the host failed.
        """

    def draw_ahead(self, seeds: Sequence[int], seconds: float) -> None:
        """Prepare the answers to the next questions, which draw the instances with these seeds, in at most `seconds` CPU
        seconds. Raises as `ask`."""

    def in_project(self, project: Path) -> Scorer:
        """The same scorer for a copy of its project, in the folder `project`."""

    def close(self) -> None:
        """End the scorer's process; the next question starts another one. Idempotent."""


def _text_of(path: str) -> str:
    read = read_plain(Path(path), _MOST_OF_MODULE, follow=True)
    return "" if read is None else read[0].decode("utf-8", "replace")


_MOST_OF_MODULE = 4 << 20
"""Bytes of a module that is read for the names of caches."""
SCENARIO = "strop_scenario"
"""The beginning of the names of modules that make a benchmark a task. Files of projects may not have them."""


@dataclass(frozen=True)
class Mark:
    """Where the mark of a function is, and what runs it and the function."""

    asked: str
    """The name in the file of the mark."""
    marking_module: UserModule
    """The file that has the mark, and what it imports of its project."""
    program_module: UserModule
    """The function's module, and what the original uses of its project."""
    project: Path
    """The folder of the project, which the jail has a copy of."""
    roots: tuple[str, ...]
    """Folders from which modules are imported: of the project, from its top, and others by their absolute paths."""
    interpreter: Interpreter
    python: str
    """The interpreter in words, for a model."""
    has_accept: bool
    """Whether its `accept` decides which answers are right. Otherwise answers must equal the original's."""
    is_reference: bool
    """Whether answers must also equal the original's."""
    scorer: Parameters | None
    """The parameters of its score behind the answer; None if the score takes the instance."""
    tools: tuple[Path, ...] = ()
    """Files and folders that it may read beside its project."""
    named: tuple[str, ...] = ()
    """Files that belong to the project although a .gitignore names them, as paths from its top."""
    loaded: tuple[str, ...] = ()
    """Modules of Python's, and of packages, that the original loads. Programs find them loaded."""
    close: float | None = None
    """The relative tolerance of floats, if the mark names one."""
    is_method: bool = False
    """Whether the function is called with an object of its class."""
    changing: tuple[str, ...] = ()
    """The functions that may change, as `name` in `program_module` and as `path:name`, with the path from the project's top, in
    another file; empty if only the measured function may."""
    innermost: tuple[str, str, str] | None = None
    """Module, file from the top of the project, and qualified name of the function whose calls were recorded. It is called below
    all its decorators. None for a marked function, which is called with its decorators."""

    @property
    def is_scenario(self) -> bool:
        """Whether it is of a benchmark of a suite. What that returns and leaves behind is not compared."""
        return self.program_module.name.startswith(SCENARIO)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the project, as paths from its top. Raises ConfigurationError: it is too large to copy."""
        return listed(self.project, self.named, modules=True)

    @cached_property
    def caches(self) -> Caches:
        """Variables and attributes of the project that only keep what was worked out."""
        own = {self.program_module.file, *self.program_module.files}
        others = {str(self.project / path) for path in self.files} - own
        texts, more = (
            ((path, _text_of(path)) for path in sorted(paths) if path.endswith(".py")) for paths in (own, others)
        )
        return caches_of((text for _, text in texts), more)

    def in_project(self, project: Path) -> Mark:
        """The mark in a copy of its project."""
        marking, program = (
            module.relocated(self.project, project) for module in (self.marking_module, self.program_module)
        )
        return replace(self, project=project, marking_module=marking, program_module=program)


class Drawn(NamedTuple):
    """What the host knows of an instance beside its inputs. Hidden data stay with the scorer."""

    seed: int | None
    """The seed that drew the instance; None if its inputs are listed."""
    resolved: Sequence[Any]
    """The values of the functions in the declared answer for this instance, in their order."""
    in_words: Mapping[str, str] | None = None
    """The inputs in words, where they are no plain data."""

"""The configuration of a run, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from strop.base.budget import COST, LM_CALLS, TOKENS
from strop.base.errors import ConfigurationError, StoreError
from strop.base.from_json import Bounds, read_json, reader_of
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.plugins import IMPROVERS, find_installed, installed, program_text_of
from strop.base.randomness import derive
from strop.base.surface import option
from strop.base.syntax import syntax_tree
from strop.base.unified_diff import plain_text
from strop.options.run import (
    DEFAULT_TASK,
    FIRST_IMPROVER,
    PAPER,
    CopiesOptions,
    EnvironmentOptions,
    LimitOptions,
    ModelOptions,
    SelectionOptions,
)
from strop.options.workers import cores, normalized
from strop.tasks.function.source import Source, joined, used


@dataclass(frozen=True, kw_only=True)
class RunSpec(LimitOptions, EnvironmentOptions, CopiesOptions, SelectionOptions, ModelOptions):
    """The whole configuration of a run, without secrets.

    Raises:
        ConfigurationError: a field has another type or is out of range.
    """

    task: str = DEFAULT_TASK
    """The first task: a name, a file or a folder. Empty if nothing is scored."""
    further_tasks: tuple[str, ...] = ()
    """The other tasks."""
    improver: str = FIRST_IMPROVER
    """I_0, the improver that the run starts with: a name, a file, or RUN:t for I_t of another run."""
    seed: Annotated[int, Bounds(0)] = 0
    """Seed of all random draws. Together with this machine's key it gives the run's secret."""
    model: str = ""
    """Specification of the language model. That of a mixture names all its models. Empty if no model is asked."""
    require: tuple[str, ...] | None = None
    """Protections without which the run does not start. `None` stands for the default ones."""
    max_time: Annotated[float, Bounds(0, 10**12, excludes_least=True)] | None = None
    """Seconds that all sessions of the run may take together."""
    least: Annotated[float, Bounds(0, 10, excludes_least=True)] | None = None
    """The relative change that the comparison is sized to show. `None`: training decides its size."""
    comparison_time: Annotated[float, Bounds(0, 10**12, excludes_least=True)] | None = None
    """Seconds that the comparison may take, at most. `None`: as long as it takes."""
    family: Annotated[int, Bounds(1, 100_000)] = 1
    """How many comparisons share an error of 5%."""
    given_texts: Mapping[str, str] = field(default_factory=dict)
    """The texts of the folder `texts`: name of a file → its text."""
    slack: Annotated[int, Bounds(1, 1000)] = 1
    """The real limit, as a multiple of the budget that the improver sees. It is 1 outside of `strop reproduce budgets`."""
    give_up_after: Annotated[float, Bounds(0, 10**12)] | None = None
    """Seconds to keep asking a model that stopped answering. `None` stands for the model's default."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks by name or file, `task` first."""
        return (self.task, *self.further_tasks) if self.task else ()

    @property
    def downstream(self) -> int:
        """Number of all copies of all tasks: |D| of the paper."""
        return self.copies * len(self.tasks)

    def __post_init__(self) -> None:
        for name, hint in _hints().items():
            if wrong := violation(hint, getattr(self, name)):
                raise ConfigurationError(f"{option(name)} {wrong}")
        if not self.on_cluster:  # a record may name one whose package is not installed here; a job may not
            normalized(self.workers)

    @property
    def slots(self) -> int:
        """How many programs run at once on this machine: one per worker process, or one per core beside a cluster."""
        return cores() if self.on_cluster else int(normalized(self.workers))

    @property
    def on_cluster(self) -> bool:
        """Whether `workers` names a cluster."""
        return ":" in self.workers

    def limits(self) -> dict[str, int]:
        """The limits of the whole run: counter → limit. A limit of time is not among them."""
        limits = {
            COST: None if self.max_cost is None else round(self.max_cost * 1e9),
            TOKENS: self.max_tokens,
            LM_CALLS: self.max_calls,
        }
        return {counter: limit for counter, limit in limits.items() if limit is not None}

    def to_json(self) -> str:
        """The configuration as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> RunSpec:
        """The configuration of a record, which `to_json` wrote.

        Raises:
            StoreError: a field has another type or is out of range.
        """
        try:
            values = read_json(text)
            if not isinstance(values, dict):
                raise ValueError("it is no JSON object")
            own = {name: value for name, value in values.items() if name in _hints()}
            converted: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in own.items()}
            return RunSpec(**converted)
        except (ValueError, ConfigurationError) as error:
            raise StoreError(f"the record has no valid configuration: {error}") from None


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(RunSpec, include_extras=True)


def violation(hint: Any, value: object) -> str:
    """An error about a value of a field with this type and these bounds; empty if the value is right."""
    try:
        reader_of(hint)([*value] if isinstance(value, tuple) else value)
    except ValueError as error:
        return str(error)
    return ""


PAPERS = RunSpec(**PAPER)
"""The configuration of a run in the paper's setting."""


def shipped_improvers() -> list[str]:
    """Names of strop's own improvers."""
    return sorted(
        file.name.removesuffix(".py") for file in files("strop.improvers").iterdir() if file.name.endswith(".py")
    )


def improver_text(name: str) -> str:
    """Text of an improver: a shipped one, the file `name`, or one of an installed distribution.

    Raises:
        ConfigurationError: there is no such improver, or the file is not UTF-8 text.
    """
    if name in shipped_improvers():
        return _with_shared((files("strop.improvers") / f"{name}.py").read_text(encoding="utf-8"))
    if not Path(name).is_file() and not name.endswith(".py"):
        entry_point = find_installed(IMPROVERS, name)
        if entry_point is not None:
            return program_text_of(entry_point)
        names = [*shipped_improvers(), *dict.fromkeys(plugin.name for plugin in installed(IMPROVERS))]
        near = next((other for other in names if other.startswith(name)), None) if name else None
        near = near or next(iter(get_close_matches(name, names, n=1)), None)
        hint = f"did you mean {near}?" if near else f"choose {', '.join(names)}, or a file"
        raise ConfigurationError(f"no improver is called {name!r}; {hint}")
    return program_text(Path(name), "improver")


def _with_shared(text: str) -> str:
    """The text of a shipped improver with the functions that it imports from `common/asking.py`, and what these need, above its
    own functions."""
    import_line = re.search(r"^from asking import (.+)\n", text, re.MULTILINE)
    if import_line is None:
        return text
    shared = (files("strop.improvers") / "common" / "asking.py").read_text(encoding="utf-8")
    asking = Source(Path("asking.py"), shared, syntax_tree(shared))
    needed = used(asking, import_line[1].split(", "))
    parts = {node: asking.of(node) for node in asking.tree.body if node in needed}
    head, _, functions = joined(parts).partition("\n\n\n")
    constants, _, own = text[import_line.end() - 1 :].partition("\n\n\n")
    top = "\n".join(filter(None, (text[: import_line.start()] + head, constants.strip("\n"))))
    return "\n\n\n".join((top, functions, own))


def program_text(path: Path, kind: str) -> str:
    """Text of a program file.

    Raises:
        ConfigurationError: it does not exist or is not UTF-8 text.
    """
    return plain_text(text_of(path, f"{kind} file"))


def run_secret(key: bytes, seed: int) -> bytes:
    """The secret of the run with this seed on the machine with this key: 32 bytes, from which its instances and the random
    numbers of its guests derive.

    Programs could guess a seed alone, because people use few of them: with the key of the machine, the same seed gives the same
    run here, but a guest cannot compute it. The record contains the secret, so the run can be repeated anywhere.
    """
    return derive(key, "run", seed).to_bytes(32, "big")

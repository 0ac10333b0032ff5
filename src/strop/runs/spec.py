"""The configuration of a run, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from annotated_types import Ge, Gt, Le

from strop.base.budget import COST, LM_CALLS, TOKENS
from strop.base.errors import ConfigurationError
from strop.base.plugins import IMPROVERS, find_installed, installed, program_text_of
from strop.base.randomness import derive
from strop.base.unified_diff import plain_text
from strop.evaluation.start import cores, normalized
from strop.runs.options import (
    PAPER,
    CopiesOptions,
    EnvironmentOptions,
    LimitOptions,
    ModelOptions,
    SelectionOptions,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, kw_only=True)
class RunSpec(LimitOptions, EnvironmentOptions, CopiesOptions, SelectionOptions, ModelOptions):
    """The whole configuration of a run, without secrets."""

    task: str = "lpn"
    further_tasks: tuple[str, ...] = ()
    """Tasks beside `task`."""
    improver: str = "seed"
    """I_0: the name of an improver, a file, or RUN:t for I_t of another run."""
    seed: Annotated[int, Ge(0)] = 0
    """Together with this machine's key it gives the run's secret. The offline proposer draws from it directly."""
    model: str = ""
    """One specification; that of a mixture names its members (strop.lm.options). Empty where no model is asked."""
    require: tuple[str, ...] | None = None
    """Protections without which the run does not start; None: the sandbox's default."""
    max_time: Annotated[float, Gt(0), Le(10**12)] | None = None
    """Seconds that all sessions of the run may take."""
    give_up_after: Annotated[float, Ge(0), Le(10**12)] | None = None
    """Seconds to keep asking a model that stopped answering; None: the model's default."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks by name or file, `task` first."""
        return (self.task, *self.further_tasks)

    @property
    def downstream(self) -> int:
        """|D|: `copies` of each task."""
        return self.copies * len(self.tasks)

    def checked(self) -> RunSpec:
        """The configuration with `workers` resolved: a number of processes, or the address of a cluster.

        Raises:
            ConfigurationError: a field has another type or is out of range.
        """
        try:
            RunSpec.from_json(json.dumps(asdict(self), default=repr))
        except WrongField as error:
            raise ConfigurationError(
                f"--{error.name.replace('_', '-')} is {error.value}; it must be {error.rule}"
            ) from None
        return replace(self, workers=normalized(self.workers))

    def checked_here(self) -> RunSpec:
        """This spec, checked for work that stays on this machine: `workers` is a number.

        Raises:
            ConfigurationError: a field has another type or is out of range, or `workers` names a cluster.
        """
        spec = self.checked()
        if spec.on_cluster:
            raise ConfigurationError(
                f"--workers {spec.workers} is a cluster, but this command runs on this machine; give a number, 0 for one per core"
            )
        return spec

    @property
    def slots(self) -> int:
        """How many programs run at once on this machine: one per worker process, or one per core beside a cluster."""
        return cores() if self.on_cluster else int(self.workers)

    @property
    def on_cluster(self) -> bool:
        """Whether `workers` names a cluster, once the spec is checked."""
        return not self.workers.isdecimal()

    def limits(self) -> dict[str, int]:
        """Limits of the root budget, by counter. A budget does not count time."""
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
        """The configuration that `to_json` wrote.

        Raises:
            WrongField: a field has another type or is out of range.
        """
        from pydantic import ValidationError  # here for the start-up time

        try:
            return _adapter().validate_json(text, strict=True)
        except ValidationError as error:
            raise _wrong_field(error) from None


PAPERS = RunSpec(**PAPER)
"""The configuration of a run in the paper's setting."""


class WrongField(ValueError):
    """A field of a configuration is wrong."""

    def __init__(self, name: str, value: str, rule: str) -> None:
        super().__init__(f"{name} of the configuration is {value}; it must be {rule}")
        self.name, self.value, self.rule = name, value, rule


@cache
def _adapter() -> TypeAdapter[RunSpec]:
    from pydantic import TypeAdapter  # here for the start-up time

    return TypeAdapter(RunSpec)


_BOUNDS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
}
"""Type of a pydantic error → key of its bound, and the rule in words."""


def bound_of(problem: Mapping[str, Any]) -> str:
    """The bound that the value of a pydantic error violates; empty for another error."""
    key, words = _BOUNDS.get(problem["type"], ("", ""))
    return words.format(f"{problem['ctx'][key]:g}") if key else ""


def _wrong_field(error: ValidationError) -> WrongField:
    """The first wrong field."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return WrongField("text", f"{first['input']!r:.80}", "a JSON object")
    name = str(first["loc"][0])
    if bound := bound_of(first):
        return WrongField(name, f"{first['input']:g}", bound)
    if first["type"] == "literal_error":
        return WrongField(name, f"{first['input']!r:.80}", first["ctx"]["expected"])
    kind = get_type_hints(RunSpec)[name]
    kinds = [one for one in get_args(kind) if one is not NoneType] if isinstance(kind, UnionType) else [kind]
    return WrongField(name, f"{first['input']!r:.80}", " or ".join(getattr(one, "__name__", str(one)) for one in kinds))


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
        return (files("strop.improvers") / f"{name}.py").read_text(encoding="utf-8")
    if not Path(name).is_file() and not name.endswith(".py"):
        found = find_installed(IMPROVERS, name)
        if found is not None:
            return program_text_of(found)
        names = [*shipped_improvers(), *dict.fromkeys(plugin.name for plugin in installed(IMPROVERS))]
        near = next((other for other in names if other.startswith(name)), None) if name else None
        near = near or next(iter(get_close_matches(name, names, n=1)), None)
        hint = f"did you mean {near}?" if near else f"choose {', '.join(names)}, or a file"
        raise ConfigurationError(f"no improver is called {name!r}; {hint}")
    return program_text(Path(name), "improver")


def program_text(path: Path, kind: str) -> str:
    """Text of a program file.

    Raises:
        ConfigurationError: it does not exist or is not UTF-8 text.
    """
    try:
        return plain_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no {kind} file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{kind} file {path} cannot be read as UTF-8 text: {error}") from error


def run_secret(key: bytes, seed: int) -> bytes:
    """The secret of the run with this seed on the machine with this key: 32 bytes, from which its instances and the random
    numbers of its guests derive.

    Programs could guess a seed alone, because people use few of them: with the key of the machine, the same seed gives the same
    run here, but a guest cannot compute it. The record contains the secret, so the run can be repeated anywhere.
    """
    return derive(key, "run", seed).to_bytes(32, "big")

"""The recipe of a run, as data."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from strop.base.budget import COST, LM_CALLS, TOKENS
from strop.base.errors import ConfigurationError
from strop.base.plugins import IMPROVERS, find_installed, installed, program_text_of
from strop.core.edits.answers import Mode
from strop.lm.options import price_per_million

LEAST = {
    "iterations": 0,
    "seed": 0,
    "copies": 1,
    "utility_budget": 1,
    "meta_budget": 1,
    "lm_budget": 1,
    "max_responses": 1,
    "jobs": 0,
    "gate_pairs": 1,
    "max_output_tokens": 1,
}
"""The smallest value of each number of a recipe."""


MOST = 100_000
"""The largest value of each number of a recipe but the seed."""

LIMITS = {"max_cost": 0, "max_tokens": 0, "max_calls": 0, "requests_per_minute": 1, "tokens_per_minute": 1}
"""Limits that may be absent, and their smallest values."""
MOST_OF_A_LIMIT = 10**12
"""A larger one limits nothing."""

LEAST_GATE_ERROR = 1e-9
"""A smaller one, shared among `MOST` iterations, is lost when it is taken from 1."""


@dataclass(frozen=True)
class RunSpec:
    """Everything that a run is made from, without secrets. The defaults are the paper's (§5.1)."""

    task: str = "lpn"
    lm: str = "offline"
    base_url: str | None = None
    iterations: int = 4
    """T."""
    seed: int = 0
    """With this machine's key it gives the run's secret; the offline proposer draws from it directly."""
    copies: int = 5
    """Identical copies of each task. For one task that is |D|."""
    utility_budget: int = 25
    """Utility calls of one downstream improvement."""
    meta_budget: int = 25
    """Meta-utility calls of one self-improvement."""
    lm_budget: int = 4
    """LM calls of one improvement, of either level."""
    max_responses: int = 6
    """Responses of one LM call."""
    edits: Mode = "rewrite"
    """How a model may answer where a prompt shows a program (strop.core.edits.answers)."""
    instances: Literal["secret", "published"] = "secret"
    jobs: int = 0
    """Solutions evaluated at once; 0 means one for each core."""
    require: tuple[str, ...] | None = None
    """Protections without which the run does not start; None means the sandbox's default."""
    improver: str = "seed"
    """I_0: the name of an improver, a file, or RUN:t for I_t of another run."""
    selection: Literal["paper", "gated", "archive"] = "gated"
    """Which improver goes on after an iteration (strop.core.selection)."""
    gate_error: float = 0.1
    """Probability, in (0, 1), that a gate lets a run replace an improver by one that is no better."""
    gate_pairs: int = 60
    """Paired evaluations of one comparison, at most."""
    max_cost: float | None = None
    """Dollars that the whole run may spend on its language model; None: no limit."""
    max_tokens: int | None = None
    """Tokens that the whole run may spend, in and out."""
    strict_budget: bool = False
    """Whether the worst case of each call is set aside in `max_cost` and `max_tokens`, rather than what calls took so far."""
    max_calls: int | None = None
    """LM calls of the whole run."""
    max_time: float | None = None
    """Seconds that the whole run may take, all its stretches together."""
    price: str | None = None
    """Dollars per million tokens, `IN,OUT`, where the model's price is not known or is another."""
    max_output_tokens: int = 8192
    """Tokens of one response at most; with the prompt it gives the worst case that is reserved before a call."""
    give_up_after: float = 1800.0
    """Seconds for which a language model that answered before may fail before the run ends."""
    requests_per_minute: int | None = None
    """Requests that the server allows a minute; None: found out by its refusals."""
    tokens_per_minute: int | None = None
    further_tasks: tuple[str, ...] = ()
    """Tasks beside `task`, for an improver that is trained on several."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """Every task by its name or file, `task` first."""
        return (self.task, *self.further_tasks)

    def check_types(self) -> None:
        """Raises ConfigurationError where a field is of another type, as it may be when it was given in Python."""
        for name, kind in get_type_hints(RunSpec).items():
            if not _is_of(getattr(self, name), kind):
                wanted = getattr(kind, "__name__", str(kind))
                raise ConfigurationError(f"{name} is {getattr(self, name)!r:.80}; it must be {wanted}")

    @property
    def downstream(self) -> int:
        """|D|: so many copies of each task."""
        return self.copies * len(self.tasks)

    def checked(self) -> RunSpec:
        """This recipe with `jobs` resolved to a number of cores.

        Raises:
            ConfigurationError: a number is out of its range.
        """
        for name, low in LEAST.items():
            if getattr(self, name) > MOST and name != "seed":
                raise ConfigurationError(
                    f"--{name.replace('_', '-')} is {getattr(self, name)}; it must be {MOST} or less"
                )
            if getattr(self, name) < low:
                raise ConfigurationError(
                    f"--{name.replace('_', '-')} is {getattr(self, name)}; it must be {low} or more"
                )
        if not 0 < self.gate_error < 1:
            raise ConfigurationError(f"--gate-error is {self.gate_error}; it is a probability between 0 and 1")
        if self.gate_error < LEAST_GATE_ERROR:
            raise ConfigurationError(f"--gate-error is {self.gate_error}; the least is {LEAST_GATE_ERROR}")
        self._check_limits()
        return replace(self, jobs=self.jobs or cores())

    def limits(self) -> dict[str, int]:
        """What the root of the run's budget may reach, by counter. Time is not counted in a budget."""
        given = {
            COST: None if self.max_cost is None else round(self.max_cost * 1e9),
            TOKENS: self.max_tokens,
            LM_CALLS: self.max_calls,
        }
        return {counter: limit for counter, limit in given.items() if limit is not None}

    def _check_limits(self) -> None:
        for name, low in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= MOST_OF_A_LIMIT:
                raise ConfigurationError(
                    f"--{name.replace('_', '-')} is {value}; it must be {low} or more, up to 10^12"
                )
        if self.max_time is not None and not self.max_time > 0:
            raise ConfigurationError(f"--max-time is {self.max_time:g} seconds; it must be more than 0")
        if not 0 <= self.give_up_after < math.inf:
            raise ConfigurationError(f"--give-up-after is {self.give_up_after:g} seconds; it must be 0 or more")
        if self.price is not None:
            price_per_million(self.price)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> RunSpec:
        """The recipe that `to_json` wrote; fields that this version does not know are left out.

        Raises:
            ValueError: it is no recipe, or a field is of another type.
        """
        written = json.loads(text)
        if not isinstance(written, dict):
            raise ValueError("the recipe is no JSON object")
        types = get_type_hints(RunSpec)
        values = {name: value for name, value in written.items() if name in types}
        values.setdefault("edits", "rewrite")  # earlier versions asked without a word on edits
        for name in ("require", "further_tasks"):
            if isinstance(values.get(name), list):
                values[name] = tuple(values[name])
        for name, value in values.items():
            if not _is_of(value, types[name]):
                raise ValueError(f"{name} of the recipe is {value!r}")
        return RunSpec(**values)


def _is_of(value: object, kind: Any) -> bool:
    """Whether a value read from JSON is of the type of a field of `RunSpec`."""
    arguments = get_args(kind)
    if get_origin(kind) is UnionType:
        return any(_is_of(value, each) for each in arguments)
    if get_origin(kind) is Literal:
        return value in arguments
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(isinstance(each, str) for each in value)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shipped_improvers() -> list[str]:
    """Names of the improvers that come with strop."""
    return sorted(
        file.name.removesuffix(".py") for file in files("strop.improvers").iterdir() if file.name.endswith(".py")
    )


def improver_text(name: str) -> str:
    """Text of a shipped improver, of the file `name`, or of one that an installed distribution brings.

    Raises:
        ConfigurationError: there is no such improver, or the file is not UTF-8 text.
    """
    if name in shipped_improvers():
        return (files("strop.improvers") / f"{name}.py").read_text(encoding="utf-8")
    if not Path(name).is_file() and not name.endswith(".py"):
        found = find_installed(IMPROVERS, name)
        if found is not None:
            return program_text_of(found)
        others = [each.name for each in installed(IMPROVERS)]
        known = [*shipped_improvers(), *dict.fromkeys(others)]
        near = next((each for each in known if each.startswith(name)), None) if name else None
        near = near or next(iter(get_close_matches(name, known, n=1)), None)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}, and files"
        raise ConfigurationError(f"no improver is called {name!r}; {hint}")
    return program_text(Path(name), "improver")


def program_text(path: Path, kind: str) -> str:
    """Text of a program file.

    Raises:
        ConfigurationError: it does not exist or is not UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no {kind} file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{kind} file {path} cannot be read as UTF-8 text: {error}") from error


_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""Of a time in words, in seconds."""


def seconds(text: str, where: str = "--max-time") -> float:
    """Seconds of `90`, `90s`, `30m`, `2h` or `1.5d`.

    Raises:
        ConfigurationError: it is something else, or not more than 0.
    """
    number, unit = text.strip(), ""
    if number[-1:].isalpha():
        number, unit = number[:-1], number[-1].lower()
    try:
        found = float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        found = -1.0
    if not 0 < found < math.inf:
        raise ConfigurationError(f"{where} is {text!r}; write seconds, or a time such as 90s, 30m or 2h")
    return found

"""The options of a run. Each is declared once: name, type, range, default, short flag, variable of the environment and help.

A field `max_cost` is the flag `--max-cost`, the keyword `max_cost` of the Python functions and the key `max_cost` of a record's
recipe; the text below it is its help. Commands and functions take groups of fields; `strop.runs.spec.RunSpec` has all of them,
and pydantic checks their types and ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le, Lt
from cyclopts import Group, Parameter, Token

from strop.base.errors import ConfigurationError
from strop.core.edits.answers import Mode as Edits
from strop.core.selection import SelectionName
from strop.sandbox.posture import PROTECTIONS

if TYPE_CHECKING:
    from strop.lm.base import LanguageModel

    ModelLike: TypeAlias = str | Sequence[str] | LanguageModel | Callable[..., Any]
    """A specification, several of them (a mixture), a model, or a function that answers (strop.CallableModel)."""
    Time: TypeAlias = float | str
    """Seconds, or a text such as `90s`, `30m`, `2h` or `1.5d`."""
    Require: TypeAlias = str | Sequence[str]
    """Protections: a sequence, names separated by commas, or `none`."""
else:  # what a command line holds
    ModelLike, Time, Require = tuple[str, ...], str, str


def whole(kind: object, tokens: Sequence[Token]) -> int:
    """Read a whole number; a fraction is an error, not rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


def one_text(kind: object, text: str, **options: object) -> list[str]:
    """The value of an environment variable, blanks included."""
    return [text]


Whole = Annotated[int, Parameter(converter=whole)]
MOST = 100_000
"""The largest value of a count."""
Natural = Annotated[Whole, Ge(0), Le(MOST)]
Count = Annotated[Whole, Ge(1), Le(MOST)]
Jobs = Annotated[Natural, Parameter(alias="-j", env_var="STROP_JOBS")]
LEAST_GATE_ERROR = 1e-9
"""A smaller one, shared among `MOST` iterations, is lost when it is taken from 1."""
MOST_OF_A_LIMIT = 10**12
"""A larger limit limits nothing."""
Limit = Annotated[Whole, Ge(0), Le(MOST_OF_A_LIMIT)]

_SELECTION = Group("Iterations and selection", sort_key=3)
_MODEL = Group("Language model", sort_key=4)
_BUDGET = Group("Budget of one improvement", sort_key=5)
_LIMITS = Group("Limits of the whole run", sort_key=6)
_ENVIRONMENT = Group("Instances and protections", sort_key=7)


@Parameter(name="*", group=_MODEL)
@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which language model."""

    model: Annotated[
        ModelLike,
        Parameter(
            name=("--model", "-m"), negative="", show_default=" ".join, env_var="STROP_MODEL", env_var_split=one_text
        ),
    ] = ("offline",)
    """offline (a built-in proposer, not a language model), PROVIDER/MODEL (openai, anthropic, gemini, openrouter, ollama, vllm,
    llamacpp, local, any-llm), python:MODULE:FUNCTION, command:PROGRAM, inbox:DIR, recorded:FILE or scripted:FILE; with options as
    in openai/MODEL?rpm=60&price=0.15,0.60 (docs/models.md). Repeat it for a mixture, weighted by ?weight=."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1."""


@Parameter(name="*", group=_BUDGET)
@dataclass(frozen=True, kw_only=True)
class BudgetOptions:
    """What one improvement may spend."""

    utility_budget: Count = 25
    """Evaluations on the training split."""
    lm_budget: Count = 4
    """LM calls."""
    max_responses: Count = 6
    """Responses of one LM call."""
    edits: Edits = "rewrite"
    """How the model may answer where a prompt shows a program: rewrite (the whole program), blocks (SEARCH/REPLACE), diff
    (unified), or auto (blocks where the program is long or has several files)."""


@dataclass(frozen=True, kw_only=True)
class OneImprovementOptions(BudgetOptions):
    """The budget of `strop improve`."""

    edits: Edits = "auto"
    """How the model may answer: rewrite, blocks, diff, or auto (blocks where the program is long or has several files)."""


@dataclass(frozen=True, kw_only=True)
class CopiesOptions(BudgetOptions):
    """The budgets of measuring an improver."""

    copies: Count = 5
    """Copies of each task that an improver is measured on; for one task that is |D|."""


@Parameter(name="*", group=_SELECTION)
@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """How often the improver improves itself, and which improver an iteration keeps."""

    iterations: Annotated[Natural, Parameter(alias="-T")] = 4
    """T: how often the improver improves itself."""
    meta_budget: Count = 25
    """Meta-utility calls of one self-improvement."""
    selection: SelectionName = "gated"
    """paper: whatever the improver made of itself; gated: that only where paired fresh evaluations say that it is better;
    archive: any past improver may improve itself, and the gate decides which is the best."""
    gate_error: Annotated[float, Ge(LEAST_GATE_ERROR), Lt(1)] = 0.1
    """Probability that a gate lets a run replace an improver by one that is no better."""
    gate_pairs: Count = 60
    """Paired evaluations of one comparison, at most."""


@Parameter(name="*", group=_ENVIRONMENT)
@dataclass(frozen=True, kw_only=True)
class EnvironmentOptions:
    """Which instances, how many at once, and behind which protections."""

    instances: Literal["secret", "published"] = "secret"
    """secret: drawn from this run's secret; published: the paper's seeds, which are public."""
    jobs: Jobs = 0
    """Solutions evaluated at once; 0 means one for each core."""
    require: Require | None = None
    """Refuse to run unless these protections are enforced, separated by commas, or `none`; see strop doctor."""


@Parameter(name="*", group=_LIMITS)
@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """What the whole run may spend on its language model; what was done before a limit ends it is kept."""

    max_cost: Annotated[float | None, Parameter(env_var="STROP_MAX_COST"), Ge(0), Le(MOST_OF_A_LIMIT)] = None
    """Dollars. Before each call, what such calls took so far is set aside; the limit may be passed by 5%, see docs/models.md."""
    max_tokens: Limit | None = None
    """Tokens, in and out; as --max-cost."""
    strict_budget: Annotated[bool, Parameter(negative="")] = False
    """Set aside the worst case of each call, so that no answer passes --max-cost or --max-tokens; fewer calls at once."""
    max_calls: Limit | None = None
    """LM calls of all improvements together."""
    max_time: Time | None = None
    """Time of all sessions together: 90, 90s, 30m or 2h."""
    give_up_after: Time | None = None
    """How long to keep asking a model that stopped answering before the work ends: 30m when not given."""

    def asked(self) -> dict[str, Any]:
        """The limits that were asked for; times in seconds."""
        asked = {name: value for name, value in vars(self).items() if value is not None and value is not False}
        for name in ("max_time", "give_up_after"):
            if isinstance(asked.get(name), str):
                asked[name] = seconds(asked[name], f"--{name.replace('_', '-')}")
        return asked


_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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


def protections(require: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """The protections that `require` names; None means the default ones.

    Raises:
        ConfigurationError: there is no such protection.
    """
    if require is None:
        return None
    if isinstance(require, str) and require.strip() == "none":
        return ()
    names = tuple(name.strip() for name in (require.split(",") if isinstance(require, str) else require))
    unknown = sorted(set(names) - set(PROTECTIONS))
    if unknown:
        named = ", ".join(unknown).strip(" ,") or "nothing"
        raise ConfigurationError(f"--require names {named}; there are: {', '.join(PROTECTIONS)}; or none alone")
    return names

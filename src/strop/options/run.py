"""The options of a run. Each is declared once: name, type, range, default, short flag, variable of the environment and help.

A field `max_cost` is the flag `--max-cost`, the keyword `max_cost` of the Python functions and the key `max_cost` of a record's
configuration. The text below it is its help; `--help` shows the first sentence. Commands and functions take groups of fields;
`strop.runs.spec.RunSpec` has all of them, and checks their types and ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from cyclopts import Group, Parameter, Token

from strop.base.errors import ConfigurationError
from strop.base.from_json import Bounds
from strop.base.later import dataclass
from strop.base.surface import option
from strop.options.choices import Edits, SelectionName

if TYPE_CHECKING:
    from strop.lm.base import LanguageModel

    ModelLike: TypeAlias = str | Sequence[str] | LanguageModel | Callable[..., Any]
    """A specification, several of them (a mixture), a model, or a function that answers (strop.CallableModel)."""
    Models: TypeAlias = str | Sequence[str]
    """A specification, or several of them (a mixture)."""
    Time: TypeAlias = float | str
    """Seconds, or a text such as `90s`, `30m`, `2h` or `1.5d`."""
    Share: TypeAlias = float | str
    """A part of 1, or a text such as `5%`."""
    Require: TypeAlias = str | Sequence[str]
    """Protections: a sequence, names separated by commas, or `none`."""
else:  # what a command line holds
    ModelLike, Models, Time, Share, Require = tuple[str, ...], tuple[str, ...], str, str, str


T = TypeVar("T")


def read_whole_number(kind: object, tokens: Sequence[Token]) -> int:
    """The whole number that the user wrote. A fraction is an error; it is not rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


def one_text(kind: object, text: str, **options: object) -> list[str]:
    """The value of an environment variable, blanks included."""
    return [text]


Whole = Annotated[int, Parameter(converter=read_whole_number)]
MOST = 100_000
"""The largest value of a count."""
Natural = Annotated[Whole, Bounds(0, MOST)]
Count = Annotated[Whole, Bounds(1, MOST)]
Workers = Annotated[str, Parameter(alias="-j", env_var="STROP_WORKERS")]
LEAST_GATE_ERROR = 1e-9
"""The smallest gate error. A smaller one, divided among `MOST` iterations, would vanish when it is subtracted from 1."""
MOST_OF_A_LIMIT = 10**12
"""The largest value of a limit. No run reaches it."""
Limit = Annotated[Whole, Bounds(0, MOST_OF_A_LIMIT)]

DEFAULT_TASK = "lpn"
FIRST_IMPROVER = "seed"
"""I_0: the paper's seed improver."""
DEFAULT_IMPROVER = "refine"
"""The improver of `strop improve`: the best in measurements (docs/design/0051-defaults.md)."""

OPTIONS = Group("Options", sort_key=2)
MaxCost = Annotated[float | None, Parameter(env_var="STROP_MAX_COST"), Bounds(0, MOST_OF_A_LIMIT)]
LIMITS = Group("Limits", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
MORE = Group("More options", sort_key=9)
"""Group of options that only `--help-all` shows."""
Rare = Parameter(group=MORE)
Switch = Parameter(negative="", show_default=False)


class _UsualNumber(int):
    """A default that `--paper` replaces; a number that the user gave is an int."""


class _UsualText(str):
    """A default that `--paper` replaces; a text that the user gave is a str."""


def usual(value: T) -> T:
    """A default that `--paper` replaces: a number or a text that equals `value`."""
    return _UsualNumber(value) if isinstance(value, int) else _UsualText(value)  # type: ignore[return-value]


def is_usual(value: object) -> bool:
    """Whether a value is a default of `usual`, not one that the user gave."""
    return isinstance(value, (_UsualNumber, _UsualText))


PAPER: Mapping[str, Any] = {
    "iterations": 4,
    "meta_budget": 25,
    "copies": 5,
    "utility_budget": 25,
    "lm_budget": 4,
    "max_responses": 6,
    "selection": "paper",
    "meta_utility": "paper",
}
"""The paper's setting: T = 4 (§5.2), five copies (§5.1) and, from `config.py` of its published implementation, microsoft/stop,
the budgets: m = 4 LM calls of n = 6 responses, and n · m + 1 = 25 calls of u and of û."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class PaperOptions:
    """The setting of a run."""

    paper: Annotated[bool, Switch] = False
    """The paper's setting instead of the defaults. That is 4 iterations, 5 copies, selection paper, and scores and
    budgets of the published implementation: 25 meta-utility calls, 25 utility calls, 4 LM calls of 6 responses. The
    texts are strop's own without --texts. An option that you give beside it replaces its value."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """The language model."""

    model: Annotated[ModelLike, Parameter(name=("--model", "-m"), negative="", show_default=False)] = ()
    """Language model, such as openai/gpt-4o; else that of STROP_MODEL. It is `PROVIDER/MODEL` of any provider in
    docs/reference/models.md, `inbox:FOLDER` (you or an agent answer), `python:MODULE:FUNCTION`, `command:PROGRAM`,
    `recorded:FILE`, `scripted:FILE`, or `offline` (built in, not a language model). Settings follow a question mark, as
    in `openai/MODEL?seed=1&price=0.15,0.60`. Several models are a mixture, weighted by `?weight=`. Without a model here
    and in STROP_MODEL, the table `[run]` of the target's strop.toml names it."""
    base_url: Annotated[str | None, Rare] = None
    """Address of an OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class TwoModelOptions(ModelOptions):
    """The language models of a run."""

    meta_model: Annotated[Models, Rare, Parameter(negative="", env_var="STROP_META_MODEL", env_var_split=one_text)] = ()
    """Language model that improves improvers. The other one improves programs. By default one model does both. Several
    models are a mixture."""


@Parameter(name="*", group=LIMITS)
@dataclass(frozen=True, kw_only=True)
class BudgetOptions:
    """The budget of one improvement."""

    utility_budget: Count = field(default=usual(19))
    """Evaluations of candidates in one improvement, at most."""
    lm_budget: Count = field(default=usual(6))
    """LM calls in one improvement, at most."""
    max_responses: Count = field(default=usual(3))
    """Responses in one LM call, at most."""
    edits: Annotated[Edits, Rare] = "rewrite"
    """How the model answers where a prompt shows a program. `rewrite`: with the whole program; `blocks`: with
    SEARCH/REPLACE blocks; `auto`: with blocks where the program is long or has several files."""
    trust_scorer: Annotated[bool, Switch, Rare] = False
    """Spend money although the scorer rewards spoiled answers. Without it, strop first has spoiled answers of the
    original scored, and stops if they are rewarded."""


@dataclass(frozen=True, kw_only=True)
class OneImprovementOptions(BudgetOptions):
    """The budget of `strop improve`."""

    utility_budget: Count = 25
    """Evaluations of candidates in one improvement, at most."""
    lm_budget: Count = 12
    """LM calls in one improvement, at most."""
    max_responses: Annotated[Count, Rare] = 6
    """Responses in one LM call, at most."""
    edits: Annotated[Edits, Rare] = "auto"
    """How the model answers. `rewrite`: with the whole program; `blocks`: with SEARCH/REPLACE blocks; `auto`: with
    blocks where the program is long or has several files."""


@dataclass(frozen=True, kw_only=True)
class CopiesOptions(BudgetOptions):
    """The budgets of measuring an improver."""

    copies: Annotated[Count, Parameter(group=OPTIONS)] = field(default=usual(5))
    """Copies of each task that an improver is measured on. For one task that is |D| of the paper."""
    texts: Annotated[str, Parameter(group=MORE)] = ""
    """Folder with texts that models read in place of strop's, to the letter: a checkout of github.com/microsoft/stop, or
    files `TASK.txt` (the description of a utility) and `TASK.py` (an initial solution). `self-improvement` stands for û
    and the seed improver."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """How often the improver improves itself, and which improver an iteration keeps."""

    iterations: Annotated[Natural, Parameter(alias="-T")] = field(default=usual(1))
    """How often the improver improves itself: T of the paper."""
    meta_budget: Annotated[Count, Rare] = field(default=usual(3))
    """Evaluations of û in one self-improvement, at most."""
    selection: Annotated[SelectionName, Parameter(show_choices=False)] = field(default=usual("gated"))
    """Rule that replaces the improver: `paper`, `gated` or `archive`. With `paper`, whatever the improver made of
    itself replaces it. With `gated`, only an improver that paired fresh evaluations show to be better does. With
    `archive`, any past improver may improve itself, and the gate decides which one is the best."""
    meta_utility: Annotated[Literal["full", "paper"], Rare] = field(default=usual("full"))
    """How û is measured: `full` or `paper`. All copies search on the same training instances. With `full`,
    what a copy returns is scored on instances of its own, and reports tell what improvers did with which budgets. With
    `paper`, it is scored on the instances of the search."""
    gate_error: Annotated[float, Rare, Bounds(LEAST_GATE_ERROR, 0.25)] = 0.1
    """Bound on the probability that a run ever accepts an improver that is no better. It is at most 0.25."""
    gate_pairs: Annotated[Count, Rare] = 60
    """Paired evaluations in one comparison of improvers, at most."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class EnvironmentOptions:
    """Which instances, how many at once, and behind which protections."""

    instances: Annotated[Literal["secret", "published"], Rare] = "secret"
    """Which instances are drawn: `secret` or `published`. Secret ones are drawn from this run's secret. Published ones
    have the paper's seeds, which are public."""
    workers: Workers = ""
    """Processes for programs (default: one per core), or `dask:…` or `slurm:…`."""
    require: Annotated[Require | None, Rare] = None
    """Protections without which nothing runs, separated by commas, or `none`; see strop doctor."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class ComparisonOptions:
    """How large a comparison is."""

    least: Share = "5%"
    """The change that the comparison is sized to show in four of five cases."""
    max_time: Time = "5m"
    """Time that the comparison may take, such as `90s`, `30m` or `2h`. If that is too little, the result says what it
    could have shown."""
    family: Annotated[Count, Rare] = 1
    """How many comparisons share an error of 5%: this one and others that you read together with it, such as the targets of one
    pull request. Each has its share, and an interval of that level."""
    trust_scorer: Annotated[bool, Switch, Rare] = False
    """Compare although the scorer rewards spoiled answers. Without it, strop first has spoiled answers of the original
    scored, and stops if they are rewarded."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, kw_only=True)
class MeasuringOptions:
    """A search by somebody else."""

    budget: Count = 25
    """How many measurements there may be."""
    base: str = ""
    """The original: a commit. The default is `HEAD`, and outside of git what the first measurement finds."""


@Parameter(name="*", group=LIMITS)
@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """Limits of the whole run. What was done before a limit ends it is kept."""

    max_cost: MaxCost = None
    """Dollars to spend on the language model. Before each call, strop sets aside the most that it may cost; see
    docs/reference/models.md."""
    max_tokens: Annotated[Limit | None, Rare] = None
    """Tokens of the language model, in and out."""
    max_calls: Annotated[Limit | None, Rare] = None
    """LM calls of all improvements together."""
    max_time: Time | None = None
    """Time of the run, such as `90s`, `30m` or `2h`. The sessions of a resumed run add up."""
    give_up_after: Annotated[Time | None, Rare] = None
    """Time to keep asking a model that stopped answering, such as `90s` or `30m`. The default is 30m."""

    def asked(self) -> dict[str, Any]:
        """The limits that the user set, by name; times in seconds."""
        return in_seconds(
            {name: value for name, value in vars(self).items() if value is not None and value is not False}
        )


def in_seconds(options: dict[str, Any]) -> dict[str, Any]:
    """The options with times as numbers of seconds.

    Raises:
        ConfigurationError: a text is not a time.
    """
    times = [name for name in ("max_time", "give_up_after") if isinstance(options.get(name), str)]
    return options | {name: seconds(options[name], name) for name in times}


def share(value: float | str, name: str) -> float:
    """The fraction that `0.05` or `5%` stands for, above 0 and at most 10.

    Raises:
        ConfigurationError: the value is not a number, or outside that range.
    """
    text = str(value).strip()
    try:
        fraction = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        fraction = -1.0
    if not 0 < fraction <= 10:
        raise ConfigurationError(f"{option(name)} is {value!r}; give a share such as 5%")
    return fraction


_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str, name: str = "max_time") -> float:
    """The seconds that `90`, `90s`, `30m`, `2h` or `1.5d` stands for.

    Raises:
        ConfigurationError: the text is not a time, or the time is not above 0.
    """
    number, unit = text.strip(), ""
    if number[-1:].isalpha():
        number, unit = number[:-1], number[-1].lower()
    try:
        value = float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        value = -1.0
    if not 0 < value < math.inf:
        raise ConfigurationError(f"{option(name)} is {text!r}; give seconds, or a time such as 90s, 30m or 2h")
    return value

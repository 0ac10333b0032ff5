"""Flags that several commands share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter, Token

from strop.api.finding import RUNS as RUNS
from strop.api.subjects import required
from strop.core.edits.answers import Mode as Edits
from strop.core.selection import SelectionName
from strop.lm.options import joined
from strop.report.terminal.live import Mode
from strop.runs.spec import RunSpec
from strop.runs.spec import seconds as seconds

DEFAULTS = RunSpec()


def whole(kind: object, tokens: Sequence[Token]) -> int:
    """A whole number; a fraction is refused rather than rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


def folder(kind: object, tokens: Sequence[Token]) -> Path:
    """A folder that is named; an empty name would mean the working folder."""
    if not tokens[0].value:
        raise ValueError("'' names no folder; the working folder is .")
    return Path(tokens[0].value)


Whole = Annotated[int, Parameter(converter=whole)]
Folder = Annotated[Path | None, Parameter(converter=folder)]
MODEL = Group("Language model, and what one improvement may spend", sort_key=4)
LIMITS = Group("Limits of the whole run", sort_key=5)
GROUND = Group("Instances and protections", sort_key=6)
SELECTION = Group("Selection: which improver is kept", sort_key=3)
OUTPUT = Group("What is recorded and shown", sort_key=7)
Models = Annotated[tuple[str, ...], Parameter(alias=("-m", "--model"), negative="", show_default=" ".join)]
"""Specifications of language models; several are a mixture."""


def whole_text(kind: object, text: str, **options: object) -> list[str]:
    """The value of an environment variable as one text, blanks included."""
    return [text]


FROM_ENVIRONMENT = Parameter(env_var="STROP_LM", env_var_split=whole_text)
"""Where the default of `--lm` comes from: one specification."""


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True)
class ModelOptions:
    """Which language model, and what one improvement may spend."""

    lm: Annotated[Models, FROM_ENVIRONMENT] = (DEFAULTS.lm,)
    """offline (a built-in proposer, not a language model), offline:skill=0.8, PROVIDER/MODEL (openai, anthropic, gemini,
    openrouter, ollama, vllm, llamacpp, local, any-llm), python:MODULE:FUNCTION, command:PROGRAM, inbox:DIR, recorded:FILE or
    scripted:FILE; with options as in openai/MODEL?rpm=60. Given several times: a mixture, by ?weight=."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1."""
    copies: Whole = DEFAULTS.copies
    """|D|: copies of the task that an improver is measured on."""
    utility_budget: Whole = DEFAULTS.utility_budget
    """Utility calls of one downstream improvement."""
    lm_budget: Whole = DEFAULTS.lm_budget
    """LM calls of one improvement."""
    max_responses: Whole = DEFAULTS.max_responses
    """Responses of one LM call."""
    edits: Edits = DEFAULTS.edits
    """How the model may answer where a prompt shows a program: rewrite (the whole program), blocks (SEARCH/REPLACE), diff
    (unified), which utility.str then asks for; auto: blocks where the program is long or has several files."""


@Parameter(name="*", group=GROUND)
@dataclass(frozen=True)
class GroundOptions:
    """Which instances, how many at once, and behind which protections."""

    instances: Literal["secret", "published"] = DEFAULTS.instances
    """secret: drawn from this run's secret; published: the paper's seeds, which are public."""
    jobs: Whole = DEFAULTS.jobs
    """Solutions evaluated at once; 0 means one for each core."""
    require: str | None = None
    """Refuse to run unless these protections are enforced, separated by commas, or `none`; see strop doctor."""

    def required(self) -> tuple[str, ...] | None:
        """The protections asked for; None means the default ones."""
        return required(self.require)


@Parameter(name="*", group=SELECTION)
@dataclass(frozen=True)
class SelectionOptions:
    """Which improver goes on after an iteration."""

    selection: SelectionName = DEFAULTS.selection
    """paper: whatever the improver made of itself; gated: that only where paired fresh evaluations say that it is better;
    archive: any past improver may improve itself, and the gate decides which is the best."""
    gate_error: float = DEFAULTS.gate_error
    """Probability that a gate lets a run replace an improver by one that is no better."""
    gate_pairs: Whole = DEFAULTS.gate_pairs
    """Paired evaluations of one comparison, at most."""


@Parameter(name="*", group=LIMITS)
@dataclass(frozen=True)
class LimitOptions:
    """What the whole run may spend on its language model; what is spent before a limit ends it is kept."""

    max_cost: float | None = None
    """Dollars. Before each call, what such calls took so far is set aside; the limit may be passed by 5%, see docs/money.md."""
    max_tokens: Whole | None = None
    """Tokens, in and out; as --max-cost."""
    strict_budget: Annotated[bool | None, Parameter(negative="")] = None
    """Set aside the worst case of each call, so that no answer passes --max-cost or --max-tokens; fewer calls at once."""
    max_calls: Whole | None = None
    """LM calls of all improvements together."""
    max_time: str | None = None
    """Time of all sessions together: 90, 90s, 30m or 2h."""
    give_up_after: str | None = None
    """How long to keep asking a model that stopped answering, before the work ends: 30m when not given."""
    price: str | None = None
    """IN,OUT: dollars per million tokens, where the model's price is not known or is another."""
    max_output_tokens: Whole | None = None
    """Tokens of one response, at most; 8192 when not given."""
    requests_per_minute: Whole | None = None
    """Requests that the server allows a minute."""
    tokens_per_minute: Whole | None = None
    """Tokens that the server allows a minute, in and out."""

    def given(self) -> dict[str, Any]:
        """The fields of a recipe that were named.

        Raises:
            ConfigurationError: --max-time or --give-up-after is not a time.
        """
        named = {name: value for name, value in vars(self).items() if value is not None}
        times = {"max_time": self.max_time, "give_up_after": self.give_up_after}
        flags = {name: f"--{name.replace('_', '-')}" for name in times}
        return named | {name: seconds(text, flags[name]) for name, text in times.items() if text is not None}


def recipe(task: str | Sequence[str], seed: int, model: ModelOptions, ground: GroundOptions, **rest: Any) -> RunSpec:
    """The recipe that the flags describe; `rest` are fields of it that only one command has."""
    first, *further = [task] if isinstance(task, str) else task
    if further:
        rest["further_tasks"] = tuple(further)
    return RunSpec(
        task=first,
        seed=seed,
        lm=joined(model.lm),
        base_url=model.base_url,
        copies=model.copies,
        utility_budget=model.utility_budget,
        lm_budget=model.lm_budget,
        max_responses=model.max_responses,
        edits=model.edits,
        instances=ground.instances,
        jobs=ground.jobs,
        require=ground.required(),
        **rest,
    )


Json = Annotated[
    bool,
    Parameter(
        name="--json", group=OUTPUT, negative="", show_default=False, help="Print one JSON document instead of tables."
    ),
]
Display = Annotated[
    Mode,
    Parameter(
        name="--display",
        group=OUTPUT,
        help="While it runs: auto (a live view on a terminal, lines elsewhere), rich, plain, log (a JSON object a line), none.",
    ),
]
Out = Annotated[
    Path | None,
    Parameter(
        name="--out",
        group=OUTPUT,
        converter=folder,
        help="Directory of the run, empty or new; one in runs/ when not given.",
    ),
]
Tasks = Annotated[Sequence[str], Parameter(name="--task", negative="", show_default=" ".join)]
"""Tasks by name or file, at least one."""
TrustTask = Annotated[bool, Parameter(name="--trust-task", negative="")]


def random_seed() -> int:
    """A seed for a run that names none: it is printed and recorded."""
    return int.from_bytes(os.urandom(4), "big")

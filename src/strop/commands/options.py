"""Flags that several commands share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter, Token

from strop.errors import ConfigurationError
from strop.sandbox.posture import PROTECTIONS
from strop.selection import SelectionName
from strop.spec import RunSpec

DEFAULTS = RunSpec()


def whole(kind: object, tokens: Sequence[Token]) -> int:
    """A whole number; a fraction is refused rather than rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


Whole = Annotated[int, Parameter(converter=whole)]


@Parameter(name="*")
@dataclass(frozen=True)
class ModelOptions:
    """Which language model, and what one improvement may spend."""

    lm: str = DEFAULTS.lm
    """offline (a built-in proposer, not a language model), offline:skill=0.8, openai/MODEL, ollama/MODEL, vllm/MODEL,
    llamacpp/MODEL or scripted:FILE."""
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


@Parameter(name="*")
@dataclass(frozen=True)
class GroundOptions:
    """Which instances, how many at once, and behind which protections."""

    instances: Literal["secret", "published"] = DEFAULTS.instances
    """secret: drawn from this run's secret; published: the paper's seeds, which are public."""
    jobs: Whole = DEFAULTS.jobs
    """Solutions evaluated at once; 0 means one for each core."""
    require: str | None = None
    """Protections without which nothing is run, separated by commas, or `none`; see strop doctor."""

    def required(self) -> tuple[str, ...] | None:
        """The protections asked for; None means the default ones."""
        if self.require is None:
            return None
        if self.require.strip() == "none":
            return ()
        names = tuple(name.strip() for name in self.require.split(","))
        unknown = sorted(set(names) - set(PROTECTIONS))
        if unknown:
            named = ", ".join(unknown).strip(" ,") or "nothing"
            raise ConfigurationError(f"--require names {named}; there are: {', '.join(PROTECTIONS)}; or none alone")
        return names


@Parameter(name="*")
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


def recipe(task: str, seed: int, model: ModelOptions, ground: GroundOptions, **rest: Any) -> RunSpec:
    """The recipe that the flags describe; `rest` are fields of it that only one command has."""
    return RunSpec(
        task=task,
        seed=seed,
        lm=model.lm,
        base_url=model.base_url,
        copies=model.copies,
        utility_budget=model.utility_budget,
        lm_budget=model.lm_budget,
        max_responses=model.max_responses,
        instances=ground.instances,
        jobs=ground.jobs,
        require=ground.required(),
        **rest,
    )


Json = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON document instead of tables.")]
Out = Annotated[
    Path | None, Parameter(name="--out", help="Directory of the run, empty or new; one in runs/ when not given.")
]
Tasks = Annotated[Sequence[str], Parameter(name="--task", negative="")]
"""Tasks by name or file, at least one."""
RUNS = Path("runs")
"""Where runs are kept when no directory is named."""


def random_seed() -> int:
    """A seed for a run that names none: it is printed and recorded."""
    return int.from_bytes(os.urandom(4), "big")

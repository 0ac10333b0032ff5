"""The options of the protocols of `strop reproduce`, by default the paper's."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.later import dataclass
from strop.options.choices import SelectionName
from strop.options.commands import Models
from strop.options.run import PAPER, MaxCost, Whole


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ProtocolOptions:
    """The model, the seeds and the size of a run."""

    model: Models = ()
    """The language model, or STROP_MODEL; see strop run --help."""
    runs: Whole = 5
    """Independent runs."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    seed: Whole = 0
    """Seed of the first run; run i has this + i."""
    iterations: Annotated[Whole, Parameter(alias="-T")] = PAPER["iterations"]
    """T: how often the improver improves itself in a run."""
    copies: Whole = PAPER["copies"]
    """|D|: copies of the task that an improver is measured on."""
    utility_budget: Whole = PAPER["utility_budget"]
    """Utility calls of one downstream improvement."""
    meta_budget: Whole = PAPER["meta_budget"]
    """Meta-utility calls of one self-improvement."""
    lm_budget: Whole = PAPER["lm_budget"]
    """LM calls of one improvement."""
    max_responses: Whole = PAPER["max_responses"]
    """Responses of one LM call."""
    instances: Literal["secret", "published"] = "secret"
    """secret: drawn from each run's secret; published: the paper's seeds, which are public."""
    small: bool = False
    """An affordable size, about $5 for fig4 with a small model; its values cannot be compared with the paper's. It
    keeps the sizes that you give."""
    require: str | None = None
    """Refuse to run unless these protections are enforced; see strop doctor."""
    max_cost: MaxCost = None
    """Dollars to spend on the language model in all runs together, those of earlier sessions included."""


@dataclass(frozen=True, kw_only=True)
class Fig4Options(ProtocolOptions):
    """Options of `fig4`."""

    runs: Whole = 5
    """Independent runs for each selection."""
    selections: Annotated[
        tuple[SelectionName, ...], Parameter(name="--selection", negative="", show_default=" ".join)
    ] = ("paper",)
    """paper, as in Figure 4; give it several times to draw several curves, from the same seeds."""


@dataclass(frozen=True, kw_only=True)
class Fig4WeakOptions(ProtocolOptions):
    """Options of `fig4-weak`."""

    runs: Whole = 25
    """Independent runs for each of the two selections, from the same seeds."""


@dataclass(frozen=True, kw_only=True)
class Table1Options(ProtocolOptions):
    """Options of `table1`."""

    runs: Whole = 1
    """Repetitions of each task, every one with instances of its own."""
    stop_runs: Whole = 5
    """STOP runs from which the improver is chosen; those of fig4 in the same directory count."""
    improver: str | None = None
    """A shipped improver, a file, or RUN:t to measure instead; then there are no STOP runs."""


@dataclass(frozen=True, kw_only=True)
class BaselinesOptions(ProtocolOptions):
    """Options of `baselines`."""

    runs: Whole = 10
    """Measurements of each improver, every one with instances of its own."""


@dataclass(frozen=True, kw_only=True)
class StrategiesOptions(ProtocolOptions):
    """Options of `strategies`."""

    runs: Whole = 5
    """Measurements of each strategy, every one with instances of its own."""

"""The options of the protocols of `strop reproduce`, by default the paper's."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.later import dataclass
from strop.options.choices import SelectionName
from strop.options.commands import Models
from strop.options.run import PAPER, MaxCost, Time, Whole, Workers


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ProtocolOptions:
    """The model, the seeds and the size of a run."""

    model: Models = ()
    """The language model, or STROP_MODEL; see `strop run --help`."""
    runs: Whole = 5
    """Independent runs."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    seed: Whole = 0
    """Seed of the first run. Each further run has the next number."""
    iterations: Annotated[Whole, Parameter(alias="-T")] = PAPER["iterations"]
    """How often the improver improves itself in a run: T of the paper."""
    copies: Whole = PAPER["copies"]
    """Copies of the task that an improver is measured on: |D| of the paper."""
    utility_budget: Whole = PAPER["utility_budget"]
    """Evaluations of candidates in one improvement, at most."""
    meta_budget: Whole = PAPER["meta_budget"]
    """Evaluations of û in one self-improvement, at most."""
    lm_budget: Whole = PAPER["lm_budget"]
    """LM calls in one improvement, at most."""
    max_responses: Whole = PAPER["max_responses"]
    """Responses in one LM call, at most."""
    instances: Literal["secret", "published"] = "published"
    """Which instances are drawn: `published` or `secret`. Published ones have the seeds of the authors' code, which are
    public, so that a program could know them. Secret ones are drawn from each run's secret."""
    texts: str = ""
    """Folder with the texts that models read, such as a checkout of the authors' repository, github.com/microsoft/stop;
    see `strop run --help-all`. Without it they are strop's own."""
    small: bool = False
    """Use an affordable size, about $5 for fig4 with a small model. Its values cannot be compared with the paper's.
    Sizes that you give are kept."""
    require: str | None = None
    """Protections without which nothing runs, separated by commas; see strop doctor."""
    max_cost: MaxCost = None
    """Dollars to spend on the language model in all runs together, those of earlier sessions included."""
    max_time: Time | None = None
    """Time of all runs together, such as `30m` or `12h`, that of earlier sessions included."""
    workers: Workers = ""
    """Processes for programs (default: one per core), or `dask:…` or `slurm:…`."""
    meta_model: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Language model that improves improvers. The other one improves programs. By default one model does both."""


@dataclass(frozen=True, kw_only=True)
class Fig4Options(ProtocolOptions):
    """Options of `fig4`."""

    runs: Whole = 5
    """Independent runs for each selection."""
    selections: Annotated[
        tuple[SelectionName, ...], Parameter(name="--selection", negative="", show_default=" ".join)
    ] = ("paper",)
    """Rule that replaces the improver: `paper`, as in Figure 4, `gated` or `archive`. Give it several times to draw
    several curves from the same seeds."""


@dataclass(frozen=True, kw_only=True)
class Fig4WeakOptions(ProtocolOptions):
    """Options of `fig4-weak`."""

    runs: Whole = 25
    """Independent runs for each of the two selections, from the same seeds."""


@dataclass(frozen=True, kw_only=True)
class BudgetsOptions(ProtocolOptions):
    """Options of `budgets`."""

    runs: Whole = 5
    """Independent runs with budgets that are enforced, and as many, from the same seeds, with budgets that are only told."""
    slack: Whole = 10
    """The real limit where budgets are only told, as a multiple of the budget that the improver sees. At least 2."""


@dataclass(frozen=True, kw_only=True)
class Table1Options(ProtocolOptions):
    """Options of `table1`."""

    runs: Whole = 1
    """Repetitions of each task. Secret instances are others in each."""
    stop_runs: Whole = 5
    """STOP runs from which the improver is chosen. Those of fig4 in the same directory count."""
    improver: str | None = None
    """Improver to measure instead: a name, a file, or `RUN:t`. There are then no STOP runs."""


@dataclass(frozen=True, kw_only=True)
class BaselinesOptions(ProtocolOptions):
    """Options of `baselines`."""

    runs: Whole = 10
    """Measurements of each improver. Secret instances are others in each."""


@dataclass(frozen=True, kw_only=True)
class StrategiesOptions(ProtocolOptions):
    """Options of `strategies`."""

    runs: Whole = 5
    """Measurements of each strategy. Secret instances are others in each."""

"""The result of `strop run`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from strop.analysis.search import Search
from strop.analysis.stats import Estimate
from strop.base.as_document import HIDDEN, computed
from strop.base.errors import EndedBy
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import Comparison
from strop.runs.results.parts import AnswerCounts, RecordedResult, Sample
from strop.runs.run_data import Costs, RunData


@dataclass(frozen=True)
class TaskSamples:
    """û of an improver on one of several tasks."""

    task: str
    """Name of the task."""
    train: Sample | None
    """û of I_t on the training split of the task. Null if it was not measured."""
    test: Sample | None
    """û of I_t on the held-out split of the task. Null if it was not measured."""


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """One iteration of Algorithm 1: the improver that it ended with, and what was measured of it."""

    t: int
    """Number of the iteration, from 0. It ends with the improver I_t."""
    accepted: bool
    """Whether I_t is the improver that the self-improvement returned. False in iteration 0."""
    reason: str
    """Why that improver was accepted or not, in words. May be empty."""
    train: Sample | None
    """û of I_t on the training split. Null if it was not measured."""
    test: Sample | None
    """û of I_t on the held-out split. Null if it was not measured."""
    lm_calls: int
    """LM calls of the iteration, with those of its gate and of its measurements."""
    evaluations: int
    """Evaluations of the tasks' programs in the iteration."""
    verdicts: Mapping[str, int]
    """How these evaluations ended: verdict → number of evaluations, such as `{"ok": 120, "timeout": 3}`."""
    seconds: float
    """Wall time of the iteration."""
    improver: str
    """SHA-256 of the text of I_t."""
    parent: int | None
    """Number of the iteration whose improver improved itself. Null in iteration 0."""
    gate: Comparison | None
    """The gate's comparison of the candidate with the incumbent. Null if there was none."""
    tasks: tuple[TaskSamples, ...]
    """û of I_t on each task, if there are several tasks. Else empty."""
    search: Search | None
    """How I_t searches. Null in a result that was read without it."""
    mean_lm_calls: float | None = None
    """Mean number of LM calls in one improvement by I_t. Null if none has ended."""
    mean_evaluations: float | None = None
    """Mean number of evaluations in one improvement by I_t. Null if none has ended."""


@dataclass(frozen=True, kw_only=True)
class FromSeed(Estimate):
    """How much better an accepted improver is than the seed improver on the held-out split, with its own 95% interval
    over new copies of both. The last one is that of the final comparison, if there was one, and is what `sentence`
    tells."""

    t: int
    """Number of the iteration whose improver it is, from 1."""
    before: float
    """û of the seed improver in this measurement."""
    of: str
    """What `n` counts: a `copy` that was measured after the iteration, or a `pair` of copies in the final
    comparison."""

    @computed
    def after(self) -> float:
        """û of the accepted improver in this measurement."""
        return self.before + self.mean

    @property
    def on(self) -> str:
        """`5 copies`, or `30 pairs of copies in the final comparison`."""
        return quantity(self.n, self.of) + " of copies in the final comparison" * (self.of == "pair")


@dataclass(frozen=True, kw_only=True)
class ComparisonCounts:
    """How often improvers were compared in a run."""

    candidates: int
    """Number of different improvers that self-improvements had evaluated."""
    meta_utility_calls: int
    """Number of evaluations of û."""
    gate_comparisons: int
    """Number of comparisons by gates."""
    gate_pairs: int
    """Number of pairs that the gates counted. Pairs that were measured ahead of time and not needed are not among
    them."""
    gate_accepted: int
    """Number of improvers that the gates accepted."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Trained(RecordedResult):
    """A run of Algorithm 1: the best improver, and how it was found. The run may be unfinished."""

    kind: str
    """What the record is of: `run`, or `replay` of a run."""
    tasks: tuple[str, ...]
    """The tasks as the command named them."""
    trained_on: tuple[str, ...]
    """Names of the tasks."""
    selection: str
    """The rule that replaced improvers: `paper`, `gated` or `archive`. Empty for a replay."""
    status: str
    """How the run stands: `finished`, `interrupted`, `failed`, `budget` (a limit is spent), `running`, or `unfinished`
    (its process was killed)."""
    detail: str
    """Why the run ended. Empty if it completed all its iterations."""
    ended_by: EndedBy | None
    """What ended the iterations early: the spent limit (`max_cost`, `max_tokens`, `max_calls` or `max_time`) or
    `finish`. Null if nothing did."""
    sentence: str
    """What may be said of the run. Empty for a replay."""
    explanation: str
    """One or two more sentences about the conclusion. May be empty."""
    said: tuple[str, ...] = ()
    """What to know about the run, one line for each fact: which texts were given (`--texts`)."""
    iterations: tuple[Iteration, ...]
    """The iterations in order. The first, iteration 0, measures the seed improver."""
    final_comparison: Comparison | None
    """The comparison of I_T with I_0 on held-out instances. Null if there was none."""
    from_seed: tuple[FromSeed, ...]
    """How much better each accepted improver is than the seed improver, if the two differ."""
    compared: ComparisonCounts
    """How often improvers were compared."""
    file: Path | None
    """File of the best improver, with this document beside it. Null if there is none yet."""
    best_t: int | None
    """Number of the iteration after which the best improver went on. 0 if none is better than the seed improver, and
    null if none was measured yet."""
    digest: str
    """SHA-256 of the text of the best improver. Empty if there is none yet."""
    improver: str = field(metadata=HIDDEN)
    """Text of the best improver. Empty if there is none yet."""
    own_score_because: Mapping[str, str]
    """Why a task's score is the program's own: task → reason. Only tasks of which that is so."""
    unused_evaluations: int
    """Evaluations that workers made ahead of time, and that no improver asked for. They cost no budget."""
    costs: Costs
    """What the run spent on its language model."""
    answers: AnswerCounts
    """What the responses of the language model hold."""
    searches: Mapping[str, Search] = field(metadata=HIDDEN)
    """SHA-256 of an improver → how it searches."""
    run: RunData = field(metadata=HIDDEN, compare=False)
    """Everything in the record."""

    def __repr__(self) -> str:
        return f"<Trained {self.digest[:12] or self.status}: in {self.file or self.directory}>"

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
    """û on one of several tasks."""

    task: str
    """Name of the task."""
    train: Sample | None
    """û of I_t on the training split of the task; null if it was not measured."""
    test: Sample | None
    """û of I_t on the sealed test split of the task; null if it was not measured."""


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """One iteration of Algorithm 1."""

    t: int
    """Iteration of Algorithm 1; it ends with the improver I_t."""
    accepted: bool
    """Whether I_t is what the self-improvement returned; false at t = 0."""
    reason: str
    """Why the improver was kept, or empty."""
    train: Sample | None
    """û of I_t on the training split; null if it was not measured."""
    test: Sample | None
    """û of I_t on the sealed test split; null if it was not measured."""
    lm_calls: int
    """LM calls, including the measurements."""
    evaluations: int
    """Evaluations of downstream solutions."""
    verdicts: Mapping[str, int]
    """Verdict → number of those evaluations, such as `{"ok": 120, "timeout": 3}`."""
    seconds: float
    """Wall time."""
    improver: str
    """SHA-256 of the text of I_t."""
    parent: int | None
    """The iteration whose improver improved itself."""
    gate: Comparison | None
    """Comparison of the candidate with the incumbent; null if there was none."""
    tasks: tuple[TaskSamples, ...]
    """û of I_t on each task, if there are several."""
    search: Search | None
    """How I_t searches; null in a result without searches."""
    mean_lm_calls: float | None = None
    """Mean LM calls of one improvement by I_t; null if none has ended."""
    mean_evaluations: float | None = None
    """Mean evaluations that one improvement by I_t asked for; null if none has ended."""


@dataclass(frozen=True, kw_only=True)
class FromSeed(Estimate):
    """û of an accepted improver minus û of I_0 on the sealed test split, with its own 95% interval over new copies of both. The
    last one is that of the final comparison, if there was one, and the one that `sentence` tells."""

    t: int
    """The iteration whose improver it is, 1 and up."""
    before: float
    """û of I_0 in this measurement."""
    of: str
    """What `n` counts: a `copy` measured after the iteration, or a `pair` of copies of the final comparison."""

    @computed
    def after(self) -> float:
        """û of I_t in this measurement."""
        return self.before + self.mean

    @property
    def on(self) -> str:
        """`5 copies`, or `30 pairs of copies`."""
        return quantity(self.n, self.of) + " of copies" * (self.of == "pair")


@dataclass(frozen=True, kw_only=True)
class ComparisonCounts:
    """How often improvers were compared."""

    candidates: int
    """Different improvers that self-improvements evaluated."""
    meta_utility_calls: int
    """Evaluations of û."""
    gate_comparisons: int
    """Comparisons of gates."""
    gate_pairs: int
    """Pairs that the gates counted; pairs that ran ahead are not among them."""
    gate_accepted: int
    """Candidates that the gates accepted."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Trained(RecordedResult):
    """A run of Algorithm 1, finished or not."""

    kind: str
    """`run`, or `replay` of one."""
    tasks: tuple[str, ...]
    """The tasks as the command named them."""
    trained_on: tuple[str, ...]
    """Names of the tasks."""
    selection: str
    """`paper`, `gated` or `archive`; empty unless `kind` is `run`."""
    status: str
    """`finished`, `interrupted`, `failed`, `budget` (a limit is reached), `running`, or `unfinished` (the process was
    killed)."""
    detail: str
    """Why the run ended; empty if it completed all its iterations."""
    ended_by: EndedBy | None
    """What ended the iterations before their end: `max_cost`, `max_tokens`, `max_calls`, `max_time` or `finish`; else null."""
    sentence: str
    """The conclusion; empty unless `kind` is `run`."""
    explanation: str
    """One or two sentences more; may be empty."""
    iterations: tuple[Iteration, ...]
    """In order. The first, t = 0, measures the seed improver."""
    final_comparison: Comparison | None
    """I_T with I_0 on sealed instances; null if they were not compared."""
    from_seed: tuple[FromSeed, ...]
    """Every accepted improver that differs from the seed improver, minus that."""
    compared: ComparisonCounts
    """How often improvers were compared."""
    file: Path | None
    """File of the best improver, with this document beside it; null if there is none yet."""
    best_t: int | None
    """The t at which the best improver became I_t; 0 if nothing better than the first was found, null until one is measured."""
    digest: str
    """SHA-256 of the best improver's text, or empty."""
    improver: str = field(metadata=HIDDEN)
    """Text of the best improver, or empty."""
    own_score_because: Mapping[str, str]
    """Task → why its score is the program's own; empty if somebody else computes every score."""
    unused_evaluations: int
    """Evaluations that workers made ahead and no improver asked for; they cost no budget."""
    costs: Costs
    """What the run spent on its language model."""
    answers: AnswerCounts
    """What the responses contain."""
    searches: Mapping[str, Search] = field(metadata=HIDDEN)
    """SHA-256 of an improver → how it searches."""
    run: RunData = field(metadata=HIDDEN, compare=False)
    """Everything in the record."""

    def __repr__(self) -> str:
        return f"<Trained {self.digest[:12] or self.status}: in {self.file or self.directory}>"

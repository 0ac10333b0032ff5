"""The result of `strop check`."""

from __future__ import annotations

from dataclasses import field

from strop.base.as_document import computed
from strop.base.later import dataclass
from strop.base.pluralize import mean_of, plain, quantity
from strop.base.results import ScoredBy
from strop.base.shown import Shown
from strop.tasks.function.task import CALLS, SECONDS


@dataclass(frozen=True)
class CheckProblem:
    """One thing that is wrong with a task."""

    what: str
    """What is wrong, and what showed it."""
    change: str
    """What to do about it; empty if there is nothing to do."""
    is_broken: bool = False
    """Whether no score of the task can be trusted. Other problems are only good to know."""
    printed: str = ""
    """What the original printed as it failed."""

    @computed
    def sentence(self) -> str:
        """Both, in one line."""
        begin = "Broken: " + self.what[:1] if self.is_broken else self.what[:1].upper()
        return f"{begin}{self.what[1:]}.{f' {self.change}.' if self.change else ''}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Shown):
    """What is wrong with a task."""

    task: str
    """Name of the task."""
    scored_by: ScoredBy
    """Who computes the score: host, judge, kernel or program."""
    scorer: str
    """The same in words."""
    problems: tuple[CheckProblem, ...] = ()
    """What is wrong, the worst first."""
    value: float | None = None
    """Utility of the original in training; null if it has none."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Mean of each metric of the original in training; empty if its scores are all there is."""
    scores: tuple[float, ...] = ()
    """Of the original on each training instance; 1/2 where it is compared with itself."""
    kinds_tried: int = 0
    """Kinds of spoiled answers that were scored."""
    tests: str = ""
    """What the user's tests show of the original; empty without tests."""
    held_out: int
    """Held-out instances."""
    can_show: str
    """What they can show."""

    @computed
    def broken(self) -> bool:
        """Whether no score of the task can be trusted; the exit code of the command is then 5."""
        return any(problem.is_broken for problem in self.problems)

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        count = sum(problem.is_broken for problem in self.problems)
        if count:
            return f"{self.task}: broken: {quantity(count, 'problem')}."
        outcome = f"{'no problems' if self.kinds_tried and not self.problems else 'nothing broken'} found"
        return f"{self.task}: {outcome}{' by these trials' if self.kinds_tried else '; there are no spoiled answers to try'}."

    @computed
    def lines(self) -> tuple[str, ...]:
        """What the command prints."""
        limits = [] if self.broken else [f"{self.can_show}."]
        if self.kinds_tried and not self.broken:
            limits = [f"Tried {quantity(self.kinds_tried, 'kind')} of spoiled answers; none is rewarded.", *limits]
        metrics, count = self.metrics or {"score": self.value or 0.0}, len(self.scores)
        measured = ", ".join(f"{name} {plain(value, 4)}" for name, value in metrics.items())
        original = [] if self.value is None else [f"The original has {measured} in training{mean_of(count)}."]
        if CALLS in metrics:
            timed = f"{quantity(count, 'batch')} of {quantity(round(metrics[CALLS]), 'different call')}"
            a_call = f"{plain(1000 * metrics[SECONDS])} ms of CPU time"
            original = [f"A call of the original takes {a_call} in training, timed in {timed}."]
        tests = [f"{self.tests[:1].upper()}{self.tests[1:]}."] if self.tests else []
        problems = [line for problem in self.problems for line in (problem.sentence, *problem.printed.splitlines())]
        return (f"Score: {self.scorer}.", *original, *tests, *problems, *limits, self.sentence)

    def __repr__(self) -> str:
        return f"<Checked {self.sentence}>"

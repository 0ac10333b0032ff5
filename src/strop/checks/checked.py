"""The result of `strop check`."""

from __future__ import annotations

from dataclasses import field

from strop.base.as_document import computed
from strop.base.later import dataclass
from strop.base.pluralize import mean_of, plain, quantity
from strop.base.printing import Printable
from strop.base.results import ScoredBy
from strop.tasks.function.batch_metrics import CALLS, SECONDS


@dataclass(frozen=True)
class CheckProblem:
    """One thing that is wrong with a target, and what to change."""

    what: str
    """What is wrong, and what showed it."""
    change: str
    """What to do about it. Empty if there is nothing to do."""
    is_broken: bool = False
    """Whether no score of the target can be trusted. Else the problem is only good to know."""
    printed: str = ""
    """What the original printed when it failed. May be empty."""

    @computed
    def sentence(self) -> str:
        """What is wrong and what to change, in one line."""
        begin = "Broken: " + self.what[:1] if self.is_broken else self.what[:1].upper()
        return f"{begin}{self.what[1:]}.{f' {self.change}.' if self.change else ''}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Printable):
    """What is wrong with a target, who computes its score, and what its held-out instances can show."""

    task: str
    """Name of the task."""
    scored_by: ScoredBy
    """Who computes the score: `host` (strop), `judge` (a command in a jail of its own), `kernel`, or `program` (the
    program's own process)."""
    scoring: str
    """Who computes the score, in words."""
    problems: tuple[CheckProblem, ...] = ()
    """What is wrong, the worst first."""
    value: float | None = None
    """Utility of the original in training, from 0 to 1. Null if it has none."""
    metrics: dict[str, float] = field(default_factory=dict)
    """What was measured of the original in training: metric → mean. Empty for a task that has only scores."""
    scores: tuple[float, ...] = ()
    """Score of the original on each training instance. It is 1/2 where the original is compared with itself."""
    kinds_tried: int = 0
    """Number of kinds of spoiled answers that were scored."""
    tests: str = ""
    """What the user's own tests show of the original, in words. Empty without tests."""
    held_out: int
    """Number of held-out instances."""
    can_show: str
    """Which difference the held-out instances can show, in words."""

    @computed
    def broken(self) -> bool:
        """Whether no score of the target can be trusted. The exit code of the command is then 5."""
        return any(problem.is_broken for problem in self.problems)

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        count = sum(problem.is_broken for problem in self.problems)
        if count:
            return f"{self.task} is broken: {quantity(count, 'problem')}."
        outcome = f"{'no problems' if self.kinds_tried and not self.problems else 'nothing broken'} found"
        return f"{self.task}: {outcome}{' by these trials' if self.kinds_tried else '; there are no spoiled answers to try'}."

    @computed
    def lines(self) -> tuple[str, ...]:
        """What the command prints, line by line."""
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
        return (f"Score: {self.scoring}.", *original, *tests, *problems, *limits, self.sentence)

    def __repr__(self) -> str:
        return f"<Checked {self.sentence}>"

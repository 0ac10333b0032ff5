"""The results of the instances of one evaluation of a command, collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from strop.base.results import Evaluation, Verdict, added
from strop.evaluation.commands.program_copy import CopyRun
from strop.evaluation.commands.same_build import SAME_BUILD
from strop.evaluation.feedback import Feedback
from strop.evaluation.outcomes import REPORT_CHARACTERS
from strop.tasks.base import Split
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.task import CommandTask

MOST_OUTPUT = 1000
"""Characters of an output that are recorded."""


class Tally:
    """Collects the results of the instances of one evaluation."""

    def __init__(self, task: CommandTask, split: Split) -> None:
        self._task, self._split = task, split
        self._scores: list[float] = []
        self._verdicts: list[Verdict] = []
        self._metrics: list[Mapping[str, float]] = []
        self._beside: list[Mapping[str, float]] = []
        self._answers: list[str] = []
        self._error = self.doubt = self._output = ""
        self._feedback = Feedback()
        self.failing: list[CopyRun] = []
        """The runs that gave values although calls of the program failed or took long."""
        self.cpu = self.wall = 0.0

    def built(self, failed: CopyRun | None) -> bool:
        """Whether the build, or the test, succeeded."""
        if failed is None:
            return True
        self.spent(0, failed)
        self._verdicts.append(failed.verdict)
        self._scores.append(0.0)
        self._error = failed.error
        return False

    def add(
        self, index: int, measured: CopyRun, beside: Mapping[str, float], expected: Behaviour | None = None
    ) -> bool:
        """Add one instance; returns whether it is right. `expected`: the original's behaviour, if it is compared."""
        self.spent(index, measured)
        if self._split == "test":
            self._output = self._output or measured.output.strip()[-MOST_OUTPUT:]
        verdict, error = measured.verdict, measured.error
        if measured.values:
            unmet = self._task.objective.unmet(measured.values)
            if measured.calls:
                self.failing.append(measured)
            self._metrics.append(dict(measured.values))
            self._beside.append(dict(beside))
            if unmet:
                verdict, error = "malformed", f"{unmet}\n{measured.tail}".rstrip()
            elif expected is not None and measured.behaviour is not None:
                self._answers.append(expected.name)
                # Nobody may see the expected output of a sealed instance.
                difference = expected.difference(measured.behaviour, quoted=self._split == "train")
                verdict, error = ("malformed", difference) if difference else (verdict, error)
        is_right = verdict == "ok"
        self._scores.append(self._task.objective.utility(measured.values, beside) if is_right else 0.0)
        self._verdicts.append(verdict)
        if not is_right:
            self._error = f"instance {index}: {error}"[:REPORT_CHARACTERS]
        return is_right

    def spent(self, index: int, measured: CopyRun) -> None:
        """Add the time of a run and the scorer's notes."""
        self.cpu += measured.cpu_seconds
        self.wall += measured.wall_seconds
        self._feedback.noted(index, measured.notes)

    def refused(self, words: str) -> Evaluation:
        """The evaluation if the scores of all instances turn out to be worth nothing."""
        self._scores, self._verdicts = [0.0] * self.count, ["malformed"] * self.count
        self._error = f"{words}\n{self._error}".rstrip()[:REPORT_CHARACTERS]
        return self.evaluation

    @property
    def count(self) -> int:
        """Instances so far."""
        return len(self._scores)

    @property
    def same_build(self) -> Evaluation:
        """The evaluation of a program of which the build makes the same files: the original's values, once."""
        same, beside = (0.5,) * self.count, tuple(self._beside)
        return replace(self.evaluation, value=0.5, scores=same, metrics=beside, beside=beside, notes=(SAME_BUILD,))

    @property
    def same(self) -> int:
        """The number of measurements if all gave the same values, of the original too; else 0."""
        pairs = list(zip(self._metrics, self._beside, strict=True))
        return len(pairs) if all(pair == pairs[0] for pair in pairs) else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """Feedback for improvers: of the training split only."""
        return self._feedback.notes if self._split == "train" else ()

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of all instances."""
        verdict: Verdict = next((one for one in self._verdicts if one != "ok"), "ok")
        return Evaluation(
            value=added(self._scores) / len(self._scores) if verdict == "ok" else 0.0,
            verdict=verdict,
            scores=tuple(self._scores),
            verdicts=tuple(self._verdicts),
            error=self._error,
            cpu_seconds=self.cpu,
            wall_seconds=self.wall,
            notes=self.notes,
            metrics=tuple(self._metrics),
            beside=tuple(self._beside),
            answers=tuple(self._answers),
            doubt=self.doubt,
            output=self._output,
        )

"""The result of `strop score`: one program of a task."""

from __future__ import annotations

from pathlib import Path

from strop.base.as_document import computed
from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import plain, quantity
from strop.base.printing import Printable
from strop.base.results import Evaluation, means_of
from strop.runs.claims.numbers import seconds_in_words
from strop.runs.spec import program_text
from strop.tasks.base import Split
from strop.tasks.command.bundle import bundled
from strop.tasks.command.task import AnyTask
from strop.tasks.function.batch_metrics import CALLS, SECONDS


@dataclass(frozen=True, repr=False, kw_only=True)
class Scored(Evaluation, Printable):
    """The score of one program on one split of a task."""

    task: str
    """Name of the task."""
    split: Split
    """The instances: `train` (those of training), `test` (the held-out ones) or `gate`."""
    own_score_because: str = ""
    """Why the score is the program's own, in words. Empty if somebody else computes it."""

    @computed
    def sentence(self) -> str:
        """What the program scores, in the task's own unit, and on how many instances it fails."""
        split, run = "test" if self.split == "test" else "training", len(self.verdicts)
        failed = run - self.verdicts.count("ok")
        fails = f"; {failed} failed" if failed else ""
        scores = self._measured if self.metrics else f"scores {self.value:.4f}"
        return f"The program {scores} on {self.task} ({split} split, {quantity(run, 'instance')}{fails})."

    @property
    def _measured(self) -> str:
        """Its metrics: `has combined_score 0.7 (the original 0.5)`, or of a timed function `takes 1.84 ms a call (the original
        1.9 ms)`."""
        original = means_of(self.original_metrics)
        if CALLS in self.means:
            others = f" (the original {seconds_in_words(original[SECONDS])})" if original else ""
            return f"takes {seconds_in_words(self.means[SECONDS])} a call{others}"
        values = {name: f" (the original {plain(value, 6)})" for name, value in original.items()}
        return "has " + ", ".join(
            f"{name} {plain(value, 6)}{values.get(name, '')}" for name, value in self.means.items()
        )

    def __repr__(self) -> str:
        return f"<Scored {self.task} {self.split}: {self.value:.4f}>"


def program_of(solution: Path, task: AnyTask) -> str:
    """The text of a solution: a file, or, for a command task of several files, a folder with those that differ.

    Raises:
        ConfigurationError: the file does not exist or is not UTF-8 text, or the folder has none of the task's files.
    """
    if not solution.is_dir():
        return program_text(solution, "solution")
    if not task.files:
        raise ConfigurationError(f"{solution} is a folder; a solution of {task.name} is a file")
    present = [path for path in task.files if (solution / path).is_file()]
    if not present:
        raise ConfigurationError(f"the folder {solution} has none of the files of {task.name}: {', '.join(task.files)}")
    return bundled(dict(task.files) | {path: program_text(solution / path, "solution") for path in present})

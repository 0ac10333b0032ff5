"""The search that `strop serve` offers to a coding agent: the agent sends programs, and one record holds their measurements."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from strop.api.job import perform
from strop.api.jobs import job_of
from strop.api.measuring import begun_or_new, measure_job, served, verdict_of
from strop.api.serving import Document
from strop.base.as_document import as_document
from strop.base.errors import ConfigurationError, SearchOver
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.options.commands import RUNS
from strop.runs.measuring import OVER
from strop.runs.patching.source_files import of_seed
from strop.runs.record import Record
from strop.runs.results.improved import Unfinished
from strop.runs.run_data import RunData
from strop.runs.run_directory import load_run, new_directory
from strop.store import FILE_NAME
from strop.tasks.command.bundle import ABSENT
from strop.tasks.command.task import scoring_line

ANSWER = "Your answer is a call of `measure`, with the whole new text of each file that you change, whatever else is named above."


class RecordedSearch:
    """An `OutsideSearch` whose measurements and verdict are in one record.

    Without a folder, the last served search of this target continues. If that search is over, its verdict is given again, so a
    client that reconnects gets no new budget.
    """

    def __init__(
        self,
        target: str,
        groups: Sequence[Any],
        scoring: dict[str, object],
        out: Path | None,
        *,
        seed: int | None = None,
    ) -> None:
        """`groups`: the groups of options that `strop measure` takes.

        Raises:
            ConfigurationError: the target does not exist, or the record in `out` is of something else.
        """
        self._folder = out or served(target) or new_directory(RUNS, "serve")
        self._begun = partial(begun_or_new, target, groups, scoring, self._folder, seed=seed, sealed=True)
        self._first = self._begun()
        self._task = self._first.goal.task
        self._original = self._first.goal.original or of_seed(self._task.seed)
        self._budget = self._first.spec.utility_budget
        self._verdict: Document = {}

    def task(self) -> str:
        """A text for the agent: the files that may change, how a program is scored, and what is left of the budget."""
        files = [
            f"=== {path}{' (does not exist yet)' if text == ABSENT else ''} ===\n{'' if text == ABSENT else text}"
            for path, text in self._original.files.items()
        ]
        left = "The search is over." if self._is_over() else self._left()
        head = f"Improve {self._first.goal.source}. {left}"
        return "\n\n".join([head, self._task.u_str.rstrip(), ANSWER, f"Score: {scoring_line(self._task)}", *files])

    def measure(self, files: Mapping[str, str]) -> Document:
        """Measure the original with the new texts of some of its files, in training.

        Raises:
            ConfigurationError: another file may not change, or the original cannot be scored.
            SearchOver: the verdict has been asked for, or the budget is spent.
        """
        if self._is_over():
            raise SearchOver(OVER.by, OVER.detail, "the search is over: its verdict was asked for")
        changeable = self._original.files
        if others := {*files} - {*changeable}:
            raise ConfigurationError(f"{escape(min(others), 200)} may not change; what may: {', '.join(changeable)}")
        text = self._original.plain({**changeable, **files})
        if self._made() >= self._budget:
            made = f"all {quantity(self._budget, 'measurement')} were made"
            raise SearchOver("max_calls", made, f"{made}; call verdict")
        search = self._begun() if self._has_record() else self._first
        document: Document = as_document(perform(measure_job(search, text=text), self._folder))
        return document

    def verdict(self) -> Document:
        """Compare the best measurement with the original. A verdict that was stopped continues.

        Raises:
            ConfigurationError: nothing was measured.
        """
        if not self._has_record():
            raise ConfigurationError("nothing was measured: call measure first")
        if not self._verdict:
            self._verdict = as_document(self._compared())
        return self._verdict

    def _compared(self) -> object:
        record, is_over = load_run(self._folder), self._is_over()
        job = verdict_of(record, trust=False)
        if not is_over:
            return perform(job)
        with Record.open(self._folder) as opened:
            result = job.read(opened) if job.read else None
        return perform(job_of(record, trust=False)) if isinstance(result, Unfinished) else result

    def ways_on(self) -> Sequence[str]:
        """Commands that continue the search or show its result, a line each; none before the first measurement."""
        if not self._has_record():
            return ()
        folder = shlex.quote(str(self._folder))
        if self._is_over():
            return (f"The result: strop show {folder}",)
        target = shlex.quote(self._first.goal.source)
        return f"To compare the best: strop verdict {folder}", f"To go on: strop serve {target} --out {folder}"

    def _has_record(self) -> bool:
        return (self._folder / FILE_NAME).is_file()

    def _is_over(self) -> bool:
        return self._has_record() and bool(self._run().search_ends)

    def _run(self) -> RunData:
        with Record.open(self._folder) as record:
            return record.run

    def _made(self) -> int:
        return self._run().measurements if self._has_record() else 0

    def _left(self) -> str:
        return f"{quantity(max(self._budget - self._made(), 0), 'measurement')} of {self._budget} left."

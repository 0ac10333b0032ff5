"""What the page of a run shows, read from its record.

Texts stay as an improver, a solution or a model wrote them: the templates escape them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, field
from functools import cached_property
from pathlib import Path
from typing import Any

from strop.analysis.stats import utility_interval
from strop.base.errors import StoreError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.report.html.highlight import highlight_nodes, patch_html
from strop.report.html.lineage import Node, describe, nodes_of
from strop.report.html.tables import TABULATED, Tables
from strop.report.terminal.phrases import model_line
from strop.runs.claims.facts import Fact, private_lines
from strop.runs.claims.improvement import spent_words
from strop.runs.claims.training import Conclusion, conclusion_of, copies_words, status_words
from strop.runs.record import Record
from strop.runs.result import result_of
from strop.runs.results.improved import Improved, Unfinished
from strop.runs.results.measured import Measured
from strop.runs.results.parts import Noted, counted_answers, noted
from strop.runs.results.program import ImprovedProgram
from strop.runs.results.suite import ComparedSuite, cells
from strop.runs.results.trained import Iteration
from strop.runs.run_data import RunData
from strop.runs.run_directory import OF_JOBS, ONE_RESULT
from strop.runs.train import iterations_of
from strop.runs.verified import Verified

OF_COMPARISONS = {
    "task",
    "seed",
    "least",
    "comparison_time",
    "family",
    "utility_budget",
    "workers",
    "require",
    "trust_scorer",
    "instances",
}
"""Settings of a comparison that needs no language model."""
Interval = tuple[float, float] | None
Baseline = tuple[str, float, Interval]
"""Name, mean, interval."""


@dataclass
class Page:
    """All that a page shows."""

    directory: Path
    run: RunData
    tables: Tables
    nodes: list[Node]
    measured: Measured | None
    cuts: list[str]
    """What the page omits or shortens, and where to find it: one sentence each."""
    audit: Sequence[Noted] = ()
    """What was noted while programs ran, by rule."""
    headline: Conclusion = field(default_factory=lambda: Conclusion("", ""))
    facts: Sequence[Fact] = ()
    """What stands behind the first line of an improvement."""
    patch: tuple[str, Sequence[str]] = ("", ())
    """Title and changed files, as safe HTML."""
    verified: Verified | None = None
    """The best construction of `strop improve`; None for other tasks."""
    used: str = ""
    """What the improver of `strop improve` used of its budgets."""

    @property
    def name(self) -> str:
        return self.directory.resolve().name

    @property
    def kind(self) -> str:
        """`run`, `improve`, `eval`, `compare`, `table2`; empty if the record does not say."""
        return self.run.meta.kind

    @property
    def command(self) -> str:
        """The command that wrote the record, without `strop`."""
        given = "compare" if self.run.meta.candidate else "improve"
        return given if self.kind in ("program", "suite") else self.kind

    @property
    def is_of_jobs(self) -> bool:
        """Whether other records, beside this one, hold what was evaluated."""
        return self.kind in OF_JOBS

    @property
    def task(self) -> str:
        """Names of the tasks."""
        return self.run.meta.task

    @property
    def model(self) -> str:
        """Which model answered, and whether it is one."""
        meta = self.run.meta
        return model_line(meta.model, meta.is_language_model)

    @property
    def selection(self) -> str:
        """How Algorithm 1 replaces its improver; empty for other commands."""
        return self.run.spec.selection if self.run.spec and self.kind == "run" else ""

    @property
    def settings(self) -> dict[str, Any]:
        """The configuration of the last session; for a comparison or a measurement only the settings that it uses."""
        settings = asdict(self.run.spec) if self.run.spec else {}
        names = settings if self.asks else OF_COMPARISONS & settings.keys()
        return {name: value for name, value in settings.items() if name in names}

    @property
    def asks(self) -> bool:
        """Whether a language model may be asked."""
        return self.kind not in ("compare", "measure")

    @property
    def is_of_programs(self) -> bool:
        """Whether its programs are the user's, and no improvers."""
        return self.kind in ONE_RESULT

    @property
    def environment(self) -> dict[str, Any]:
        """The versions and the platform that the record names."""
        return dict(self.run.start.environment) if self.run.start else {}

    @property
    def commands(self) -> dict[str, str]:
        """Purpose → command line for a shell: to resume a run that did not finish, or to replay one that did."""
        folder, kind, status = shlex.quote(str(self.directory)), self.kind, self.run.status
        if kind != "replay" and status not in ("finished", "running"):
            return {"resume": f"strop resume {folder}"}
        return {"replay": f"strop replay {folder}"} if kind == "run" and status == "finished" else {}

    @property
    def answers(self) -> str:
        """What the answers of the language model hold, in one sentence; may be empty."""
        return counted_answers(self.run.answers).sentence if self.kind != "table2" else ""

    @cached_property
    def iterations(self) -> tuple[Iteration, ...]:
        """The iterations as `strop run` reports them."""
        return iterations_of(self.run)

    @property
    def copies(self) -> str:
        return copies_words(self.iterations)

    @property
    def baselines(self) -> list[Baseline]:
        """The seed solutions, as they are before any improvement, and the seed improver on the held-out split."""
        baselines: list[Baseline] = []
        for scope, event in self.run.results.items():
            task, _, rest = scope.rpartition("seed")
            if rest in ("", "/test") and self.measured is None:
                of_task = f" of {task.strip('/')}" if task.strip("/") else ""
                name = f"seed solution{of_task}, u(s), {event.split} split"
                baselines.append((name, event.value, utility_interval(event.value, event.scores)))
        first = self.iterations[0] if self.iterations else None
        if first is not None and first.t == 0 and first.test:
            baselines.append((f"seed improver I_0, held-out û of {self.copies}", first.test.mean, first.test.interval))
        return baselines


def read_page(record: Record, result: object = None) -> Page:
    """The page of a record, of any command, finished or not. `result`: the record's result, if the caller has it already.

    Raises:
        StoreError: the record is damaged.
    """
    with record.again() as store:
        tables, run = Tables(store), record.run
        for stored in store.outline(*TABULATED):
            tables.add(stored)
        tables.end()
        improvers = run.meta.kind not in ONE_RESULT
        nodes, left_out = nodes_of(run, store)
        describe(nodes, run, store, improvers=improvers)
        cuts = [*tables.cuts(), *highlight_nodes(nodes)]
        if left_out:
            cuts.append(f"{left_out:,} candidates are not in the lineage; strop export writes them")
        page = Page(record.folder, run, tables, nodes, None, cuts, noted(run.notes))
        page.headline = _headline(record, page, result)
    return page


def _headline(record: Record, page: Page, result: object) -> Conclusion:
    """The sentence that the terminal prints of the run, and the detail below it."""
    ended = status_words(page.run.status, page.run.detail)
    on_task = f" on {page.task}" if page.task else ""
    evaluations = quantity(page.tables.totals["evaluations"], "evaluation")
    plainly = f"The record of strop {page.kind}{on_task}: {evaluations}."
    try:
        if page.kind == "run":
            return conclusion_of(page.run, page.iterations)
        result = result or result_of(record)
        if isinstance(result, Improved | Unfinished):
            return _improvement(result, page)
    except StoreError as error:  # the rest of the record can still be shown
        return Conclusion(plainly, f"The result cannot be computed: {error}.")
    if isinstance(result, ImprovedProgram):
        title, files, cuts = patch_html(result)
        page.patch, page.facts, page.cuts = (title, files), result.details, page.cuts + cuts
        quoted = result.whole_program.quoted if result.whole_program else ""
        return Conclusion(result.sentence, f"The output: {quoted}." if quoted else "")
    if isinstance(result, Measured):
        page.measured = result
        return Conclusion(result.sentence, " ".join(filter(None, [ended, *(f"{line}." for line in result.said)])))
    if isinstance(result, ComparedSuite):
        rows = ((one.name, ": ".join(filter(None, cells(one)[:2]))) for one in result.shown)
        page.facts = (*(Fact(*row) for row in rows), *result.details)
    return Conclusion(getattr(result, "sentence", "") or plainly, ended)


def _improvement(improved: Improved | Unfinished, page: Page) -> Conclusion:
    """The conclusion of an improvement. Also sets the page's facts, its construction and its patch."""
    if not isinstance(improved, Improved):
        return Conclusion(improved.sentence, "")
    page.verified = improved.verified
    page.used = f"The improver: {spent_words(improved)}." if improved.model else ""
    title, files, cuts = patch_html(improved)
    page.patch = title, files
    page.cuts += cuts
    page.facts = improved.details
    return Conclusion(improved.sentence, " ".join(f"{line[:1].upper()}{line[1:]}." for line in private_lines(improved)))

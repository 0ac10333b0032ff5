"""Several runs side by side: û of their improvers on the sealed split, what each cost, and how much the last improvers differ.

Every run is compared with the first, copy by copy; runs on other tasks have no difference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from strop.analysis.stats import estimate, score_difference
from strop.base.errors import ConfigurationError
from strop.report.chart import Chart, Point, Series
from strop.report.html.charts import Figure, in_words, span
from strop.report.html.page import Page, read_page
from strop.report.terminal.reading import reading
from strop.report.terminal.words import escape
from strop.runs.claims.numbers import interval_in_brackets, of_tasks
from strop.runs.run_directory import TASK_FOLDER
from strop.store import Store

MOST = 5
"""Runs that one figure can show."""
HOW = {
    "same": "the same tasks and sealed instances; the interval is for new copies on these",
    "other": "the same tasks, other sealed instances, whose choice the interval does not cover",
    "other tasks": "other tasks: their utilities cannot be subtracted",
}
LEVEL = 0.05
"""The share of comparisons in which an interval may miss; each has an equal part of it (Bonferroni)."""


@dataclass(frozen=True)
class ComparedRun:
    """One of the runs."""

    label: str
    """A, B, C, …"""
    page: Page
    instances: str
    """Equal for runs with the same tasks and sealed instances."""

    @property
    def values(self) -> list[list[float]]:
        """û of the last measured improver by task and copy; empty where none was measured."""
        last = next((event for event in reversed(self.page.run.iterations) if event.test), None)
        return [] if last is None else [list(values) for values in of_tasks(last.test, last.tasks or ("",))]

    @property
    def evaluations(self) -> int:
        """Of solutions, over its iterations."""
        return sum(event.evaluations for event in self.page.run.iterations)

    @property
    def tokens(self) -> int | None:
        """In and out; None where a server did not report them."""
        total = self.page.run.costs.total
        return None if total.unknown else total.input_tokens + total.output_tokens


@dataclass
class RunDifference:
    """û of the last improver of `second` minus that of `first`, on the sealed split."""

    first: str
    second: str
    instances: str
    """A key of HOW."""
    mean: float | None = None
    """None where the two cannot be subtracted, or one was not measured."""
    interval: tuple[float, float] | None = None
    """95%, for new copies; the intervals of all differences hold together."""

    @property
    def how(self) -> str:
        return HOW[self.instances]

    @property
    def sentence(self) -> str:
        """The difference in words."""
        if self.mean is None:
            why = "it works on other tasks" if self.instances == "other tasks" else "one of the two was not measured"
            return f"{self.second} and {self.first} cannot be compared: {why}"
        shown = self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]
        instances = "the same instances" if self.instances == "same" else "other instances"
        words = (
            f"{interval_in_brackets(self.interval, '+')}, {instances}, {'a' if shown else 'no'} significant difference"
        )
        return f"{self.second} ends {self.mean:+.3f} from {self.first} on the sealed split{words}"


@dataclass(frozen=True)
class RunsComparison:
    """Runs and their differences from the first."""

    runs: list[ComparedRun]
    differences: list[RunDifference]

    @property
    def sentence(self) -> str:
        """All differences in words."""
        return "; ".join(difference.sentence for difference in self.differences) + "."


def compared_page(directories: Sequence[Path]) -> Page:
    """The page of the first run, with the comparison of all runs.

    Raises:
        ConfigurationError: there are not several runs of `strop run`.
        StoreError: a record is damaged.
    """
    comparison = compare_runs(directories)
    page = comparison.runs[0].page
    page.comparison = comparison
    page.figures.insert(0, _figure(comparison))
    pages = [(run.label, run.page) for run in comparison.runs]
    unfinished = ", ".join(f"{label} ({other.run.status})" for label, other in pages if other.run.status != "finished")
    before = f"Not finished: {unfinished}. " if unfinished else ""
    before += "".join(f"{other.run.unverified}. " for _, other in pages if other is not page and other.run.unverified)
    detail = f"{before}The rest of this page shows run A only: {page.name}."
    page.headline = {"sentence": comparison.sentence, "detail": detail}
    return page


def compare_runs(directories: Sequence[Path]) -> RunsComparison:
    """The comparison alone. Raises as `compared_page`."""
    if not 2 <= len(directories) <= MOST:
        raise ConfigurationError(f"{len(directories)} runs: 2 to {MOST} can be compared")
    if len({directory.resolve() for directory in directories}) < len(directories):
        raise ConfigurationError("a run is named twice; name different runs")
    with ExitStack() as stack:
        stores = [stack.enter_context(Store.open(directory)) for directory in directories]
        for store in stores:
            kind = store.meta.get("kind", "run")
            if kind != "run":
                raise ConfigurationError(
                    f"{store.directory} is the record of strop {kind}: only records of strop run are compared"
                )
        runs = [
            _run(store, directory, chr(ord("A") + n))
            for n, (store, directory) in enumerate(zip(stores, directories, strict=True))
        ]
    differences = []
    for run in runs[1:]:
        with reading(run.page.directory):
            differences.append(_difference(runs[0], run, 1 - LEVEL / (len(runs) - 1)))
    return RunsComparison(runs, differences)


def _run(store: Store, directory: Path, label: str) -> ComparedRun:
    with reading(directory):
        page = read_page(store, directory)
        recipe = page.run.recipe
        secret = "published" if recipe.get("instances") == "published" else store.meta.get("secret", str(directory))
        # What decides the sealed instances: the tasks, their files, the version of strop, the secret that they are drawn from.
        tasks = [recipe.get("task"), recipe.get("further_tasks"), _files(directory / TASK_FOLDER)]
        return ComparedRun(label, page, json.dumps([tasks, secret, page.environment.get("strop", "")]))


def _files(folder: Path) -> list[tuple[str, str]]:
    """Every file of the tasks with its SHA-256."""
    files = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            with path.open("rb") as file:
                files.append((str(path.relative_to(folder)), hashlib.file_digest(file, "sha256").hexdigest()))
    return files


def _difference(first: ComparedRun, second: ComparedRun, confidence: float) -> RunDifference:
    same_tasks, same = first.page.task == second.page.task, first.instances == second.instances
    difference = RunDifference(first.label, second.label, "same" if same else "other" if same_tasks else "other tasks")
    pairs = [
        pair
        for ours, theirs in zip(second.values, first.values, strict=False)
        for pair in zip(ours, theirs, strict=False)  # the copies that both have
    ]
    if same_tasks and pairs:
        change = score_difference(*zip(*pairs, strict=True), confidence=confidence)
        difference.mean, difference.interval = change.mean, change.interval
    return difference


def _figure(comparison: RunsComparison) -> Figure:
    """Test û by iteration, a line for each run."""
    series, rows = [], []
    for number, run in enumerate(comparison.runs):
        points = []
        for event in run.page.run.iterations:
            interval = run.page.intervals.get(event.t)
            test = estimate(event.test) if event.test else None
            if test is not None:
                points.append(Point(event.t, test.mean, *(interval or ())))
            accepted = "-" if event.t == 0 else "yes" if event.accepted else "no"
            rows.append([f"{run.label}: {run.page.name}", str(event.t), *in_words(test), span(interval), accepted])
        series.append(Series(f"{run.label}: {escape(run.page.name, 24)}", points, number, "line"))
    return Figure(
        "comparison",
        "Runs compared: meta-utility by iteration",
        "Mean over the copies on the sealed test split. Bars: 95% interval of each run by itself; "
        "for whether two runs differ, see their difference.",
        Chart(series, "iteration t", "meta-utility û, sealed test split"),
        ["run", "t", "test û", "± s.e.", "95% interval", "accepted"],
        rows,
    )

"""Finished runs of Algorithm 1 as one curve with its spread over the runs (`strop plot`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias

from strop.analysis.stats import Estimate, mean, score_estimate
from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.lm.options import named
from strop.options.run import LimitOptions
from strop.report.chart import Chart, Point, Series, svg_file
from strop.report.terminal.phrases import model_line
from strop.reproduce.over_seeds import KIND, folder_of
from strop.runs.run_data import FRAME, RunData, read_run
from strop.runs.run_directory import command_of
from strop.store import Store

By: TypeAlias = Literal["t", "lm-calls"]
Bars: TypeAlias = Literal["stderr", "interval"]
MAY_DIFFER = {
    *vars(LimitOptions()),
    "seed",
    "task",
    "further_tasks",
    "model",
    "improver",
    "base_url",
    "workers",
    "require",
}
"""Fields of a configuration in which runs of one curve may differ, or that are compared in another way."""
DIGEST = 64
"""Letters of a digest."""
BARS = {"stderr": "± 1 standard error", "interval": "95% interval of the mean"}


@dataclass(frozen=True)
class FinishedRun:
    """A finished run of Algorithm 1."""

    folder: Path
    data: RunData

    @property
    def values(self) -> list[float]:
        """û of I_0, I_1, … on the sealed test split."""
        return [mean(event.test) for event in self.data.iterations if event.test]

    @property
    def calls(self) -> list[int]:
        """LM calls up to the end of each iteration."""
        return [*accumulate(event.lm_calls for event in self.data.iterations)]

    def facts(self) -> Iterator[tuple[str, object]]:
        """What runs of one curve have in common, each with its name."""
        meta, spec = self.data.meta, self.data.spec
        yield "the task", meta.task
        yield "the model", meta.model
        yield "the file of the task", meta.task_digests
        yield "the first improver", self.data.beginnings.get(0)
        for name, value in vars(spec).items() if spec else ():
            if name not in MAY_DIFFER:
                yield f"--{name.replace('_', '-')}", value


def finished_runs(names: Sequence[Path]) -> list[FinishedRun]:
    """The runs that `names` stand for; without a name the newest run. A folder of several runs stands for all of them.

    Raises:
        ConfigurationError: there is no such run, a run is named twice, has not ended, or is of another command.
        StoreError: a record is damaged.
    """
    finished: dict[Path, FinishedRun] = {}
    for directory in [find_run(name) for name in names] or [find_run(None)]:
        for run in _runs_in(directory):
            if finished.setdefault(run.folder.resolve(), run) is not run:
                raise ConfigurationError(f"{run.folder} is given twice")
    return [*finished.values()]


def _runs_in(directory: Path) -> Iterator[FinishedRun]:
    data = _read(directory)
    if data.meta.kind != KIND:
        yield _checked(directory, data)
        return
    folders = [folder_of(directory, seed) for seed in data.meta.seeds]
    if data.status != "finished":
        raise ConfigurationError(f"the runs in {directory} have not all ended. To continue: strop resume {directory}")
    for folder in folders:
        yield _checked(folder, _read(folder))


def _read(directory: Path) -> RunData:
    with Store.open(directory) as store:
        return read_run(store, kinds=FRAME)


def _checked(folder: Path, data: RunData) -> FinishedRun:
    if data.meta.kind != "run":
        raise ConfigurationError(f"{folder} is the record of {command_of(data.meta.kind)}; name runs of strop run")
    if data.status != "finished":
        raise ConfigurationError(f"the run in {folder} has not ended. To continue: strop resume {folder}")
    return FinishedRun(folder, data)


def check_alike(runs: Sequence[FinishedRun]) -> None:
    """Raises ConfigurationError if a run differs from the first in more than its seed, or is not independent of another."""
    first, secrets = runs[0], dict[bytes, FinishedRun]()
    for run in runs:
        for (name, value), (_, other) in zip(first.facts(), run.facts(), strict=True):
            if value != other:
                raise ConfigurationError(
                    f"{first.folder} and {run.folder} differ in {name}{_bracketed(value, other)}: one curve is of runs that "
                    "differ in the seed alone"
                )
        if run.data.ended_by:
            flag = f"--{run.data.ended_by.replace('_', '-')}"
            raise ConfigurationError(f"{run.folder} was ended by {flag}. To continue: strop resume {run.folder}")
        if (same := secrets.setdefault(run.data.meta.secret, run)) is not run:
            raise ConfigurationError(
                f"{same.folder} and {run.folder} have the same seed, so they are not independent; name one"
            )


def _bracketed(value: object, other: object) -> str:
    """Two different values in brackets; empty if they are digests, or no numbers or texts."""
    if (
        not all(isinstance(fact, str | int | float) and str(fact) for fact in (value, other))
        or len(str(value)) == DIGEST
    ):
        return ""
    first, second = named(str(value)), named(str(other))
    return f" ({first} and {second})" if first != second else f" ({value} and {other})"


def figure(runs: Sequence[FinishedRun], by: By, bars: Bars) -> str:
    """The mean of test û over the runs by iteration, or by LM calls, as the text of an SVG file.

    Raises:
        ConfigurationError: the runs do not belong on one curve.
    """
    check_alike(runs)
    meta, spec = runs[0].data.meta, runs[0].data.spec
    is_by_calls = by == "lm-calls"
    points, x_label = (_by_calls(runs), "LM calls") if is_by_calls else (_by_iteration(runs), "iteration t")
    drawn = [Point(x, estimate.mean, *(_ends(estimate, bars) if len(runs) > 1 else ())) for x, estimate in points]
    series = [Series("", drawn, form="dots" if is_by_calls else "line")]
    if is_by_calls:
        series.append(Series("", [Point(x, y) for x, y, *_ in drawn], form="steps"))
    chart = Chart(series, x_label, "test meta-utility û")
    title = f"Test meta-utility û on {meta.task} by {x_label}"
    return svg_file(chart, title, (_caption(runs, spec.selection if spec else "", by, bars), _model(runs)))


def _by_iteration(runs: Sequence[FinishedRun]) -> list[tuple[float, Estimate]]:
    last = max(len(run.values) for run in runs)
    extended = [run.values + run.values[-1:] * (last - len(run.values)) for run in runs]
    return [(t, score_estimate(values)) for t, values in enumerate(zip(*extended, strict=True))]


def _by_calls(runs: Sequence[FinishedRun]) -> list[tuple[float, Estimate]]:
    """(LM calls, mean test û) at each number of LM calls at which an iteration of a run ended.

    The curve begins when all runs have measured their first improver.
    """
    first = max(run.calls[0] for run in runs)
    counts = sorted({calls for run in runs for calls in run.calls if calls >= first})
    return [(count, score_estimate([_reached(run, count) for run in runs])) for count in counts]


def _reached(run: FinishedRun, calls: int) -> float:
    """û of the improver that a run had after so many LM calls."""
    return [value for value, made in zip(run.values, run.calls, strict=True) if made <= calls][-1]


def _ends(estimate: Estimate, bars: Bars) -> tuple[float, float]:
    if bars == "interval" and estimate.interval is not None:
        return estimate.interval
    return estimate.mean - (estimate.stderr or 0.0), estimate.mean + (estimate.stderr or 0.0)


def _caption(runs: Sequence[FinishedRun], selection: str, by: By, bars: Bars) -> str:
    """What the points and the bars are."""
    what, most = f"strop run {runs[0].data.meta.task} (selection {selection})", max(len(run.values) for run in runs)
    where = " A run counts with the improver that it had after so many LM calls." if by == "lm-calls" else ""
    if len(runs) == 1:
        return f"One run of {what}, so there is no interval over runs.{where}"
    early = sum(len(run.values) < most for run in runs)
    kept = "keeps its" if early == 1 else "keep their"
    ended = f" {quantity(early, 'run')} ended early and {kept} last improver." if early else ""
    mean_of = f"Mean over {len(runs)} runs of {what}, which differ in the seed alone"
    return f"{mean_of}; bars: {BARS[bars]} over the runs.{where}{ended}"


def _model(runs: Sequence[FinishedRun]) -> str:
    meta = runs[0].data.meta
    return model_line(meta.model, meta.is_language_model)

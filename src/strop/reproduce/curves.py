"""Finished runs of Algorithm 1 as one curve with its spread over the runs (`strop plot`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias

from strop.analysis.stats import Estimate, mean, score_estimate
from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError
from strop.base.events import LmResponded
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.lm.options import named
from strop.options.run import LimitOptions
from strop.report.chart import Chart, Point, Series, svg_file
from strop.report.terminal.phrases import model_line
from strop.reproduce.over_seeds import KIND
from strop.runs.meta import folder_of_seed
from strop.runs.run_data import FRAME, RunData, Spent, read_run
from strop.runs.run_directory import command_of
from strop.store import Store

By: TypeAlias = Literal["t", "lm-calls", "tokens", "dollars"]
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
LABELS: Mapping[By, str] = {"t": "iteration t", "lm-calls": "LM calls", "tokens": "tokens", "dollars": "dollars"}
BARS = {"stderr": "± 1 standard error", "interval": "95% interval of the mean"}


@dataclass(frozen=True)
class FinishedRun:
    """A finished run of Algorithm 1."""

    folder: Path
    data: RunData
    study: Path | None = None
    """The folder of several runs that it is of; None if it was named alone."""

    @property
    def values(self) -> list[float]:
        """û of I_0, I_1, … on the held-out split."""
        return [mean(event.test) for event in self.data.iterations if event.test]

    def spent(self, by: By) -> list[float]:
        """What was spent up to the end of each iteration: LM calls, tokens, or dollars.

        Raises:
            ConfigurationError: the server did not count tokens, or the price of a response is not known.
        """
        if by == "lm-calls":
            return [*accumulate(event.lm_calls for event in self.data.iterations)]
        every = defaultdict[str, Spent](Spent)
        with Store.open(self.folder) as store:
            for stored in store.events(LmResponded):
                every[stored.event.scope.partition("/")[0]].add(stored.event)
        own = [every[f"t{event.t}"] for event in self.data.iterations]
        amounts = [spent.tokens if by == "tokens" else spent.dollars for spent in own]
        if None in amounts:
            raise ConfigurationError(f"the {by} of {self.folder} are not known: draw it --by lm-calls")
        return [*accumulate(amount for amount in amounts if amount is not None)]

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
    folders = [folder_of_seed(directory, seed) for seed in data.meta.seeds]
    if data.status != "finished":
        raise ConfigurationError(f"the runs in {directory} have not all ended. To continue: strop resume {directory}")
    for folder in folders:
        yield replace(_checked(folder, _read(folder)), study=directory)


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
    """The mean of held-out û over the runs by iteration, or by what was spent, as the text of an SVG file.

    Each folder of several runs is a curve of its own; runs that are named alone are one together.

    Raises:
        ConfigurationError: runs do not belong on one curve, or curves in one figure.
    """
    studies = dict[Path | None, list[FinishedRun]]()
    for run in runs:
        studies.setdefault(run.study, []).append(run)
    for own in studies.values():
        check_alike(own)
    (first, *others), series = [*studies.values()], list[Series]()
    if other := next((own for own in others if own[0].data.meta.tasks != first[0].data.meta.tasks), None):
        raise ConfigurationError(
            f"{first[0].folder} and {other[0].folder} are of different tasks: û cannot be compared"
        )
    for look, (study, own) in enumerate(studies.items()):
        points, name = _by_iteration(own) if by == "t" else _by_spent(own, by), study.name if study and others else ""
        drawn = [Point(x, estimate.mean, *(_ends(estimate, bars) if len(own) > 1 else ())) for x, estimate in points]
        series.append(Series(name, drawn, look, form="line" if by == "t" else "dots"))
        if by != "t":
            series.append(Series("", [Point(x, y) for x, y, *_ in drawn], look, form="steps"))
    meta, spec, x_label = first[0].data.meta, first[0].data.spec, LABELS[by]
    title = f"Test meta-utility û on {meta.task} by {x_label}"
    lines = list[str]()
    for study, own in studies.items():
        caption = _caption(own, spec.selection if spec else "", by, bars)
        lines += [f"{study.name}: {caption} {_model(own)}"] if study and others else [caption, _model(own)]
    return svg_file(Chart(series, x_label, "test meta-utility û"), title, (*dict.fromkeys(lines),))


def _by_iteration(runs: Sequence[FinishedRun]) -> list[tuple[float, Estimate]]:
    last = max(len(run.values) for run in runs)
    extended = [run.values + run.values[-1:] * (last - len(run.values)) for run in runs]
    return [(t, score_estimate(values)) for t, values in enumerate(zip(*extended, strict=True))]


def _by_spent(runs: Sequence[FinishedRun], by: By) -> list[tuple[float, Estimate]]:
    """(what was spent, mean held-out û) wherever an iteration of a run ended.

    The curve begins when all runs have measured their first improver.
    """
    spent = [run.spent(by) for run in runs]
    first = max(amounts[0] for amounts in spent)
    ends = sorted({amount for amounts in spent for amount in amounts if amount >= first})
    return [(end, score_estimate([_reached(*pair, end) for pair in zip(runs, spent, strict=True)])) for end in ends]


def _reached(run: FinishedRun, spent: Sequence[float], end: float) -> float:
    """û of the improver that a run had when it had spent so much."""
    return [value for value, amount in zip(run.values, spent, strict=True) if amount <= end][-1]


def _ends(estimate: Estimate, bars: Bars) -> tuple[float, float]:
    if bars == "interval" and estimate.interval is not None:
        return estimate.interval
    return estimate.mean - (estimate.stderr or 0.0), estimate.mean + (estimate.stderr or 0.0)


def _caption(runs: Sequence[FinishedRun], selection: str, by: By, bars: Bars) -> str:
    """What the points and the bars are."""
    what, most = f"strop run {runs[0].data.meta.task} (selection {selection})", max(len(run.values) for run in runs)
    where = f" A run counts with the improver that it had after so many {LABELS[by]}." if by != "t" else ""
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

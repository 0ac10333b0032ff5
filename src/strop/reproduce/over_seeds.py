"""Several runs of Algorithm 1 that differ in the seed alone (`strop run --seeds`): cells, with a record of their folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from strop.analysis.stats import Estimate, least_pairs
from strop.api.cells import Cell, CellResult, Limits, Progress, carry_out
from strop.api.job import Begun, Job, ViewOfJobs
from strop.api.jobs import MAKERS
from strop.api.target import plain_name, sources_of
from strop.api.training import train_job
from strop.base.as_document import computed
from strop.base.errors import ConfigurationError, RecordChanged, StoreError
from strop.base.later import dataclass
from strop.base.printing import print_result
from strop.options.run import LimitOptions
from strop.report.terminal.layout import SENTENCE, near, say
from strop.report.terminal.live import View
from strop.report.terminal.phrases import model_line
from strop.report.terminal.tables import print_table
from strop.reproduce.protocol import MOST_RUNS
from strop.runs.claims.numbers import written
from strop.runs.claims.over_runs import over_runs_words
from strop.runs.claims.training import status_words
from strop.runs.context import RunContext
from strop.runs.meta import Meta, folder_of_seed
from strop.runs.plan import Formula
from strop.runs.record import Record
from strop.runs.results.parts import RecordedResult
from strop.runs.results.trained import Trained
from strop.runs.run_data import TotalPrice
from strop.runs.run_directory import RunRecord, ways_on
from strop.runs.spec import RunSpec
from strop.runs.train import read_trained
from strop.tasks.command.task import AnyTask

KIND = "seeds"


@dataclass(frozen=True)
class SeedRun:
    """One of several runs that differ in the seed alone."""

    seed: int
    """Seed of the run."""
    directory: Path
    """Directory of its record."""
    status: str
    """How the run stands: `finished`, `interrupted`, `failed`, `budget`, `running`, `unfinished`, or `not begun`."""
    iterations: int = 0
    """Number of iterations that the run made."""
    before: float | None = None
    """û of I_0 on the held-out split. Null unless the run has finished."""
    after: float | None = None
    """û of the run's last improver on the held-out split. Null unless the run has finished."""
    lm_calls: int = 0
    """LM calls of the run, with those of its measurements."""
    sentence: str = ""
    """What may be said of this run. Empty if it has not begun."""

    @computed
    def change(self) -> float | None:
        """û of the last improver minus û of I_0. Null unless the run has finished."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, kw_only=True, repr=False)
class OverSeeds(RecordedResult):
    """Several runs of Algorithm 1 that differ in the seed alone, and what the finished ones show. They may be
    unfinished. Their records are in its directory."""

    kind: str = KIND
    """What the record is of: always `seeds`."""
    trained_on: tuple[str, ...]
    """Names of the tasks."""
    selection: str
    """The rule that replaced improvers: `paper`, `gated` or `archive`."""
    status: str
    """How the work stands: `finished`, `interrupted`, `failed`, `budget` (a limit is spent), `running`, or `unfinished`
    (its process was killed)."""
    detail: str
    """Why the work ended. Empty if all runs have finished."""
    sentence: str
    """What all finished runs show, with runs as the unit. It says nothing of other runs."""
    runs: tuple[SeedRun, ...]
    """All runs by seed, with those that have not begun."""
    change: Estimate | None
    """How much better the last improver is than I_0 on the held-out split, as a mean over the finished runs. It has a 95%
    interval if enough runs have finished. Null if none has."""
    costs: TotalPrice
    """The price of all LM calls of all runs."""


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """`count` consecutive seeds, beginning with `first`.

    Raises:
        ConfigurationError: `count` is out of its range.
    """
    if not 1 <= count <= MOST_RUNS:
        raise ConfigurationError(f"--seeds is {count}; it must be between 1 and {MOST_RUNS}")
    return tuple(range(first, first + count))


def over_seeds_job(
    spec: RunSpec, tasks: tuple[AnyTask, ...], improver: str, seeds: tuple[int, ...], sources: tuple[str, ...] = ()
) -> Job[OverSeeds]:
    """A run of Algorithm 1 from the text `improver` for each seed. `sources`: what the tasks were loaded from, unless the spec
    names it."""
    few = len(seeds) < least_pairs()
    return Job(
        kind=KIND,
        spec=spec,
        tasks=tasks,
        do=partial(_carry_out, improver=improver, seeds=seeds, sources=sources or spec.tasks),
        read=read_over_seeds,
        improver=improver,
        meta=Meta(improver=improver, seeds=seeds),
        name=f"{plain_name(spec.task)}-seeds",
        estimate=lambda formula: Formula.run(formula).times(len(seeds)),
        warning=f"an interval over runs needs at least {least_pairs()} of them: --seeds {least_pairs()}" if few else "",
        of_jobs=True,
    )


MAKERS[KIND] = lambda record, tasks: over_seeds_job(
    record.spec, tasks, record.improver, record.meta.seeds, sources_of(record.again(trust=True))
)


@dataclass(frozen=True, kw_only=True)
class _SeededRun(Cell):
    """The cell of one seed."""

    context: RunContext
    improver: str
    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        return folder_of_seed(Path(), self.spec.seed).name

    def tasks(self) -> tuple[AnyTask, ...]:
        return self.context.parts.tasks

    def job(self, spec: RunSpec) -> Job[Any]:
        return replace(train_job(spec, self.tasks(), self.improver), sources=self.sources)

    def continued(self, record: RunRecord) -> Job[Any]:
        record.check_kept()  # its tasks are those of the folder's record, which says whom to trust
        begun = Begun(record.secret, self.sources, record.directory, record.proof)
        return replace(train_job(record.spec, self.tasks(), record.improver), begun=begun)

    def view(self, job: Job[Any]) -> View:
        view = self.context.observer
        return view.of(job) if isinstance(view, ViewOfJobs) else View()

    def carry_out(self, folder: Path, record: RunRecord | None, limits: Limits) -> CellResult:
        self.context.journal.check_going_on()
        return super().carry_out(folder, record, limits)


def _carry_out(context: RunContext, improver: str, seeds: Sequence[int], sources: tuple[str, ...]) -> None:
    """Carry out the runs that are not finished.

    Raises:
        StropError: the host failed, a limit is spent, or the user stopped the command; finished work is kept.
    """
    spec = replace(context.parts.spec, **vars(LimitOptions()) | {"give_up_after": context.parts.spec.give_up_after})
    cells = [
        _SeededRun(spec=replace(spec, seed=seed), context=context, improver=improver, sources=sources) for seed in seeds
    ]
    view = context.observer
    progress = Progress("run", quiet=not isinstance(view, ViewOfJobs) or view.mode == "none")
    names = (name for name in vars(LimitOptions()) if name.startswith("max_"))
    limits = {name: limit for name in names if (limit := getattr(context.parts.spec, name)) is not None}
    carry_out(cells, context.folder, progress, limits, within="", again="")


def runs_in(record: Record) -> list[tuple[int, Path, Trained | None]]:
    """(seed, folder, result) of each run of a folder's record. The result of a run that has not begun is None."""
    folders = [(seed, folder_of_seed(record.folder, seed)) for seed in record.run.meta.seeds]
    return [(seed, folder, _result_in(folder, seed)) for seed, folder in folders]


def _result_in(folder: Path, seed: int) -> Trained | None:
    try:
        with Record.open(folder) as record:
            spec = record.run.spec
            if spec is not None and spec.seed != seed:
                raise RecordChanged(f"{folder} holds a run of another seed, {spec.seed}; put back what was there")
            return replace(read_trained(record), record=None)
    except RecordChanged:
        raise
    except StoreError:  # there is no record, or it is incomplete
        return None


def read_over_seeds(record: Record) -> OverSeeds:
    """What all runs of a folder show, finished or not.

    Raises:
        StoreError: the record of a run is damaged.
    """
    run, spec, seeded_runs = record.run, record.run.spec, runs_in(record)
    if spec is None:
        raise StoreError(f"{record.folder} is incomplete: it has no configuration")
    rows = tuple(_row(*seeded) for seeded in seeded_runs)
    sentence, change = over_runs_words(
        [(row.before, row.after) for row in rows if row.before is not None and row.after is not None],
        of=len(rows),
        early=sum(row.status == "finished" and row.iterations < spec.iterations for row in rows),
        meta=run.meta,
    )
    results = [trained for _, _, trained in seeded_runs if trained is not None]
    return OverSeeds(
        directory=record.folder,
        trained_on=run.meta.tasks,
        model=run.meta.model,
        is_language_model=run.meta.is_language_model,
        selection=spec.selection,
        status=run.status,
        detail=run.detail,
        unverified=run.unverified or next((trained.unverified for trained in results if trained.unverified), ""),
        waived=next((trained.waived for trained in results if trained.waived), ""),
        sentence=sentence,
        runs=rows,
        change=change,
        costs=sum((trained.costs.price for trained in results), TotalPrice()),
    )


def _row(seed: int, folder: Path, trained: Trained | None) -> SeedRun:
    if trained is None:
        return SeedRun(seed, folder, "not begun")
    made, calls = [iteration.t for iteration in trained.iterations], trained.costs.total.lm_calls
    is_whole = trained.status == "finished" and trained.ended_by is None
    ends = [iteration.test.mean for iteration in trained.iterations if iteration.test] if is_whole else []
    before, after = (ends[0], ends[-1]) if ends else (None, None)
    status = trained.status if trained.ended_by is None else f"ended by --{trained.ended_by.replace('_', '-')}"
    return SeedRun(seed, folder, status, max(made, default=0), before, after, calls, trained.sentence)


@print_result.register(OverSeeds)
def print_over_seeds(over_seeds: OverSeeds, console: Console, *, full: bool = False) -> None:
    """Print the sentence and one row a run; with `full` also the sentence of each run."""
    say(console, over_seeds.unverified, style="bold yellow")
    say(console, over_seeds.waived, style="bold yellow")
    say(console, over_seeds.sentence, style="bold", limit=SENTENCE)
    say(console, model_line(over_seeds.model, over_seeds.is_language_model))
    rows = [
        (
            str(run.seed),
            run.status,
            *("-" if value is None else f"{value:.3f}" for value in (run.before, run.after)),
            "-" if run.change is None else written(run.change, sign="+"),
            str(run.lm_calls),
        )
        for run in over_seeds.runs
    ]
    print_table(console, ("seed", "status", "û of I_0", "û of the last", "change", "LM calls"), rows)
    for run in over_seeds.runs if full else ():
        say(console, f"seed {run.seed}: {run.sentence or 'not begun'}", limit=SENTENCE)
    if over_seeds.costs.in_words:
        say(console, f"LM cost: {over_seeds.costs.in_words}")
    if over_seeds.status not in ("finished", "running"):
        say(console, status_words(over_seeds.status, over_seeds.detail))
        for line in ways_on(near(over_seeds.directory), over_seeds.kind, ""):
            say(console, line)
    if over_seeds.status == "finished":
        say(console, f"one run: strop show {near(over_seeds.runs[0].directory)}")
        say(console, f"the figure: strop plot {near(over_seeds.directory)} --out figure.svg")

"""strop run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.analysis.stats import mean
from strop.api.arguments import recipe_of
from strop.api.finding import any_improver_text, tasks_of
from strop.api.recording import recorded
from strop.api.training import KIND, finish
from strop.base.errors import ConfigurationError
from strop.cli.commands.forking import FORK, fork_of, inherited, learn, seen_from, tell
from strop.cli.commands.options import DEFAULTS, RUNS, OutputOptions, Rare, Switch, TrustTask, Whole
from strop.cli.commands.output import announce, print_document, reported, results, results_alone
from strop.cli.commands.result import show_result
from strop.lm.options import members, read_spec
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import check
from strop.report.terminal.live import Mode
from strop.report.terminal.plan import plan_document, print_plan
from strop.report.tracking import Track
from strop.runs.assembly import RunOrigin, assembled, loaded, meta_description, settings_of
from strop.runs.cost_estimate import Assumptions, appetite_of, planned
from strop.runs.options import OPTIONS, CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions, SelectionOptions
from strop.runs.run_directory import RunRecord, new_directory, on_kept_trees
from strop.runs.spec import RunSpec, improver_text
from strop.runs.train import run


@dataclass(frozen=True)
class Start:
    """What a run starts from."""

    tasks: tuple[str, ...]
    seed: int | None
    """None: a random one."""
    improver: str
    """The name of I_0."""
    text: str
    """I_0."""
    fork: RunRecord | None
    """The run that `--replay` names."""


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True)
class StartOptions:
    """Where the run starts."""

    improver: str = DEFAULTS.improver
    """Improver to start from, I_0: a name, a file, or RUN:t. `strop list improvers` lists the names; RUN:t is the improver of
    another run after iteration t, and the run is on the tasks of that run if none is named."""
    seed: Whole | None = None
    """Seed of all random draws, together with this machine's key. A random one by default."""
    replay: Annotated[Path | None, Rare] = None
    """Run to start again: with its configuration where no option says otherwise, and its responses as far as they reach; then
    the model is asked."""
    trust_task: Annotated[TrustTask, Rare] = False

    def resolve(self, tasks: tuple[str, ...]) -> Start:
        """The start that these options and the tasks of the command line describe.

        Raises:
            ConfigurationError: they contradict each other, or something that they name does not exist.
        """
        if "" in tasks:
            raise ConfigurationError(
                "the task is an empty text; strop list tasks lists the tasks, and lpn is the default"
            )
        if self.replay is not None:
            if tasks or self.seed is not None or self.improver != DEFAULTS.improver:
                raise ConfigurationError("--replay takes task, seed and I_0 from the run; name none of them")
            fork = fork_of(self.replay)
            return Start(fork.spec.tasks, fork.spec.seed, fork.spec.improver, fork.improver, fork)
        tasks = tasks or tasks_of(self.improver) or (DEFAULTS.task,)
        return Start(tasks, self.seed, self.improver, any_improver_text(self.improver), None)


def run_command(
    *task: str,
    begin: StartOptions = StartOptions(),
    selection: SelectionOptions = SelectionOptions(),
    model: ModelOptions = ModelOptions(),
    budget: CopiesOptions = CopiesOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: Annotated[bool, Switch] = False,
) -> int:
    """Run STOP (Algorithm 1 of the paper): improve an improver with itself. Writes the best improver and its card.

    Parameters
    ----------
    task
        Tasks: names, files with a strop.Task, or folders with a strop.toml. With several, û is the mean.
        By default lpn, or the tasks of the run that --improver RUN:t names.
    dry_run
        Estimate what the run takes (least, expected, most), and do nothing.
    """
    start = begin.resolve(task)
    announce(environment.instances)
    groups = (selection, model, budget, limits, environment)
    spec, origin = recipe_of(start.tasks, *groups, seed=start.seed, improver=start.improver), None
    if start.fork is not None:
        spec, origin = inherited(spec, start.fork), start.fork.origin(os.environ, trust=begin.trust_task)
    if dry_run:
        return show_plan(spec, start.text, (origin or spec).tasks, as_json=output.as_json)
    directory = output.out or new_directory(RUNS, spec.task)
    with reported(directory, output.no_report):
        carry_out(start, spec, origin, directory, output.tracks(), output.shown)
        finish(directory)
        show_result(directory, as_json=output.as_json)
    return 0


def carry_out(
    start: Start,
    spec: RunSpec,
    origin: RunOrigin | None,
    directory: Path,
    tracks: Sequence[Track],
    show: Mode,
) -> None:
    """Carry out Algorithm 1 in a new directory.

    Raises:
        StropError: the host failed or was stopped; what was done is kept.
    """
    fork = start.fork
    meta = {"improver": start.text} | ({FORK: seen_from(directory, fork)} if fork else {})
    with (
        results_alone(),
        assembled(spec, os.environ, origin) as parts,
        recorded(parts, directory, KIND, meta, tracks, show) as journal,
    ):
        if fork:
            learn(parts, fork.directory)
        run(on_kept_trees(parts, directory), start.text, directory, journal)
    if fork:
        tell(parts.language_model, fork)


def show_plan(spec: RunSpec, improver: str, sources: Sequence[str], *, as_json: bool) -> int:
    """Print the plan of a run that begins from the text `improver`; its tasks are loaded from `sources`.

    Raises:
        ConfigurationError: the recipe names something that is not there, or limits money where no price is known.
    """
    spec = spec.checked()
    if Path(spec.improver).name == spec.improver and improver == improver_text("seed"):
        spec = replace(spec, improver="seed")
    check(spec.model)
    tasks = loaded(sources)
    known = tariffs(spec.model, replace(settings_of(spec), url=spec.base_url), os.environ)
    if spec.max_cost is not None:
        check_cost_limit(known)
    template = len(improver_text("seed").encode())
    ground = Assumptions(
        solution_prompt=template + _mean(len(each.seed.encode()) + len(each.told.encode()) for each in tasks),
        improver_prompt=template + len(improver.encode()) + len(meta_description(spec).encode()),
        solution=_mean(len(each.seed.encode()) for each in tasks),
        improver=len(improver.encode()),
        instances=1 if len(tasks) > 1 else tasks[0].count("train"),
        time_limit=mean([each.count("train") * each.time_limit for each in tasks])
        if len(tasks) > 1
        else tasks[0].time_limit,
        tariffs=known,
        weights=[read_spec(each)[1].weight for each in members(spec.model)],
        appetite=appetite_of(spec.model),
    )
    found = planned(spec, ground)
    if as_json:
        print_document(plan_document(found, spec, known))
    else:
        print_plan(found, spec, known, results())
    return 0


def _mean(lengths: Iterable[int]) -> int:
    """Of several tasks: every one of them is improved as often."""
    return round(mean(list(lengths)))

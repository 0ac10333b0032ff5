"""strop eval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.options.commands import DryRun, OutputOptions, Tasks
from strop.options.run import DEFAULT_TASK, CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions, Whole

Agents = Annotated[tuple[Path, ...], Parameter(name="--agent", negative="", show_default=False)]


def eval_command(
    improver: str,
    /,
    *others: str,
    against: str | None = None,
    agent: Agents = (),
    task: Tasks = (DEFAULT_TASK,),
    seed: Whole = 0,
    model: ModelOptions = ModelOptions(),
    budget: CopiesOptions = CopiesOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: DryRun = False,
) -> int:
    """Measure improvers on tasks: beside the seed improver (Table 1) or another one, or one against another.

    Every improver gets the same instances and budgets.

    Parameters
    ----------
    improver
        Improver: a name (`strop list improvers`), a file, `RUN:t`, or a folder of `strop run --seeds`. `RUN:t` is the improver of
        a run after iteration t. A folder stands for the last improver of each of its runs, which are then the unit.
    others
        Further improvers.
    against
        Improver to compare with: which is better, by how much, and what each spent. An improver that is compared with itself
        shows what chance does. Of several improvers, all are measured beside this one in place of the seed improver.
    agent
        Record of strop measure, a search by somebody else, which is measured as the improver `agent`. Each of several records is
        a copy of its task. What the search cost is unknown.
    task
        Task: a name, a file with a `strop.Task`, or a folder with a strop.toml. May be given several times.
    seed
        Seed of all random draws, together with this machine's key.
    """
    from strop.api.conventions import make_spec
    from strop.api.lookup import improvers_in
    from strop.api.measurement import agent_in, loaded_for, measure_job, measured, with_copies
    from strop.cli.command import command

    improver, *rest = [own for name in (improver, *others) for own in improvers_in(name)]
    budget = with_copies(budget, len(agent), len(task))
    spec = make_spec(task, model, budget, limits, environment, seed=seed, iterations=0, improver=improver)
    tasks = loaded_for(agent, task)
    kind, improvers = measured(improver, tuple(rest), against, spec, agent_in(agent, tasks, spec))
    return command(measure_job(spec, tasks, kind, improvers), output, output.out, dry_run=dry_run)

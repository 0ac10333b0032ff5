"""strop eval."""

from __future__ import annotations

from typing import Literal

from strop.api.comparison import measure_job, rivals
from strop.api.conventions import make_spec
from strop.api.lookup import any_improver_text, trained_on
from strop.api.target import all_of
from strop.cli.command import command
from strop.cli.commands.options import DEFAULTS, DryRun, OutputOptions, Tasks
from strop.runs.evaluate import named, with_seed
from strop.runs.meta import Named
from strop.runs.options import CopiesOptions, EnvironmentOptions, LimitOptions, ModelOptions, Whole


def eval_command(
    improver: str,
    /,
    *others: str,
    against: str | None = None,
    task: Tasks = (DEFAULTS.task,),
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
        Improver: a name (strop list improvers), a file, or RUN:t. RUN:t is the improver of a run after iteration t.
    others
        Further improvers.
    against
        Improver to compare with: which is better, by how much, and what each spent. The improver itself shows what chance does.
        With several improvers, what all of them are measured beside in place of the seed improver.
    task
        Task: a name, a file with a strop.Task, or a folder with a strop.toml. Repeat it for several tasks.
    seed
        Seed of all random draws, together with this machine's key.
    """
    spec = make_spec(task, model, budget, limits, environment, seed=seed, iterations=0, improver=improver)
    kind, improvers = measured(improver, others, against)
    return command(measure_job(spec, all_of(task), kind, improvers), output, output.out, dry_run=dry_run)


def measured(
    improver: str, others: tuple[str, ...], against: str | None
) -> tuple[Literal["eval", "compare"], tuple[Named, ...]]:
    """The kind of the measurement, and its improvers.

    Raises:
        ConfigurationError: an improver does not exist, or is named too often.
    """
    if against is None:
        return "eval", with_seed(named([improver, *others], any_improver_text, trained_on))
    if others:
        return "eval", named([against, improver, *others], any_improver_text, trained_on)
    return "compare", rivals(improver, against)

"""The results of `strop list tasks`: what is known of a task, of each form."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import Any

from strop.base.as_document import HIDDEN
from strop.base.later import dataclass
from strop.base.plugins import TASKS, Installed, installed
from strop.base.results import Input
from strop.runs.spec import PAPERS
from strop.tasks import registry
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask, scoring_line
from strop.tasks.objective_facts import MetricFacts
from strop.tasks.paper.facts import Facts, facts
from strop.tasks.paper.meta import MetaTask
from strop.tasks.problem import Problem, Published
from strop.tasks.registry import META, PAPER, problems


@dataclass(frozen=True, kw_only=True)
class TaskListing:
    """What is known of every task."""

    task: str
    """Name of the task."""
    what: str = ""
    """What its programs do, in a few words. Empty for a task of your own."""
    description: str
    """What a language model reads about the task (u_str)."""
    seed_program: str
    """Text of the seed solution."""


@dataclass(frozen=True, kw_only=True)
class ScoredTask(TaskListing):
    """A task whose score is a Python function: a task file or a marked function."""

    train: int
    """Number of training instances."""
    test: int
    """Number of held-out instances."""
    entry: str
    """Name of the function that a program defines."""
    time_limit: float
    """CPU time of a program on one instance, at most, in seconds."""
    memory_limit: int
    """Memory of a program, at most, in bytes."""
    failure: str
    """What becomes 0 if an instance fails: the whole `utility`, or the score of that `instance`."""


@dataclass(frozen=True, kw_only=True)
class PaperTask(Facts, ScoredTask):
    """A task of the paper. Its figures are those of the published instances."""


@dataclass(frozen=True, kw_only=True)
class ConstructionTask(ScoredTask):
    """A task whose answers are constructions with an exact value."""

    better: str
    """Whether `higher` or `lower` values are better."""
    scipy: bool
    """Whether programs may use SciPy."""
    published: tuple[Published, ...]
    """The published values, the newest first."""
    best_known: Published | None
    """The best published value. Null if there is none."""


@dataclass(frozen=True, kw_only=True)
class MetaTaskListing(TaskListing):
    """A meta task, whose programs are improvers."""

    instead: str
    """What to type instead of `strop improve`, in words."""
    paper: str
    """What the paper found."""
    seed_score: str
    """û of the seed improver on `lpn`, in words."""
    limits: str
    """The paper's budgets, in words."""
    picture: str = field(metadata=HIDDEN)


@dataclass(frozen=True, kw_only=True)
class CommandListing(TaskListing):
    """A task that a command scores. Fields that are called like a key of strop.toml mean the same as that key."""

    files: tuple[str, ...]
    """Files that may change."""
    only: tuple[str, ...]
    """The parts of these files that alone may change. Empty if all may change."""
    build: str
    """Command that builds a candidate. Empty if nothing is built."""
    test: str
    """Command of the user's tests. Empty if there is none."""
    command: str
    """Command that is measured."""
    instances: int
    """Number of runs in training."""
    held_out: int
    """Number of runs for the verdict."""
    input: Input
    """Who says what the inputs are: they are `drawn` from a seed, `listed` (a part of the list is held out), or
    `chosen` by the target itself."""
    interleaved: bool
    """Whether a candidate runs in turns with the original, because a time is measured."""
    time_limit: float
    """Time of one run, at most, in seconds."""
    memory_limit: int
    """Memory of one run, at most, in bytes."""
    metric: MetricFacts
    """The metric that decides."""
    constraints: tuple[str, ...]
    """Conditions that a candidate must meet, such as `tests=1`."""
    goals: str
    """The metric and the conditions, in words."""
    scoring: str
    """Who computes the score, in words."""


@dataclass(frozen=True)
class Tasks:
    """The tasks that have a name."""

    tasks: tuple[PaperTask, ...]
    """The tasks of the paper."""
    constructions: tuple[ConstructionTask, ...]
    """The tasks of the package strop-problems. Empty if it is not installed."""
    meta_tasks: tuple[MetaTaskListing, ...]
    """The tasks whose programs are improvers."""
    installed: tuple[Installed, ...]
    """The tasks of other installed distributions."""


def all_tasks() -> Tasks:
    """The tasks that have a name."""
    ours = [_construction(task, task.problem) for task in problems().values() if task.problem is not None]
    names = {one.task for one in ours}
    return Tasks(
        tuple(_of_paper(make(), name) for name, make in PAPER.items()),
        tuple(ours),
        tuple(_meta(make()) for make in META.values()),
        tuple(one for one in installed(TASKS, [*PAPER, *META]) if one.name not in names),
    )


def _loaded(name: str) -> AnyTask:
    if not name.partition(":")[0].endswith(".py") and ":" not in name.rpartition("@")[0]:
        return registry.load_any(name)
    from strop.evaluation.functions.load import load_any  # here for the start-up time

    return load_any(name)


def one_task(name: str) -> TaskListing:
    """Any task by its name, file or folder.

    Raises:
        ConfigurationError: there is no such task.
    """
    if name in META:
        return _meta(META[name]())
    task = _loaded(name)
    if task.root is not None:
        return _command(task)
    if task.problem is not None:
        return _construction(task, task.problem)
    return _of_paper(task, name) if name in PAPER else ScoredTask(**_scored(task))


def _scored(task: Task) -> dict[str, Any]:
    """The fields that all tasks of scores have."""
    same = {name: getattr(task, name) for name in ("entry", "time_limit", "memory_limit", "failure")}
    return same | _common(task) | {"train": task.instances, "test": task.test_instances}


def _common(task: Task | CommandTask) -> dict[str, Any]:
    return {"task": task.name, "description": task.u_str, "seed_program": task.seed}


def _of_paper(task: Task, name: str) -> PaperTask:
    return PaperTask(**_scored(task), **vars(facts(name)))


def _construction(task: Task, problem: Problem) -> ConstructionTask:
    same = {name: getattr(problem, name) for name in ("what", "better", "scipy", "published", "best_known")}
    return ConstructionTask(**_scored(task), **same)


def _meta(task: MetaTask) -> MetaTaskListing:
    budgets = asdict(PAPERS)
    limits = (
        f"{budgets['meta_budget']} calls of û; in each of its {budgets['copies']} copies {budgets['utility_budget']} calls of u"
        f" and {budgets['lm_budget']} of the model, of {budgets['max_responses']} responses"
    )
    same = {name: getattr(task, name) for name in ("what", "instead", "paper", "seed_score", "picture")}
    return MetaTaskListing(
        task=task.name, description=task.u_str(budgets), seed_program=task.seed, limits=limits, **same
    )


def _command(task: CommandTask) -> CommandListing:
    objective = task.objective
    same = (
        "files",
        "only",
        "build",
        "test",
        "command",
        "instances",
        "input",
        "interleaved",
        "time_limit",
        "memory_limit",
    )
    return CommandListing(
        **_common(task),
        **{name: getattr(task, name) for name in same},
        held_out=task.test_instances,
        metric=task.facts.metric,
        constraints=tuple(map(str, objective.constraints)),
        goals=objective.goals,
        scoring=scoring_line(task),
    )

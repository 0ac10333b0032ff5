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
from strop.tasks.command.task import AnyTask, CommandTask, scorer_line
from strop.tasks.objective_facts import MetricFacts
from strop.tasks.paper.facts import Facts, facts
from strop.tasks.paper.meta import MetaTask
from strop.tasks.problem import Problem, Published
from strop.tasks.registry import META, PAPER, problems


@dataclass(frozen=True, kw_only=True)
class TaskListing:
    """What is known of any task."""

    task: str
    """Its name."""
    what: str = ""
    """What its programs do, in a few words; empty for a task of your own."""
    description: str
    """What a language model reads of it (u_str)."""
    seed_program: str
    """Its seed solution."""


@dataclass(frozen=True, kw_only=True)
class ScoredTask(TaskListing):
    """A task whose score is a function."""

    train: int
    """Instances of the training split."""
    test: int
    """Instances of the test split."""
    entry: str
    """The function that a program defines."""
    time_limit: float
    """Seconds of CPU of one instance."""
    memory_limit: int
    """Bytes."""
    failure: str
    """What a failing instance makes 0: the whole `utility`, or that `instance`."""


@dataclass(frozen=True, kw_only=True)
class PaperTask(Facts, ScoredTask):
    """A task of the paper. Utilities are those of the published instances."""


@dataclass(frozen=True, kw_only=True)
class ConstructionTask(ScoredTask):
    """A task whose answers are constructions with an exact value."""

    better: str
    """Whether `higher` or `lower` values are better."""
    scipy: bool
    """Whether programs may use scipy."""
    published: tuple[Published, ...]
    """Published values."""
    best_known: Published | None
    """The best of them."""


@dataclass(frozen=True, kw_only=True)
class MetaTaskListing(TaskListing):
    """A meta task, whose solutions are improvers."""

    instead: str
    """What to call instead."""
    paper: str
    """What the paper found."""
    seed_score: str
    """û of the seed improver on lpn."""
    limits: str
    """The paper's budgets in words."""
    picture: str = field(metadata=HIDDEN)


@dataclass(frozen=True, kw_only=True)
class CommandListing(TaskListing):
    """A task that is scored by a command. Fields that are keys of strop.toml mean the same there."""

    files: tuple[str, ...]
    """Files that may change."""
    only: tuple[str, ...]
    """Parts of them that alone may change; empty: all."""
    build: str
    """Command that builds a candidate."""
    test: str
    """Command of the tests: none that the original passes may fail for the result."""
    command: str
    """Command that is measured."""
    instances: int
    """Runs for training."""
    held_out: int
    """Runs for the verdict."""
    input: Input
    """What their input is."""
    interleaved: bool
    """Whether it runs in turns with the original."""
    time_limit: float
    """Seconds of one run."""
    memory_limit: int
    """Bytes."""
    metric: MetricFacts
    """What counts."""
    constraints: tuple[str, ...]
    """Conditions that a candidate must meet."""
    goals: str
    """Both in words."""
    scorer: str
    """Who computes the score, in words."""


@dataclass(frozen=True)
class Tasks:
    """The tasks that have a name."""

    tasks: tuple[PaperTask, ...]
    """Those of the paper."""
    constructions: tuple[ConstructionTask, ...]
    """Those of the package strop-problems, if it is installed."""
    meta_tasks: tuple[MetaTaskListing, ...]
    """Those whose solutions are improvers."""
    installed: tuple[Installed, ...]
    """Those of distributions, which are not loaded."""


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
        scorer=scorer_line(task),
    )

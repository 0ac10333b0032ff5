"""`strop.compare`: compare a change that exists with the original. No language model is asked, and nothing searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from strop.api.conventions import RecordOptions, carried_out, make_spec, seeds_and_scoring, takes
from strop.api.job import Job
from strop.api.target import Target, TaskLike, as_task, at_original, plain_name, source_of, target_of
from strop.base.errors import ConfigurationError
from strop.base.globs import is_test, matcher
from strop.base.later import dataclass
from strop.base.surface import option
from strop.base.unified_diff import plain_text
from strop.options.run import ComparisonOptions, EnvironmentOptions, in_seconds, share
from strop.options.scoring import NOT_IN_FILE, ScoringOptions, flag_of, texts_of
from strop.runs.improve import UNPLANNED, HeldOut, check_enough, improve_once, no_search
from strop.runs.meta import Meta
from strop.runs.patching.sides import of_candidate, of_commit
from strop.runs.patching.source_files import SourceFiles, of_file, of_files
from strop.runs.plan import Formula
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.score import program_of
from strop.runs.sizing import PILOT
from strop.runs.spec import RunSpec
from strop.tasks.command.bundle import ABSENT, bundled
from strop.tasks.command.config import CONFIG, config_of
from strop.tasks.command.task import AnyTask
from strop.tasks.function.fields import check_fields
from strop.tasks.versions import Project, project_of


@dataclass(frozen=True, kw_only=True)
class CompareOptions(EnvironmentOptions, ComparisonOptions, ScoringOptions, RecordOptions):
    """The keywords of `strop.compare`."""

    with_: str | Path | None = None
    """The change: a file with the new text, a patch, or a folder. The work tree is then the original."""
    base: str = ""
    """The original: a commit. The work tree is then the change."""
    seed: int | None = None
    """Seed of all random draws, used together with this machine's key. By default it is random."""
    instances: int | Literal["secret", "published"] | None = None  # type: ignore[assignment]
    """Of a command, runs for each candidate in training: 5 by default, or 3 if the score is a time. Or `published`, for
    the paper's seeds."""


@takes(CompareOptions)
def compare(target: TaskLike, options: CompareOptions) -> Improved:
    """Compare a change that exists with the original, on as many inputs as show a difference of `least`.

    Args:
        target: what is compared, as for `strop.improve`.

    Raises:
        ConfigurationError: something that an argument names does not exist, nothing differs, or the original cannot be scored.
        StropError: strop failed, or the work was stopped. `strop resume` continues it.
    """
    seeds, scoring = seeds_and_scoring(options)
    spec = compare_spec(target, options, options, instances=seeds)
    with_ = None if options.with_ is None else Path(options.with_)
    goal, change = target_and_change(target, scoring, with_, options.base)
    improved = carried_out(compare_job(spec, goal, change), options)
    assert isinstance(improved, Improved)
    return improved


@dataclass(frozen=True)
class Change:
    """The program that is compared with the original."""

    candidate: str
    notes: tuple[str, ...] = ()
    """A line for each thing that differs besides the program. The work tree's version counts for both programs."""


def compare_spec(target: TaskLike, options: ComparisonOptions, *groups: object, **others: object) -> RunSpec:
    """The configuration of a comparison."""
    own = {"least": share(options.least, "least"), "trust_scorer": options.trust_scorer, "max_time": None}
    own["family"] = options.family
    own |= {"comparison_time": in_seconds({"max_time": options.max_time})["max_time"]}
    return make_spec((target,), *groups, iterations=0, copies=1, **{**own, **others})


def target_and_change(
    target: TaskLike, scoring: dict[str, Any], with_: Path | None, base: str
) -> tuple[Target, Change]:
    """A target whose original is one of two versions, and the other version as the change.

    The key `files` of `scoring` holds globs of the only files that may differ.

    Raises:
        ConfigurationError: neither or both versions are named, or they do not differ.
    """
    if (with_ is None) == (not base):
        raise ConfigurationError(f"give one of {option('with_')} X, the change, and {option('base')} REF, the original")
    source, files = source_of(target), texts_of(scoring.get("files"))
    if not (scoring.get("command") and Path(source).is_dir() and not Path(source, CONFIG).is_file()):
        scoring = {key: value for key, value in scoring.items() if key != "files"}  # the target's own may change
    goal = target_of(source, scoring, None, as_task(target))
    task = goal.task
    if (project := project_of(task)) is None:
        if files:
            raise ConfigurationError(f"{option('files')} does not apply to {goal.source}, whose program is one text")
        if with_ is None:
            raise ConfigurationError(
                f"{goal.source} is no file of yours, so that no commit has it: give {option('with_')} FILE"
            )
        return goal, Change(program_of(with_, task))
    globs = files or (() if project.is_tree else project.files)

    def is_fixed(path: str) -> bool:
        return path in project.scoring or (is_test(path) and path not in project.files)

    if with_ is None:
        sides = of_commit(project.root, base, fixed=is_fixed, files=globs)
    else:
        chosen = list(filter(matcher(files), project.files)) if files else []
        target_file = project.target or (chosen[0] if len(chosen) == 1 else "")
        sides = of_candidate(project.root, with_, fixed=is_fixed, files=globs, target=target_file)
    if task.root is None and task.recorded is not None:
        check_fields(task.recorded, sides.before, sides.after)
    original = of_version(project, sides.before)
    candidate = bundled({path: plain_text(text) for path, text in sides.after.items()})
    notes = (*sides.said, *overriding_toml(source, scoring))
    return Target(goal.source, at_original(task, original), original), Change(candidate, notes)


def overriding_toml(source: str, scoring: Mapping[str, object]) -> tuple[str, ...]:
    """A line that names the options given in place of values in the target's `strop.toml`; nothing if there are none."""
    overriding = [flag_of(key) for key in scoring if key not in NOT_IN_FILE]
    return (
        (f"given in place of what {CONFIG} says: {', '.join(overriding)}",) if overriding and config_of(source) else ()
    )


def of_version(project: Project, files: Mapping[str, str]) -> SourceFiles:
    """One version of a target's files, as an original."""
    if project.is_tree:
        return of_files(project.root, files, Path.cwd())
    return replace(of_file(project.root / project.target, Path.cwd()), files=files)


def compare_job(spec: RunSpec, goal: Target, change: Change, held: HeldOut = UNPLANNED) -> Job[Improved | Unfinished]:
    """The comparison of a change with the original. `held`: the held-out inputs that a record has planned.

    Raises:
        ConfigurationError: too little is listed to show a difference.
    """
    task = every_input(goal.task)
    if task.input == "listed":
        check_enough(spec, task)
    return Job(
        kind="compare",
        spec=spec,
        tasks=(task,),
        do=partial(
            improve_once, search=partial(no_search, candidate=change.candidate), original=goal.original, held=held
        ),
        read=read_improved,
        meta=Meta(
            original=goal.original,
            candidate=change.candidate,
            said=tuple(change.notes),
            objective=task.facts,
            best_known=task.best_values,
            comparisons=1,
        ),
        name=f"compare-{plain_name(Path(goal.source).name).replace(':', '-') or Path.cwd().name}",
        notes=tuple(change.notes),
        estimate=Formula.compared,
        asks_model=False,
    )


def itself_job(job: Job[Improved | Unfinished]) -> Job[Improved | Unfinished]:
    """The comparison of a job's original with itself: its text with an empty line more.

    Raises:
        ConfigurationError: the original is no file of the user's.
    """
    (task,), original = job.tasks, job.meta.original
    if job.kind != "compare" or original is None:
        raise ConfigurationError("--aa needs a target in a file of yours")
    files = {path: plain_text(text) for path, text in original.files.items()}
    path = next(path for path, text in files.items() if text != ABSENT)
    again = bundled({**files, path: f"{files[path]}\n\n"})
    goal = Target(job.spec.task, at_original(task, original), original)
    return replace(compare_job(job.spec, goal, Change(again)), name=f"{job.name}-itself", begun=job.begun)


def every_input(task: AnyTask) -> AnyTask:
    """The task for a comparison without a search, which spends no input in training.

    Listed inputs are all held out. Drawn inputs get enough instances in training to plan the comparison.
    """
    more = {} if task.input == "listed" else {"instances": max(task.instances, PILOT)}
    return replace(task, every_input=True, **more)  # type: ignore[arg-type]

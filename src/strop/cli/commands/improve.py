"""strop improve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from strop.api.arguments import recipe_of
from strop.api.finding import any_improver_text
from strop.api.improving import DEFAULT_IMPROVER, carry_out
from strop.api.patching import apply_run, check_can_apply, undo_of
from strop.api.recording import check_free_folder
from strop.api.target import Scoring, check_model, target_of
from strop.base.errors import ConfigurationError, StropError
from strop.cli.commands.options import RUNS, Whole
from strop.cli.commands.output import announce, notices, print_document, reading, results, results_alone
from strop.cli.commands.reporting import OutputOptions, reported
from strop.lm.options import members, read_spec
from strop.report.terminal.improvement import (
    improvement_document,
    print_improvement,
    read_improvement,
)
from strop.report.terminal.words import edits_line, escape, quantity
from strop.runs.journal import new_directory
from strop.runs.options import EnvironmentOptions, LimitOptions, ModelOptions, OneImprovementOptions
from strop.runs.patching.best_candidate import BEST, BEST_DIFF
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Store
from strop.tasks.command.task import AnyTask
from strop.tasks.function.task import FunctionTask

_SCORING = Group("Scoring (when the target is not a task)", sort_key=1)
_CHANGES = Group("What may change", sort_key=2)
_PATCH = Group("The patch", sort_key=3)
_Scored = Parameter(group=_SCORING, negative="", show_default=False)
_Changed = Parameter(group=_CHANGES, negative="", show_default=False)
_Patched = Parameter(group=_PATCH, negative="", show_default=False)
Texts = tuple[str, ...]


@Parameter(name="*")
@dataclass(frozen=True)
class ProgramOptions:
    """How a program is scored where no task says it, and what of it may change."""

    command: Annotated[str, _Scored] = ""
    """A command for sh, in the program's folder: any language, several files."""
    evaluator: Annotated[Path | None, _Scored] = None
    """A file that defines evaluate(program_path), in the OpenEvolve format."""
    python: Annotated[Path | None, _Scored] = None
    """The interpreter, or virtual environment, with the packages that the evaluator needs."""
    score: Annotated[Texts, _Scored] = ()
    """Where the score is read: time, wall, memory, passed, tests, a JSON path ($.score) or a regular expression; of several
    NAME=HOW."""
    metric: Annotated[Texts, _Scored] = ()
    """NAME:max, NAME:min or NAME:min:WEIGHT; several are weighed against each other."""
    require_metric: Annotated[Texts, _Scored] = ()
    """What must hold for a candidate to count: tests=1, accuracy>=0.9."""
    pareto: Annotated[bool, _Scored] = False
    """Show the candidates that no other beats in every metric."""
    build: Annotated[str, _Scored] = ""
    """A command that is run once for each candidate, before it is scored."""
    tool: Annotated[tuple[Path, ...], _Scored] = ()
    """A folder or program that commands may read and run besides the system's."""
    time_limit: Annotated[float | None, _Scored] = None
    """Seconds of one run."""
    compare_output: Annotated[bool | None, Parameter(group=_SCORING, show_default=False)] = None
    """A candidate must print, leave behind and end with what the original does on the same seed: so by default where the score
    is a time, memory or another cost."""
    fixed_input: Annotated[bool, _Scored] = False
    """Accept that the input is always the same, where a program that knows its answer would do as well."""
    files: Annotated[Texts, _Changed] = ()
    """Files that may change: paths and globs such as 'src/**/*.c'."""
    only: Annotated[Texts, _Changed] = ()
    """A function, or marked region, that alone may change; the rest is verified unchanged."""
    new_files: Annotated[Texts, _Changed] = ()
    """Globs of files that may be added."""
    writable: Annotated[Texts, _Changed] = ()
    """Globs of files that commands may rewrite in their copy."""

    def scoring(self) -> Scoring:
        """The same as the Python API takes it."""
        return Scoring(**vars(self))


@Parameter(name="*")
@dataclass(frozen=True)
class ScoringOptions(ProgramOptions):
    """The same, and how often it is run."""

    repeat: Annotated[Whole | None, _Scored] = None
    """Runs for each candidate in training."""
    held_out: Annotated[Whole | None, _Scored] = None
    """Runs on the sealed split, with other seeds."""


@Parameter(name="*")
@dataclass(frozen=True)
class PatchOptions:
    """What becomes of the result."""

    apply: Annotated[bool, _Patched] = False
    """Put the improved program in the place of your files, where it was shown to be better and git's tree is clean."""
    force: Annotated[bool, _Patched] = False
    """With --apply: also where git could not bring your files back."""

    def check(self) -> None:
        """Raises ConfigurationError where one is given that needs the other."""
        if self.force and not self.apply:
            raise ConfigurationError(
                "--force goes with --apply; strop apply RUN --force applies the patch of an earlier run"
            )


def improve_command(
    target: str,
    /,
    *,
    improver: str = DEFAULT_IMPROVER,
    solution: Path | None = None,
    seed: Whole | None = None,
    scored: ScoringOptions = ScoringOptions(),
    patch: PatchOptions = PatchOptions(),
    model: ModelOptions = ModelOptions(),
    budget: OneImprovementOptions = OneImprovementOptions(),
    limits: LimitOptions = LimitOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    output: OutputOptions = OutputOptions(),
) -> int:
    """Improve a program, and say whether it is better on instances that nobody saw. It ends with a patch; your files stay.

    It ends with exit code 0 whatever the improvement came to; --json tells it in `finding`.

    Parameters
    ----------
    target
        A task's name; a file with a strop.Task, or with a function under @strop.improve_me (file.py:name); a folder with a
        strop.toml; a folder or file with --command; or a program with --evaluator.
    improver
        The name of an improver (strop list improvers), a file, or RUN:t for what a run had after iteration t.
    solution
        File of the solution to start from; the task's seed solution when not given. The file is not changed.
    seed
        Seed of everything that is drawn, together with this machine's key; random when not given.
    """
    patch.check()
    directory = _directory(output.out, target)
    announce(environment.instances)
    groups = (model, budget, limits, environment)
    spec = recipe_of((target,), *groups, seed=seed, iterations=0, copies=1, improver=improver).checked()
    text = any_improver_text(improver)
    with results_alone():
        found = target_of(target, scored.scoring(), solution)
    if patch.apply:
        check_can_apply(found.original, force=patch.force)
    with reported(directory, output.no_report):
        with results_alone(), best_reported(directory):
            begin = partial(_say_first, found.task, spec, text)
            carry_out(spec, text, found, directory, tracks=output.tracks(), show=output.shown, begin=begin)
        _end(directory, patch, as_json=output.as_json)
    return 0


def _directory(out: Path | None, target: str) -> Path:
    """Where the record goes. Raises ConfigurationError where that holds other files."""
    if out is None:
        return new_directory(RUNS, f"improve-{Path(target).name or Path.cwd().name}")
    check_free_folder(out)
    return out


def _end(directory: Path, patch: PatchOptions, *, as_json: bool) -> None:
    applied = applied_now(directory, force=patch.force) if patch.apply else None
    with reading(directory), Store.open(directory) as store:
        show_improvement(store, directory, as_json=as_json, applied=applied)


def _say_first(task: AnyTask, spec: RunSpec, improver: str) -> None:
    """What a user should know before anything is spent."""
    check_model(spec.model, improver, task)
    if isinstance(task, FunctionTask) and task.note:
        notices().print(f"note: {escape(task.note, 300)}", markup=False, soft_wrap=True)
    notices().print(budget_line(spec), markup=False, soft_wrap=True)


def budget_line(spec: RunSpec) -> str:
    """What the improvement may spend, and what limits it."""
    calls = f"{quantity(spec.lm_budget, 'LM call')} of up to {quantity(spec.max_responses, 'response')}"
    budget = f"budget: {quantity(spec.utility_budget, 'evaluation')}, {calls}"
    free = all(
        read_spec(each)[0].partition(":")[0] in ("offline", "scripted", "recorded") for each in members(spec.model)
    )
    given = {
        "--max-cost": None if spec.max_cost is None else f"${spec.max_cost:g}",
        "--max-time": None if spec.max_time is None else f"{spec.max_time:g} s",
        "--max-calls": spec.max_calls,
    }
    limited = ", ".join(f"{flag} {value}" for flag, value in given.items() if value is not None)
    if limited:
        return f"{budget}; {limited}"
    money = f"{escape(spec.model, 60)} costs nothing" if free else "money and time are not limited"
    return f"{budget}; {money}; --max-cost, --max-time, --max-calls limit it"


@contextmanager
def best_reported(directory: Path) -> Iterator[None]:
    """Where something stops the work inside, say what the best so far is, where it is, and how to apply it."""
    try:
        yield
    except StropError:
        if (directory / FILE_NAME).is_file():
            notices().print(best_line(directory), markup=False, soft_wrap=True)
        raise


def best_line(directory: Path) -> str:
    """What the best so far of an improvement that has not ended is."""
    with reading(directory), Store.open(directory) as store:
        report = read_improvement(store)
    if not (directory / BEST).is_dir() or not report.candidates:
        return (
            f"no candidate is better than the original so far ({quantity(len(report.candidates), 'candidate')} tried)"
        )
    best = report.candidates[0]
    applies = f"; strop apply {directory} --unproven applies it" if report.original.root else ""
    return f"best so far: {best.name}, {best.value:.3f} in training, in {directory / BEST} (its patch: {BEST_DIFF}){applies}"


def applied_now(directory: Path, *, force: bool) -> str:
    """Apply the result of an improvement that has just ended; what came of it, in words."""
    try:
        paths = apply_run(directory, force=force)
    except ConfigurationError as error:
        return str(error)
    return f"applied: {', '.join(map(str, paths))}; {undo_of(directory, paths)}" if paths else "already applied"


def show_improvement(store: Store, directory: Path, *, as_json: bool, applied: str | None = None) -> None:
    """Print what the improvement recorded in `store`, in `directory`, came to."""
    report = read_improvement(store)
    if as_json:
        print_document(improvement_document(report, directory) | ({} if applied is None else {"applied": applied}))
        return
    print_improvement(report, directory, results())

    def say(line: str) -> None:
        results().print(line, markup=False, soft_wrap=True)

    edits = edits_line(report.run.answers.edits)
    if edits:
        say(edits)
    if applied is not None:
        say(escape(applied, 1000))
    elif report.single is not None and report.single.finding == "better" and report.original.root:
        say(f"the patch is {directory / 'solution.diff'}; strop apply {directory} puts it in place")
    elif report.single is None:
        say(best_line(directory))

"""strop improve."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from strop.commands.finding import any_improver_text
from strop.commands.options import (
    DEFAULTS,
    RUNS,
    GroundOptions,
    Json,
    LimitOptions,
    ModelOptions,
    Models,
    Out,
    Whole,
    random_seed,
    recipe,
)
from strop.commands.output import announce, notice_of, print_document, reading, results, results_alone
from strop.commands.recorded import recorded
from strop.commands.tracking import TrackOptions
from strop.errors import ConfigurationError, TaskError
from strop.events import AuditNoted, ImproveStarted
from strop.experiment import new_directory
from strop.laboratory import assembled
from strop.patch import named
from strop.report.costs import costs, print_costs
from strop.report.documents import ModelFacts
from strop.report.single import print_diff, print_single, single_document
from strop.single import DIFF, ORIGINAL, SOLUTION, Start, improve_once
from strop.single import recorded as read
from strop.spec import RunSpec, program_text
from strop.store import Store
from strop.tracking import Track


@Parameter(name="*")
@dataclass(frozen=True)
class OnceOptions:
    """Which language model, and what the improvement may spend."""

    lm: Models = (DEFAULTS.lm,)
    """The language model, as for strop run; given several times, a mixture."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    utility_budget: Whole = DEFAULTS.utility_budget
    """Utility calls."""
    lm_budget: Whole = DEFAULTS.lm_budget
    """LM calls."""
    max_responses: Whole = DEFAULTS.max_responses
    """Responses of one LM call."""

    def whole(self) -> ModelOptions:
        """The same for a recipe: one copy of the task."""
        return ModelOptions(self.lm, self.base_url, 1, self.utility_budget, self.lm_budget, self.max_responses)


def improve_command(
    task: str,
    /,
    *,
    improver: str = DEFAULTS.improver,
    solution: Path | None = None,
    seed: Whole | None = None,
    model: OnceOptions = OnceOptions(),
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    limits: LimitOptions = LimitOptions(),  # noqa: B008
    tracking: TrackOptions = TrackOptions(),  # noqa: B008
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Improve one solution of a task by one improver, and say whether it is better on instances that nobody saw.

    It ends with exit code 0 whatever the improvement came to; --json tells it in `finding`.

    Parameters
    ----------
    task
        A task's name, or a file that defines a strop.Task.
    improver
        The name of a shipped improver (strop improvers), a file, or RUN:t for what a run had after iteration t.
    solution
        File of the solution to start from; the task's seed solution when not given. The file is not changed.
    seed
        With this machine's key it decides everything that is drawn; random when not given.
    """
    drawn = random_seed() if seed is None else seed
    announce(ground.instances)
    spec = recipe(task, drawn, model.whole(), ground, iterations=0, improver=improver, **limits.given())
    text = any_improver_text(improver)
    start = None if solution is None else start_of(solution)
    directory = out or new_directory(RUNS, f"improve-{task}")
    said = {"improver": text} | ({"start": json.dumps([start.text, start.name])} if start else {})
    _carry_out(spec, text, start, directory, said, tracking.tracks())
    with reading(directory), Store.open(directory) as store:
        show_improvement(store, directory, as_json=as_json)
    return 0


def _carry_out(
    spec: RunSpec,
    text: str,
    start: Start | None,
    directory: Path,
    said: Mapping[str, str],
    tracks: Sequence[Track],
) -> None:
    """Improve once, in a new record; it is taken back where the start does not run, so that the same command can follow."""
    there, made = directory.exists(), False
    try:
        with (
            results_alone(),
            assembled(spec, os.environ) as parts,
            recorded(parts, directory, "improve", said, tracks) as journal,
        ):
            made = True
            improve_once(parts, text, start, directory, journal)
    except (ConfigurationError, TaskError):
        if made and not _began(directory):
            _emptied(directory, there)
        raise


def _began(directory: Path) -> bool:
    """Whether anything was improved: not where the solution to start from does not run."""
    with Store.open(directory) as store:
        return next(store.events(ImproveStarted), None) is not None


def _emptied(directory: Path, there: bool) -> None:
    """Take back a record that this command has just begun."""
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not there:
        directory.rmdir()


def start_of(solution: Path) -> Start:
    """The text of a solution's file as it stands there, line ends included, and its name in a diff.

    Raises:
        ConfigurationError: it does not exist or is not UTF-8 text.
    """
    program_text(solution, "solution")
    return Start(solution.read_bytes().decode("utf-8"), named(solution, Path.cwd()))


def show_improvement(store: Store, directory: Path, *, as_json: bool) -> None:
    """Print what the improvement recorded in `store`, in `directory`, came to."""
    meta = store.meta
    task, model = (
        meta.get("task", ""),
        ModelFacts(meta.get("language_model", ""), meta.get("is_language_model") == "true"),
    )
    found = read(stored.event for stored in store.events())
    notes: Counter[str] = Counter()
    for stored in store.events(AuditNoted):
        if stored.event.scope.startswith("improved/"):
            notes[stored.event.rule] += stored.event.times
    if as_json:
        print_document(single_document(found, task=task, model=model, directory=directory, notes=notes))
        return
    diff = directory / DIFF
    if diff.is_file():
        print_diff(diff, results())
    print_single(found, results(), task=task, notice=notice_of(model.name, model.is_language_model), notes=notes)
    print_costs(costs(store.outline()), results())
    if diff.is_file():
        where = f"solution: {directory / SOLUTION}, the original: {directory / ORIGINAL}, as a patch: {diff}"
        results().print(where, markup=False, soft_wrap=True)

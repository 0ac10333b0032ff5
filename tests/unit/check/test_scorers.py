"""Small scorers with a known hole, and without: which of them a run refuses, and that it accuses no honest scorer."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from strop.api.scoring import check as strop_check
from strop.base.errors import ConfigurationError
from strop.checks.before_run import refuse_rewarding
from strop.evaluation.functions.load import load_any
from strop.runs.evaluators import evaluator_for
from strop.runs.spec import RunSpec
from strop.sandbox.jail import JailedSandbox
from strop.tasks.command.config import command_task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.registry import load
from support.commands_here import here

sys.path.insert(0, str(Path(__file__).parents[2] / "check" / "scorers"))
import commands
import evaluators
import functions
import languages
import lax
import tasks

pytestmark = pytest.mark.process
CORPORA = {"tasks": tasks, "functions": functions, "lax": lax, "evaluators": evaluators}
REFUSED = {
    "tasks/repeated_indices",
    "tasks/tour_that_may_stand_still",
    "tasks/machines_without_their_jobs",
    "functions/zip_ends_with_the_shorter",
    "functions/swallowed_exception",
    "functions/error_relative_to_the_answer",
    "evaluators/labels_by_their_own_length",
    "evaluators/knapsack_of_a_set",
    "evaluators/value_that_the_program_tells",
    "evaluators/error_of_what_broadcasts",
    "evaluators/independent_but_repeated",
}
"""Those of which a run is refused. The other holes reward answers that an honest program might give, or need knowledge of the
task: a program that finds one is better by that score; `column_against_row` and `words_read_as_numbers` reward what no program of
a run can give, since its answer would be refused by the form of the original's."""
TASK = """
import numpy as np
import strop
{text}
task = strop.Task(
    name="{name}", sample=sample, score=score, seed=SEED, entry="f", time_limit=1.0, answer=globals().get("ANSWER")
)
"""


def cases() -> list[object]:
    """(kind, name) of every scorer; evaluators take seconds, and are slow."""
    return [
        pytest.param(
            kind, name, marks=pytest.mark.heavy if isinstance(case, str) else pytest.mark.slow, id=f"{kind}-{name}"
        )
        for kind, module in CORPORA.items()
        for name, case in (module.HOLES | module.SOUND).items()  # type: ignore[attr-defined]
    ]


def made(kind: str, name: str, folder: Path) -> AnyTask:
    """The task of a scorer."""
    module, path = CORPORA[kind], folder / f"{name}.py"
    case = (module.HOLES | module.SOUND)[name]  # type: ignore[attr-defined]
    if isinstance(case, str):
        path.write_text(case if kind == "functions" else TASK.format(text=case, name=name))
        return load_any(f"{path}:f") if kind == "functions" else load(str(path))
    path.write_text(case[0])
    (folder / "evaluator.py").write_text(evaluators.LOAD + case[1])
    return evaluator_task(path, folder / "evaluator.py")


@pytest.mark.parametrize(("kind", "name"), cases())
def test_run_is_refused_where_a_spoiled_answer_is_rewarded_and_only_there(
    kind: str, name: str, tmp_path: Path, jail: JailedSandbox
) -> None:
    task = made(kind, name, tmp_path)
    is_command = isinstance(task, CommandTask)
    evaluator = evaluator_for(RunSpec(), [task], asks=False) if is_command else here(task, jail=jail)
    refused = f"{kind}/{name}" in REFUSED
    assert not refused or name in CORPORA[kind].HOLES  # type: ignore[attr-defined]
    with closing(evaluator), pytest.raises(ConfigurationError) if refused else nullcontext():
        refuse_rewarding([task], evaluator, b"s" * 32)


@pytest.mark.parametrize(
    ("module", "name"),
    [(commands, "average_of_nan"), (languages, "contains")],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_scorer_outside_of_the_host_is_never_called_sound(module: object, name: str, tmp_path: Path) -> None:
    files, command, more = module.HOLES[name]  # type: ignore[attr-defined]
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    options = {"files": ["program.py"], "python": sys.executable, "metric": ["score:max"], **more}
    check = strop_check(command_task(tmp_path, command=command, **options))
    assert check.kinds_tried or "no problems" not in check.sentence
    assert check.scored_by in ("kernel", "judge") or 'will be called "by its own score"' in check.lines[0]


ACCEPTING = """
import strop


def sample(rng):
    return {"items": rng.random(3000).tolist()}


def accept(instance, answer):
    return CONDITION


@strop.improve_me(score="time", sample=sample, accept=accept, instances=2, test_instances=6)
def arrange(items):
    return sorted(items)
"""


@pytest.mark.parametrize(
    ("condition", "said"),
    [("all(a <= b for a, b in zip(answer, answer[1:]))", "scores 1.000"), ("answer == sorted(instance['items'])", "")],
)
def test_accept_is_attacked_before_a_run_as_a_scorer_is(
    jail: JailedSandbox, tmp_path: Path, condition: str, said: str
) -> None:
    (tmp_path / "mine.py").write_text(ACCEPTING.replace("CONDITION", condition))
    task = load_any(str(tmp_path / "mine.py"))
    with pytest.raises(ConfigurationError, match=said) if said else nullcontext():
        refuse_rewarding([task], here(task, jail=jail), b"s")

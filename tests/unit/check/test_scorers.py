"""Small scorers with a known hole, and without: strop check finds the holes, and accuses no honest scorer."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from strop.api.scoring import check as strop_check
from strop.base.errors import ConfigurationError
from strop.checks.before_run import refuse_rewarding
from strop.checks.findings import Checked
from strop.checks.pipeline import CheckSettings, check_in_host
from strop.sandbox.jail import JailedSandbox
from strop.tasks.command.config import command_task
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.registry import load, load_any

FOLDER = Path(__file__).parents[2] / "check" / "scorers"
sys.path.insert(0, str(FOLDER))
import commands  # noqa: E402
import evaluators  # noqa: E402
import functions  # noqa: E402
import languages  # noqa: E402
import lax  # noqa: E402
import tasks  # noqa: E402

pytestmark = pytest.mark.process
IN_HOST = {"tasks": tasks, "functions": functions, "lax": lax}
SAMPLE = {"dict_over_its_own_keys", "set_of_numbers_by_f1", "swallowed_exception", "any_case"}
"""Those that the normal tier tries."""
MISSED = {"order_without_its_rules", "splits_of_one_data_set"}
"""Holes that are not found: any order is taken, and an honest scorer, too, may like a trivial order better than the seed's; and
data that instances share, of which the last comparison shows each instance to a process of its own."""
DOUBTED = {"C308", "C311", "C312", "C212"}
"""Holes that may be none, such as a tolerance."""
TASK = """
import numpy as np
import strop
{text}
task = strop.Task(
    name="{name}", sample=sample, score=score, seed=SEED, entry="f", time_limit=1.0, answer=globals().get("ANSWER")
)
"""


def cases(*, holes: bool) -> list[object]:
    """(kind, name) of every scorer in the host; all but the sample are slow."""
    missed = (pytest.mark.xfail(strict=True),)
    return [
        pytest.param(
            kind,
            name,
            marks=(pytest.mark.heavy if name in SAMPLE else pytest.mark.slow, *(missed if name in MISSED else ())),
            id=f"{kind}-{name}",
        )
        for kind, module in IN_HOST.items()
        for name, text in (module.HOLES if holes else module.SOUND).items()  # type: ignore[attr-defined]
        if isinstance(text, str)
    ]


def checked(kind: str, name: str, folder: Path, jail: JailedSandbox) -> Checked:
    module, path = IN_HOST[kind], folder / f"{name}.py"
    text = (module.HOLES | module.SOUND)[name]  # type: ignore[attr-defined]
    path.write_text(text if kind == "functions" else TASK.format(text=text, name=name))
    task = load(f"{path}:f" if kind == "functions" else str(path))
    return check_in_host(task, jail, b"s" * 32, CheckSettings(2, seconds=600), lambda step: None)


@pytest.mark.parametrize(("kind", "name"), cases(holes=True))
def test_check_finds_a_known_hole(kind: str, name: str, tmp_path: Path, jail: JailedSandbox) -> None:
    check = checked(kind, name, tmp_path, jail)
    found = {finding.id for finding in check.findings}
    assert check.broken or found & DOUBTED, [(one.id, one.detail) for one in check.findings]


@pytest.mark.parametrize(("kind", "name"), cases(holes=False))
def test_check_accuses_no_honest_scorer(kind: str, name: str, tmp_path: Path, jail: JailedSandbox) -> None:
    check = checked(kind, name, tmp_path, jail)
    found = {finding.id for finding in check.findings}
    assert not check.broken and not found & DOUBTED, [(one.id, one.detail) for one in check.findings]


ELSEWHERE = [(commands, "average_of_nan"), (evaluators, "circles_that_nan_passes"), (languages, "contains")]


@pytest.mark.parametrize(("module", "name"), ELSEWHERE, ids=lambda one: one if isinstance(one, str) else "")
def test_scorer_outside_of_the_host_is_never_called_sound(module: object, name: str, tmp_path: Path) -> None:
    case = module.HOLES[name]  # type: ignore[attr-defined]
    if module is evaluators:
        (tmp_path / "program.py").write_text(case[0])
        (tmp_path / "evaluator.py").write_text(evaluators.LOAD + case[1])
        task = evaluator_task(tmp_path / "program.py", tmp_path / "evaluator.py")
    else:
        for path, text in case[0].items():
            (tmp_path / path).write_text(text)
        options = {"files": ["program.py"], "python": sys.executable, "metric": ["score:max"], **case[2]}
        task = command_task(tmp_path, command=case[1], **options)
    check = strop_check(task)
    assert check.tried or "sound" not in check.sentence
    assert check.scored_by in ("kernel", "judge") or 'strop will say "by its own score"' in check.sentence


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
        refuse_rewarding([task], jail, b"s")

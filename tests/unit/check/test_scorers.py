"""Small scorers with a known hole, and without: strop check finds the holes, and accuses no honest scorer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from strop.checks.checked import Checked
from strop.checks.pipeline import CheckSettings, check_command, check_sampled
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.workspace.base import Workspaces
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import command_task
from strop.tasks.evaluator.task import evaluator_task
from strop.tasks.registry import load

FOLDER = Path(__file__).parents[2] / "check" / "scorers"
sys.path.insert(0, str(FOLDER))
import commands  # noqa: E402
import evaluators  # noqa: E402
import functions  # noqa: E402
import languages  # noqa: E402
import lax  # noqa: E402
import tasks  # noqa: E402

pytestmark = pytest.mark.process
KINDS = {
    "tasks": tasks,
    "evaluators": evaluators,
    "commands": commands,
    "functions": functions,
    "languages": languages,
    "lax": lax,
}
SAMPLE = {
    "tasks": ("dict_over_its_own_keys", "set_of_numbers_by_f1"),
    "evaluators": ("circles_that_nan_passes",),
    "commands": ("average_of_nan",),
    "functions": ("swallowed_exception",),
    "languages": ("contains",),
    "lax": ("any_case",),
}
"""Those that the normal tier tries."""
MISSED = {"order_without_its_rules"}
"""A hole that is not found: any order is taken, and an honest scorer, too, may like a trivial order better than the seed's."""
WARNED = {"C308", "C212", "C213", "C311", "C313"}
"""Holes that may be none: a tolerance, and what does not depend on the instance or on an element of the answer."""
NOTED = "C312"
"""A tolerance that may be meant."""
TASK = """
import numpy as np
import strop
{text}
task = strop.Task(
    name="{name}", sample=sample, score=score, seed=SEED, entry="f", time_limit=1.0, answer=globals().get("ANSWER")
)
"""


def cases(*, holes: bool) -> list[object]:
    """(kind, name) of every scorer; all but the sample are slow."""
    missed = (pytest.mark.xfail(strict=True),)
    return [
        pytest.param(
            kind,
            name,
            marks=(
                pytest.mark.heavy if name in SAMPLE[kind] else pytest.mark.slow,
                *(missed if name in MISSED else ()),
            ),
            id=f"{kind}-{name}",
        )
        for kind, module in KINDS.items()
        for name in (module.HOLES if holes else module.SOUND)
    ]


@pytest.fixture(scope="module")
def workspaces() -> Iterator[Workspaces]:
    with closing(JailedWorkspaces(slots=2)) as made:
        yield made


def checked(kind: str, name: str, folder: Path, jail: JailedSandbox, workspaces: Workspaces) -> Checked:
    settings, secret, case = CheckSettings(2, 2, seconds=600), b"s" * 32, (KINDS[kind].HOLES | KINDS[kind].SOUND)[name]
    if kind == "tasks" or (kind == "lax" and isinstance(case, str)):
        path = folder / f"{name}.py"
        path.write_text(TASK.format(text=case, name=name))
        return check_sampled(load(str(path)), jail, secret, settings, lambda step: None)
    if kind == "functions":
        (folder / "mine.py").write_text(case)
        return check_sampled(load(f"{folder / 'mine.py'}:f"), jail, secret, settings, lambda step: None)
    if kind in ("evaluators", "lax"):
        (folder / "program.py").write_text(case[0])
        (folder / "evaluator.py").write_text(evaluators.LOAD + case[1])
        task = evaluator_task(folder / "program.py", folder / "evaluator.py")
    else:
        for path, text in case[0].items():
            (folder / path).write_text(text)
        task = command_task(folder, command=case[1], **{"files": ["program.py"], "python": sys.executable, **case[2]})
    return check_command(task, workspaces, SecretSeeds(secret), settings, lambda step: None)


@pytest.mark.parametrize(("kind", "name"), cases(holes=True))
def test_check_finds_a_known_hole(
    kind: str, name: str, tmp_path: Path, jail: JailedSandbox, workspaces: Workspaces
) -> None:
    check = checked(kind, name, tmp_path, jail, workspaces)
    found = {finding.id for finding in check.findings}
    assert check.broken or found & {NOTED, *WARNED}, [(one.id, one.detail) for one in check.findings]


@pytest.mark.parametrize(("kind", "name"), cases(holes=False))
def test_check_accuses_no_honest_scorer(
    kind: str, name: str, tmp_path: Path, jail: JailedSandbox, workspaces: Workspaces
) -> None:
    check = checked(kind, name, tmp_path, jail, workspaces)
    found = {finding.id for finding in check.findings}
    assert not check.broken and not found & {NOTED, *WARNED}, [(one.id, one.detail) for one in check.findings]

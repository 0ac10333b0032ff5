"""Evaluators and programs as two guests: honest originals score what they score in one process, and no cheat gains anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hostile.evaluators import APART, CHEATS, IMPORTED, LOAD, PACKING, PICKLED, SHARED
from hostile.evaluators_and_cheats import CHEATS as CHEATS_OF
from hostile.evaluators_and_cheats import EXECUTING, HONEST, NUMBERS, REMEMBERS, REWARDING, TIMES
from hostile.evaluators_with_clocks import CLOCKED, TOLD, UNSEEDED, WORK
from strop.base.events import discard
from strop.checks.command_bench import CommandBench, OneSeed
from strop.checks.own_clock import follows_own_clock
from strop.checks.rewarded import EXECUTES, why_unproven
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import CLOCK, REWARDED, Terms
from strop.evaluation.commands.program_copy import Copy, CopyRun
from strop.evaluation.commands.trial import terms_of
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.command.config import read_config, to_toml
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.task import evaluator_task
from support.tiers import slow_unless

pytestmark = [pytest.mark.process, pytest.mark.heavy]


@pytest.fixture(scope="module")
def workspaces() -> Iterator[JailedWorkspaces]:
    with JailedWorkspaces(slots=1, require=()) as workspaces:
        if not workspaces.can_pair:
            pytest.skip("this machine keeps no two commands apart")
        yield workspaces


def task_of(folder: Path, program: str, evaluator: str, **options: object) -> CommandTask:
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text(program)
    (folder / "evaluator.py").write_text(evaluator)
    return evaluator_task(folder / "program.py", folder / "evaluator.py", **options)


def terms(task: CommandTask, workspaces: JailedWorkspaces) -> Terms:
    with AuditLog(discard, "test", None) as notes:
        return terms_of(task, 5, workspaces, notes, None)


def measured(task: CommandTask, program: str, workspaces: JailedWorkspaces, agreed: Terms | None) -> CopyRun:
    with (
        AuditLog(discard, "test", None) as notes,
        Copy(task, {"program.py": program}, workspaces, notes, agreed) as copy,
    ):
        return copy.run(5, 0)


@pytest.mark.parametrize("name", APART)
def test_evaluator_apart_gives_the_original_its_score_to_the_last_digit(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    task = task_of(tmp_path, *APART[name])
    agreed = terms(task, workspaces)
    assert agreed.shared_because == ""
    text = task.files["program.py"]
    apart, shared = (measured(task, text, workspaces, each) for each in (agreed, None))
    assert apart.values, apart.error
    assert apart.values == shared.values


@pytest.mark.parametrize("name", SHARED)
def test_evaluator_that_needs_the_program_in_its_process_shares_it_and_says_why(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    program, evaluator, why = SHARED[name]
    assert terms(task_of(tmp_path, program, evaluator), workspaces).shared_because.startswith(why)


@pytest.fixture(scope="module", params=[IMPORTED, PICKLED], ids=["imported", "pickled"])
def packing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, workspaces: JailedWorkspaces
) -> Iterator[tuple[CommandTask, Terms]]:
    """A task and its terms. After all cheats an honest program still has its score."""
    task = task_of(tmp_path_factory.mktemp("packing"), PACKING, request.param)
    agreed = terms(task, workspaces)
    yield task, agreed
    assert measured(task, PACKING.replace("0.2)", "0.21)"), workspaces, agreed).values["combined_score"] == 0.84


@pytest.mark.parametrize("name", CHEATS)
def test_program_that_cheats_gains_nothing(
    packing: tuple[CommandTask, Terms], workspaces: JailedWorkspaces, name: str
) -> None:
    ast.parse(CHEATS[name])
    task, agreed = packing
    assert agreed.shared_because == ""
    run = measured(task, CHEATS[name], workspaces, agreed)
    assert run.values.get("combined_score", 0.0) <= 0.8


def test_number_that_is_not_finite_is_malformed_and_named_though_the_evaluator_would_not_mind(
    tmp_path: Path, workspaces: JailedWorkspaces
) -> None:
    evaluator = LOAD + "def evaluate(path):\n    try: load(path).f()\n    except ValueError: pass\n    return 9.0\n"
    task = task_of(tmp_path, "def f(): return [1.0]\n", evaluator)
    agreed = terms(task, workspaces)
    cheat = "def f(): return [float('nan')]\n"
    run = measured(task, cheat, workspaces, agreed)
    assert (run.verdict, run.error.splitlines()[0]) == (
        "malformed",
        "f() returned nan in its item 0, where the original returned finite numbers",
    )
    allowed = task_of(tmp_path, "def f(): return [1.0]\n", evaluator, allow_nan=True)
    assert measured(allowed, cheat, workspaces, agreed).values == {"score": 9.0}


def test_originals_own_kinds_of_values_are_never_malformed(tmp_path: Path, workspaces: JailedWorkspaces) -> None:
    program = "def f(x):\n    return None if x else float('inf')\n"
    evaluator = (
        LOAD
        + "def evaluate(path):\n    module = load(path)\n    return float(str(module.f(0)) == 'inf') + (module.f(1) is None)\n"
    )
    task = task_of(tmp_path, program, evaluator)
    agreed = terms(task, workspaces)
    assert measured(task, program + "# another\n", workspaces, agreed).values == {"score": 2.0}
    other = measured(task, "def f(x): return 'inf'\n", workspaces, agreed)
    assert "a text, where the original returned a number or None" in other.error


def test_program_sees_neither_its_evaluator_nor_data_that_only_the_evaluator_reads(
    tmp_path: Path, workspaces: JailedWorkspaces
) -> None:
    for name in ("own/words.txt", "answers/one.txt", "answers/two.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("4")
    program = "def f():\n    return int(open('own/words.txt').read())\n"
    evaluator = LOAD + "def evaluate(path): return float(load(path).f() == int(open('answers/one.txt').read()))\n"
    task = task_of(tmp_path, program, evaluator)
    agreed = terms(task, workspaces)
    spy = (
        "import os\nfiles = [name for _, _, names in os.walk('.') for name in names]\n"
        "assert sorted(files) == ['program.py', 'words.txt'], files\ndef f():\n    return 4\n"
    )
    run = measured(task, spy, workspaces, agreed)
    assert run.values == {"score": 1.0}, run.error


def test_evaluation_leaves_nothing_for_the_next(tmp_path: Path, workspaces: JailedWorkspaces) -> None:
    program = (
        "import os\ndef f():\n    found = os.path.exists('left') + os.path.exists('/tmp/left')\n"
        "    for path in ('left', '/tmp/left'): open(path, 'w').close()\n    return found\n"
    )
    evaluator = (
        LOAD
        + program.replace("f()", "g()").replace("left", "mine")
        + "def evaluate(path): return 1.0 + load(path).f() + g()\n"
    )
    task = task_of(tmp_path, program, evaluator)
    agreed = terms(task, workspaces)
    assert [measured(task, program, workspaces, agreed).values["score"] for _ in range(3)] == [1.0] * 3


@pytest.mark.parametrize("name", CHEATS_OF)
def test_value_that_gets_past_an_evaluators_checks_gains_nothing(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    original, evaluator, cheat = CHEATS_OF[name]
    task = task_of(tmp_path, original, evaluator)
    agreed = terms(task, workspaces)
    assert agreed.shared_because == ""
    honest = measured(task, f"{original}\n# another\n", workspaces, agreed)
    assert honest.values, honest.error
    assert measured(task, cheat, workspaces, agreed).values.get("score", 0.0) <= honest.values["score"]


def rewards(task: CommandTask, workspaces: JailedWorkspaces, other: str) -> tuple[str, CopyRun, CopyRun]:
    """Why nothing is proven, the original's run and that of another program."""
    agreed = terms(task, workspaces)
    assert agreed.shared_because == ""
    original = measured(task, task.files["program.py"], workspaces, agreed)
    with AuditLog(discard, "test", None) as notes:
        why = why_unproven(task, original, 5, workspaces, notes, agreed)
    return why, original, measured(task, other, workspaces, agreed)


@pytest.mark.parametrize("name", REWARDING)
def test_evaluator_that_rewards_a_cheat_is_found_out_by_a_spoiled_answer_of_the_original(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    original, evaluator, cheat = REWARDING[name]
    task = task_of(tmp_path, original, evaluator)
    why, honest, fooled = rewards(task, workspaces, cheat)
    assert why.startswith(f"{REWARDED}: ")
    assert fooled.values["score"] > honest.values["score"]


@pytest.mark.parametrize("name", slow_unless(lambda name: "without" not in name, EXECUTING))
def test_evaluator_that_runs_what_the_program_returns_is_found_out(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    original, evaluator, cheat = EXECUTING[name]
    task = task_of(tmp_path, original, evaluator)
    why, _, fooled = rewards(task, workspaces, cheat)
    assert why == EXECUTES
    assert fooled.values.get("score") == 1.0, fooled.error


@pytest.mark.parametrize("name", slow_unless(lambda name: name.startswith(("bytes", "priorities")), HONEST))
def test_evaluator_that_checks_the_whole_answer_rewards_no_spoiled_one(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    original, evaluator, better = HONEST[name]
    task = task_of(tmp_path, original, evaluator)
    why, honest, improved = rewards(task, workspaces, better)
    assert why == ""
    assert improved.values["score"] > honest.values["score"]


def follows(task: CommandTask, workspaces: JailedWorkspaces, agreed: Terms) -> str:
    original = measured(task, task.files["program.py"], workspaces, agreed)
    return follows_own_clock(CommandBench(task, workspaces, OneSeed(5), agreed), original)


@pytest.mark.parametrize("name", CLOCKED)
def test_score_that_follows_the_evaluators_own_clock_proves_nothing(
    tmp_path: Path, workspaces: JailedWorkspaces, name: str
) -> None:
    evaluator, cheat = CLOCKED[name]
    task = task_of(tmp_path, WORK, evaluator)
    agreed = Terms()  # a trial under load may find another reason
    assert follows(task, workspaces, agreed).startswith(f"{CLOCK}, ")
    assert measured(task, cheat, workspaces, agreed).values["score"] > 0


@pytest.mark.parametrize("evaluator", [TOLD, UNSEEDED], ids=["only told", "another reason to vary"])
def test_evaluator_that_reads_a_clock_may_prove_something_if_its_score_does_not_follow_it(
    tmp_path: Path, workspaces: JailedWorkspaces, evaluator: str
) -> None:
    agreed = Terms()
    agreed.varies = True
    assert follows(task_of(tmp_path, WORK, evaluator), workspaces, agreed) == ""


@pytest.mark.parametrize(
    "program", [REMEMBERS, NUMBERS, TIMES], ids=["objects and priorities", "numbers", "times of files"]
)
def test_program_finds_no_mark_that_it_left_in_the_kernel_in_an_evaluation_before(
    tmp_path: Path, workspaces: JailedWorkspaces, program: str
) -> None:
    for name in ("own/words.txt", "unused/one.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("4")
    task = task_of(
        tmp_path,
        "def f(): return 1.0 if open('own/words.txt').read() else 0.0\n",
        LOAD + "def evaluate(path): return load(path).f()\n",
    )
    agreed = terms(task, workspaces)
    found = [measured(task, program, workspaces, agreed) for _ in range(3)]
    assert [each.values for each in found] == [{"score": 1.0}] * 3, found[-1].error


def test_task_that_is_read_from_its_record_has_its_parties(tmp_path: Path) -> None:
    task = task_of(tmp_path, PACKING, IMPORTED, allow_nan=True)
    (tmp_path / "strop.toml").write_text(to_toml(task))
    again = read_config(tmp_path / "strop.toml", trusted=True)
    assert task.parties is not None
    assert again.parties == task.parties
    assert replace(again, parties=None).parties is None

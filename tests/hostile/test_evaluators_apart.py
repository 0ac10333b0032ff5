"""Evaluators and programs as two guests: honest originals score what they score in one process, and no cheat gains anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hostile.evaluators import APART, CHEATS, IMPORTED, LOAD, PACKING, PICKLED, SEEDS_THE_GENERATOR, SHARED
from hostile.evaluators_and_cheats import CHEATS as CHEATS_OF
from hostile.evaluators_and_cheats import EXECUTING, HONEST, NUMBERS, REMEMBERS, REWARDING, TIMES
from hostile.evaluators_with_clocks import CLOCKED, TOLD, WORK
from hostile.outcomes import judged, measured, resumed, rewards, sharing_of
from strop.evaluation.commands.relay import Sharing
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.config import read_config, to_toml
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.task import evaluator_task
from support.tiers import slow_unless

pytestmark = [pytest.mark.process, pytest.mark.heavy]


@pytest.fixture(scope="module")
def workspaces() -> Iterator[Workspaces]:
    with Workspaces(slots=2, require=()) as workspaces:
        if not workspaces.has_trees:
            pytest.skip("this machine keeps no two commands apart")
        yield workspaces


def task_of(folder: Path, program: str, evaluator: str, **options: object) -> CommandTask:
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text(program)
    (folder / "evaluator.py").write_text(evaluator)
    return evaluator_task(folder / "program.py", folder / "evaluator.py", **options)


@pytest.mark.parametrize("name", APART)
def test_evaluator_apart_gives_the_original_its_score_to_the_last_digit(
    tmp_path: Path, workspaces: Workspaces, name: str
) -> None:
    task = task_of(tmp_path, *APART[name])
    sharing = sharing_of(task, workspaces)
    assert sharing.because == ""
    text = task.files["program.py"]
    apart, shared = (measured(task, text, workspaces, each) for each in (sharing, None))
    assert apart.values, apart.error
    assert apart.values == shared.values


@pytest.mark.parametrize("name", SHARED)
def test_evaluator_that_needs_the_program_in_its_process_shares_it_and_says_why(
    tmp_path: Path, workspaces: Workspaces, name: str
) -> None:
    program, evaluator, why = SHARED[name]
    assert sharing_of(task_of(tmp_path, program, evaluator), workspaces).because.startswith(why)


def test_program_apart_draws_its_own_random_numbers_the_same_for_each_seed(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    task = task_of(tmp_path, *SEEDS_THE_GENERATOR)
    sharing = sharing_of(task, workspaces)
    one, other = (measured(task, task.seed, workspaces, sharing).values for _ in range(2))
    assert one == other and sharing.because == ""


BY_PICKLE = ("pickle that is code", "array that answers as it likes")
"""Cheats that `make test` tries on both evaluators; `make test-all` tries each on both."""


@pytest.fixture(scope="module")
def packing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, workspaces: Workspaces
) -> Iterator[tuple[CommandTask, Sharing]]:
    """A task, and what its first run showed. After all cheats an honest program still has its score."""
    task = task_of(tmp_path_factory.mktemp("packing"), PACKING, request.param)
    sharing = sharing_of(task, workspaces)
    yield task, sharing
    assert measured(task, PACKING.replace("0.2)", "0.21)"), workspaces, sharing).values["combined_score"] == 0.84


@pytest.mark.parametrize(
    ("packing", "name"),
    [
        pytest.param(
            evaluator, name, id=f"{name} {how}", marks=[pytest.mark.slow] * (is_slow and name not in BY_PICKLE)
        )
        for evaluator, how, is_slow in ((IMPORTED, "imported", False), (PICKLED, "pickled", True))
        for name in CHEATS
    ],
    indirect=["packing"],
)
def test_program_that_cheats_gains_nothing(
    packing: tuple[CommandTask, Sharing], workspaces: Workspaces, name: str
) -> None:
    ast.parse(CHEATS[name])
    task, sharing = packing
    assert sharing.because == ""
    run = measured(task, CHEATS[name], workspaces, sharing)
    assert run.values.get("combined_score", 0.0) <= 0.8


def test_number_that_is_not_finite_is_malformed_and_named_though_the_evaluator_would_not_mind(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    evaluator = LOAD + "def evaluate(path):\n    try: load(path).f()\n    except ValueError: pass\n    return 9.0\n"
    task = task_of(tmp_path, "def f(): return [1.0]\n", evaluator)
    sharing = sharing_of(task, workspaces)
    cheat = "def f(): return [float('nan')]\n"
    run = measured(task, cheat, workspaces, sharing)
    assert (run.verdict, run.error.splitlines()[0]) == (
        "malformed",
        "f() returned nan in its item 0, where the original returned finite numbers",
    )
    allowed = task_of(tmp_path, "def f(): return [1.0]\n", evaluator, allow_nan=True)
    assert measured(allowed, cheat, workspaces, sharing).values == {"score": 9.0}


def test_array_of_a_type_unlike_the_originals_arrives_in_64_bits(tmp_path: Path, workspaces: Workspaces) -> None:
    pytest.importorskip("numpy")
    program = "import numpy as np\ndef f(): return np.array([3.0, 250.0], dtype=np.float32)\n"
    evaluator = (
        LOAD
        + "def evaluate(path):\n    x = load(path).f()\n    return float((x * x).sum()) + 0.5 * (x.dtype == 'float32')\n"
    )
    task = task_of(tmp_path, program, evaluator)
    sharing = sharing_of(task, workspaces)
    assert measured(task, program + "# another\n", workspaces, sharing).values == {"score": 62509.5}
    small = program.replace("3.0, 250.0", "3, 250").replace("float32", "uint8")
    assert measured(task, small, workspaces, sharing).values == {"score": 62509.0}


def test_program_sees_neither_its_evaluator_nor_data_that_only_the_evaluator_reads(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    for name in ("own/words.txt", "answers/one.txt", "answers/two.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("4")
    program = "def f():\n    return int(open('own/words.txt').read())\n"
    evaluator = LOAD + "def evaluate(path): return float(load(path).f() == int(open('answers/one.txt').read()))\n"
    task = task_of(tmp_path, program, evaluator)
    sharing = sharing_of(task, workspaces)
    spy = (
        "import os\nfiles = [name for _, _, names in os.walk('.') for name in names]\n"
        "assert sorted(files) == ['program.py', 'words.txt'], files\ndef f():\n    return 4\n"
    )
    run = measured(task, spy, workspaces, sharing)
    assert run.values == {"score": 1.0}, run.error


def test_program_that_is_compared_first_after_a_resume_sees_no_data_that_only_the_evaluator_reads(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/one.txt").write_text("4")
    evaluator = LOAD + "def evaluate(path): return 1.0 + (load(path).f() == int(open('answers/one.txt').read()))\n"
    task = task_of(tmp_path, "def f():\n    return 3\n", evaluator, held_out=1)
    found = resumed(task, workspaces, "import os\ndef f():\n    return 4 if os.path.exists('answers') else 3\n")
    assert (found.verdict, found.metrics) == ("ok", ({"score": 1.0},))


def test_evaluation_leaves_nothing_for_the_next(tmp_path: Path, workspaces: Workspaces) -> None:
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
    sharing = sharing_of(task, workspaces)
    assert [measured(task, program, workspaces, sharing).values["score"] for _ in range(3)] == [1.0] * 3


NEVER_BETTER = {**CHEATS_OF, **REWARDING, **{name: (WORK, *each) for name, each in CLOCKED.items()}}


@pytest.mark.parametrize("name", NEVER_BETTER)
def test_value_that_gets_past_an_evaluator_is_never_better(tmp_path: Path, workspaces: Workspaces, name: str) -> None:
    original, evaluator, cheat = NEVER_BETTER[name]
    ((outcome, found),) = judged(task_of(tmp_path, original, evaluator), workspaces, cheat)
    assert outcome != "better", found


@pytest.mark.parametrize("name", slow_unless(lambda name: "without" not in name, EXECUTING))
def test_evaluator_that_runs_what_the_program_returns_is_refused(
    tmp_path: Path, workspaces: Workspaces, name: str
) -> None:
    original, evaluator, _ = EXECUTING[name]
    assert "code in a spoiled answer ran" in rewards(task_of(tmp_path, original, evaluator), workspaces)


@pytest.mark.parametrize("name", slow_unless(lambda name: name.startswith(("bytes", "priorities")), HONEST))
def test_evaluator_that_checks_the_whole_answer_is_not_refused(
    tmp_path: Path, workspaces: Workspaces, name: str
) -> None:
    original, evaluator, better = HONEST[name]
    ((outcome, found),) = judged(task_of(tmp_path, original, evaluator), workspaces, better)
    assert outcome == "better", found


def test_evaluator_that_only_tells_the_time_computes_the_score(tmp_path: Path, workspaces: Workspaces) -> None:
    ((_, found),) = judged(task_of(tmp_path, WORK, TOLD), workspaces, f"{WORK}# another\n")
    assert found.own_score_because == ""


@pytest.mark.parametrize(
    "program", [REMEMBERS, NUMBERS, TIMES], ids=["objects and priorities", "numbers", "times of files"]
)
def test_program_finds_no_mark_that_it_left_in_the_kernel_in_an_evaluation_before(
    tmp_path: Path, workspaces: Workspaces, program: str
) -> None:
    for name in ("own/words.txt", "unused/one.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("4")
    task = task_of(
        tmp_path,
        "def f(): return 1.0 if open('own/words.txt').read() else 0.0\n",
        LOAD + "def evaluate(path): return load(path).f()\n",
    )
    sharing = sharing_of(task, workspaces)
    found = [measured(task, program, workspaces, sharing) for _ in range(3)]
    assert [each.values for each in found] == [{"score": 1.0}] * 3, found[-1].error


def test_task_that_is_read_from_its_record_has_its_parties(tmp_path: Path) -> None:
    task = task_of(tmp_path, PACKING, IMPORTED, allow_nan=True)
    (tmp_path / "strop.toml").write_text(to_toml(task))
    again = read_config(tmp_path / "strop.toml", trusted=True)
    assert task.parties is not None
    assert again.parties == task.parties
    assert replace(again, parties=None).parties is None


FORGED = """
import base64, sys, types
data = sys.modules["strop_plain_data"]
def encoded(answer):
    return base64.b64encode(data.encode({form}) if data.decode(answer)[0] == "{kind}" else answer)
sys.modules["strop_program"].base64 = types.SimpleNamespace(b64decode=base64.b64decode, b64encode=encoded)
def f(x): return x * x
"""


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("imported", "('imported', 0, [], [], {}, None)"),
        ("imported", "('imported', 0, [], {}, {}, (10**12, b'', 0))"),
        ("returned", "('returned', 9.0, 5, '')"),
        ("returned", "('returned', __import__('numpy').zeros(30 << 20, 'int8'), {}, '')"),
    ],
)
def test_program_whose_process_forges_an_answer_is_malformed_and_the_next_is_measured(
    tmp_path: Path, workspaces: Workspaces, kind: str, form: str
) -> None:
    task = task_of(tmp_path, *APART["import_module"])
    sharing = sharing_of(task, workspaces)
    forged = measured(task, FORGED.format(kind=kind, form=form), workspaces, sharing)
    assert not forged.values and forged.verdict in ("malformed", "raised"), forged
    assert measured(task, task.files["program.py"], workspaces, sharing).values == {"score": 9.0}

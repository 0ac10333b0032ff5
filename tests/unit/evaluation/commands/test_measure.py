"""The utility of a command task: real commands in real workspaces."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.budget import Budget
from strop.base.errors import GuestLost, TaskError
from strop.base.events import Evaluated, Event
from strop.base.failures import failure
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.core.completed_work import CompletedWork
from strop.core.utility import TaskUtility
from strop.evaluation.base import Order, Part
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.commands.built_program import SEED_BITS
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.laws import SAME
from strop.sandbox.base import MOST_STARVED
from strop.sandbox.workspace.base import CommandLimits, Tree, Workspace
from strop.sandbox.workspace.jail import Workspaces
from strop.sandbox.workspace.workspace import JailedWorkspace
from strop.tasks.base import SecretSeeds, Split
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask
from support.commands_here import here
from support.rows import table

SEEDS = SecretSeeds(b"secret")
VARYING = "echo score 2$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')\n"


class Counting:
    """Workspaces that remember what was opened, and what ran."""

    def __init__(self, inner: Workspaces) -> None:
        self.inner = inner
        self.opened: list[Tree] = []
        self.ran: list[Tree] = []

    def open(self, tree: Tree) -> Workspace:
        self.opened.append(tree)
        workspace = self.inner.open(tree)
        run = workspace.run
        workspace.run = lambda *given, **named: self.ran.append(tree) or run(*given, **named)  # type: ignore
        return workspace

    def close(self) -> None:
        self.inner.close()


def written(root: Path, **files: str) -> Path:
    """A tree with files; two underscores in a name are a dot."""
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text)
    return root


SEEDED = "sh program.sh {seed}"


def task_of(root: Path, **changes: Any) -> CommandTask:
    printed = {} if "score" in changes else {"score": ["score (.*)"], "metric": ["score:max"]}
    return command_task(root, **{"files": ["program.sh"], "command": "sh program.sh", **printed, **changes})


class Bench:
    """Evaluates programs of tasks as a run does, on the calling thread."""

    def __init__(self, workspaces: Workspaces, past: CompletedWork | None = None) -> None:
        self.workspaces = Counting(workspaces)
        self.events: list[Event] = []
        self.past = past or CompletedWork()
        self.begun: list[tuple[int, int]] = []
        self.number = 0
        self._evaluators: dict[str, WithBaselines] = {}
        self.pool = WorkspacePool(self.workspaces)

    def __call__(
        self, task: CommandTask, candidate: str | None, split: Split = "train", *, verdict: bool = False
    ) -> Evaluation:
        self.number += 1
        utility = TaskUtility(
            task,
            split,
            SEEDS,
            None,
            self.events.append,
            b"secret",
            past=self.past,
            evaluator=self.evaluator(task),
            is_final=verdict,
        )
        return utility.evaluate(candidate, Budget({}).child(f"e{self.number}"))

    def evaluator(self, task: CommandTask) -> WithBaselines:
        """What measures a task; of an earlier one of this name it knows the original."""
        if task.name not in self._evaluators:
            self._evaluators[task.name] = here(task, pool=self.pool)
            self._evaluators[task.name].recall(self.past.evaluations.values(), SEEDS)
        self._evaluators[task.name].here.worker.tasks[task.name] = task  # type: ignore[attr-defined]
        self._evaluators[task.name].relocate([task], self._began)
        return self._evaluators[task.name]

    def _began(self, order: Order, number: int, count: int) -> None:
        self.begun.append((number, count))


@pytest.fixture
def bench(workspaces: Workspaces) -> Iterator[Bench]:
    made = Bench(workspaces)
    with closing(made.pool):
        yield made


@table(("goal", "best", "worse"), (("max", 1, 0.75), ("min", 0, 0.25)))
def test_best_value_of_a_declared_range_has_the_highest_utility_and_one_outside_is_malformed(
    bench: Bench, tmp_path: Path, goal: str, best: int, worse: float
) -> None:
    given = {"score": "score (.*)", "metric": f"score:{goal}", "range": [0, 1]}
    task = task_of(written(tmp_path, program__sh="echo score 0.5\n"), **given, name=goal)
    assert bench(task, task.seed).value == 0.5
    assert bench(task, f"echo score {best}").value == 1.0 and 0.5 < bench(task, f"echo score {worse}").value < 1.0
    outside = bench(task, f"echo score {2 * best - 0.5}")
    assert outside.verdict == "malformed" and "outside of its range, 0 to 1" in outside.error
    perfect = task_of(written(tmp_path, program__sh=f"echo score {best}\n"), **given, name=f"best-{goal}")
    assert bench(perfect, perfect.seed).value == 1.0


def test_original_runs_once_to_show_what_its_score_is_of_when_a_run_goes_on(
    workspaces: Workspaces, bench: Bench, tmp_path: Path
) -> None:
    task = task_of(written(tmp_path, program__sh="echo score 2\n"))
    bench(task, task.seed)
    (event,) = [each for each in bench.events if isinstance(each, Evaluated)]
    past = CompletedWork(evaluations={"elsewhere": Evaluated(**{**vars(event), "solution": digest_of(task.seed)})})
    later = Bench(workspaces, past)
    assert later(task, "echo score 4").value == pytest.approx(2 / 3)
    assert [dict(tree.files) for tree in later.workspaces.opened] == [{}, {"program.sh": "echo score 4\n"}]


def test_values_of_both_are_recorded_and_an_evaluation_that_ended_is_taken_from_the_record(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    task = task_of(written(tmp_path, program__sh="echo score 2\n"), instances=2)
    first = Bench(workspaces)
    found = first(task, "echo score 3\n")
    (event,) = [each for each in first.events if isinstance(each, Evaluated)]
    assert (event.metrics, event.original_metrics) == (({"score": 3.0},) * 2, ({"score": 2.0},) * 2)
    assert event.solution == "echo score 3\n"
    past = CompletedWork(evaluations={"e1": Evaluated(**{**vars(event), "solution": digest_of("echo score 3\n")})})
    later = Bench(workspaces, past)
    assert later(task, "echo score 3\n") == found
    assert later.workspaces.opened == []


def test_each_instance_has_a_seed_of_its_own_that_differs_between_splits(bench: Bench, tmp_path: Path) -> None:
    program = "echo score $(($1 % 1000003)); test $1 = $STROP_SEED\n"
    task = task_of(written(tmp_path, program__sh="echo score 1\n"), command=SEEDED, instances=3, held_out=2)
    train, test = (bench(task, program, split) for split in ("train", "test"))
    assert len({each["score"] for each in (*train.metrics, *test.metrics)}) == 5
    assert bench(task, program + "\n").metrics == train.metrics


def test_metric_that_is_measured_in_turns_has_the_original_beside_it(bench: Bench, tmp_path: Path) -> None:
    busy = "i=0; while [ $i -lt {n} ]; do i=$((i+1)); done; echo done\n"
    task = task_of(written(tmp_path, program__sh=busy.replace("{n}", "100000")), score=["time"], instances=4)
    found = bench(task, busy.replace("{n}", "1000"))
    assert found.value > 0.5
    assert len(found.original_metrics) == len(found.metrics) == 4
    assert sum(not tree.files for tree in bench.workspaces.ran) >= 4
    assert [dict(tree.files) for tree in bench.workspaces.opened][-1] == {}


def test_measurement_on_the_held_out_split_counts_its_instances_one_by_one(bench: Bench, tmp_path: Path) -> None:
    task = task_of(written(tmp_path, program__sh="echo 1\n"), score=["time"], instances=2, held_out=3)
    bench(task, "echo 1 # the same\n", "train")
    assert bench.begun == []
    bench(task, "echo 1 # the same\n", "test")
    assert bench.begun == [(1, 3), (2, 3), (3, 3)]


C_TREE = {
    "Makefile": "run: a.c b.c b.h\n\tcc -O1 -o run a.c b.c\n",
    "a.c": '#include <stdio.h>\n#include "b.h"\nint main(void) { printf("score %d\\n", value()); return 0; }\n',
    "b.c": "int value(void) { return 2; }\n",
    "b.h": "int value(void);\n",
}


def c_task(root: Path) -> CommandTask:
    for name, text in C_TREE.items():
        (root / name).write_text(text)
    return task_of(root, files=["a.c", "b.c"], build="make -s", command="./run")


def test_compilers_words_are_in_the_error_when_a_build_fails(bench: Bench, tmp_path: Path) -> None:
    found = bench(c_task(tmp_path), "=== file: b.c ===\nint value(void) { return two; }\n")
    assert (found.value, found.verdict) == (0.0, "raised")
    first, *others = found.error.replace("‘", "'").replace("’", "'").splitlines()
    assert re.match(r"the build failed: b\.c:1:.* error: ('two' undeclared|use of undeclared identifier 'two')", first)
    assert others and first.partition(": ")[2] not in others and failure("raised", found.error) == "build error"


FAILURES: list[tuple[str, str, str]] = [
    ("echo score 1; echo score 2", "malformed", "instance 0: found 2 values for score score (1, 2)"),
    ("echo nothing", "malformed", "instance 0: no score: score: nothing in the output matches"),
    ("echo score 9; echo oh no >&2; exit 3", "raised", "instance 0: exit status 3\nscore 9\noh no"),
    ("echo score 9; kill -SEGV $$", "died", "instance 0: exit status 139 (signal SIGSEGV)"),
    ("echo score 9; kill -9 $$", "died", "instance 0: "),
    ("echo Killed; echo 'signal: 9, SIGKILL' >&2; exit 137", "died", "instance 0: "),
    ("echo x score 3", "malformed", "instance 0: score score is read from"),
    ("echo score 9; sleep 60", "timeout", "instance 0: wall time limit"),
    ("echo score 9; echo x > scorer.sh", "ok", ""),
]


def test_failure_is_named_and_costs_the_whole_utility(bench: Bench, tmp_path: Path) -> None:
    task = task_of(written(tmp_path, program__sh="echo score 2\n", scorer__sh="true\n"), time_limit=1.0)
    missed = []
    for program, verdict, error in FAILURES:
        found = bench(task, program + "\n")
        costs = (found.value == 0.0) is (verdict != "ok")
        if found.verdict != verdict or not found.error.startswith(error) or not costs:
            missed.append((program, found))
    assert missed == []


def test_constraint_that_is_not_met_costs_everything_and_says_why_and_an_original_that_misses_it_can_be_repaired(
    bench: Bench, tmp_path: Path
) -> None:
    task = task_of(written(tmp_path, program__sh="echo 4 passed in 0.1s\n"), score=["time"], require_metric=["tests=1"])
    assert bench(task, task.seed).value == 0.5
    found = bench(task, "echo 1 failed, 3 passed in 0.1s\nexit 1\n")
    assert (found.value, found.verdict) == (0.0, "malformed")
    assert found.error.startswith("instance 0: constraint tests=1 not met: 0.75\n1 failed, 3 passed")
    assert found.metrics[0]["tests"] == 0.75
    written(tmp_path, program__sh="echo score 2\nexit 1\n")
    task = task_of(tmp_path, require_metric=["passed=1"], name="repaired")
    before, after = bench(task, task.seed), bench(task, "echo score 2\n")
    assert (before.value, before.verdict, after.value, after.verdict) == (0.0, "malformed", 0.5, "ok")


BIG = "python3 -S -c 'import os; big = os.fork() or bytearray(64 << 20)'\necho done\n"


def test_memory_of_a_child_process_is_measured_beside_a_time_and_held_when_it_is_required(
    bench: Bench, tmp_path: Path
) -> None:
    tree = written(tmp_path, program__sh="python3 -S -c pass\necho done\n")
    for required, error in {(): "", ("memory<=2x",): "x the original's, where 2x is the most"}.items():
        task = task_of(tree, score=["time"], require_metric=required, fixed_input=True, name=f"m{len(required)}")
        assert bench(task, task.seed).verdict == "ok"
        found = bench(task, BIG)
        assert found.error.endswith(error) and (found.verdict == "ok") is (error == "")
        assert found.means["memory"] > 40 + found.original_metrics[0]["memory"]


BROKEN = [
    ("exit 3\n", "", r"\(raised\): exit status 3"),
    ("python3 tool.py\n", "", r"\(raised\): ZeroDivisionError: division by zero \(tool.py, line 1\)"),
    ("echo score 1; echo score 2\n", "", r"\(malformed\): found 2 values"),
    ("echo score 1\n", "false", "the build failed: exit status 1; strop check"),
    ("echo score 1\n", "echo p.c: error: x; echo ^; exit 1", r"the build failed: p.c: error: x; strop check"),
    ("echo score 1\n", "cat tool.o", r"No such file or directory; compiled files are left out .* \(tool.o\)"),
]
"""Original, build, and why it cannot be measured."""


def test_original_that_cannot_be_measured_breaks_the_task(bench: Bench, tmp_path: Path) -> None:
    for number, (original, build, words) in enumerate(BROKEN):
        tree = written(tmp_path, program__sh=original, tool__py="1/0", tool__o="\x7fELF")
        task = task_of(tree, build=build, name=f"broken{number}")
        for candidate in (task.seed, "echo score 5\n"):
            with pytest.raises(TaskError, match=f"task broken{number}: the original cannot be measured.*{words}"):
                bench(task, candidate)


ADDED = "a.c, b.c; to add it, create it empty and name it in `files`"
NO_PROGRAMS: dict[str | None, str] = {
    "=== file: Makefile ===\nx\n": "'Makefile' may not be changed; what may is a.c, b.c",
    **{f"=== file: {path} ===\nx\n": ADDED for path in ("c.c", "../a.c", "./a.c", "a.c/x", ".git/config", "é" * 999)},
    "int x;\n": "begin each that you change with",
    "=== file: b.c ===\n\ud800\n": "'b.c' cannot be written as UTF-8",
    None: "the candidate is not a program text",
}


def test_candidate_that_is_no_program_of_the_task_is_never_run(bench: Bench, tmp_path: Path) -> None:
    task = c_task(tmp_path)
    bench(task, task.seed)
    opened = len(bench.workspaces.opened)
    for candidate, words in NO_PROGRAMS.items():
        found = bench(task, candidate)
        assert (found.value, found.verdict) == (0.0, "malformed"), candidate
        assert words in found.error, candidate
    assert len(bench.workspaces.opened) == opened


def test_candidate_that_changes_more_than_it_may_is_never_run(bench: Bench, tmp_path: Path) -> None:
    marked = "# EVOLVE-BLOCK-START\nN=2\n# EVOLVE-BLOCK-END\necho score $N\n"
    task = task_of(written(tmp_path, program__sh=marked))
    assert bench(task, marked.replace("N=2", "N=4")).value == pytest.approx(2 / 3)
    assert bench(task, marked.replace("score $N", "score 9")).verdict == "malformed"


def test_line_ends_of_the_tree_are_kept(bench: Bench, tmp_path: Path) -> None:
    written(tmp_path, program__sh="echo score $(tr -cd '\\r' < data.txt | wc -c)\n")
    (tmp_path / "data.txt").write_bytes(b"a\r\nb\r\n")
    task = task_of(tmp_path, files=["data.txt"], instances=1)
    assert task.seed == "a\nb\n"
    assert bench(task, "a\nb\nc\nd\n").metrics == ({"score": 4.0},)


def test_scorers_notes_are_kept_of_training_runs_alone(bench: Bench, tmp_path: Path) -> None:
    task = task_of(written(tmp_path, program__sh="echo score 2\n"), instances=2, held_out=2)
    noting = "echo score 3; echo 'strop-note: row 7 is\\n wrong' >&2; echo 'strop-note: '$(seq 2000)\n".replace(
        "\\n", "\\\\n"
    )
    train, test = (bench(task, noting, split) for split in ("train", "test"))
    assert "row 7 is\n wrong" in train.notes[0]
    assert sum(map(len, train.notes)) <= 4000
    assert test.notes == ()


def test_failing_tests_are_told_where_their_share_is_the_score(bench: Bench, tmp_path: Path) -> None:
    suite = "echo 'FAILED test_of_zero'; echo '1 failed, 3 passed in 0.1s'; exit 1\n"
    task = task_of(written(tmp_path, program__sh=suite), score=["tests"], instances=1)
    found = bench(task, task.seed)
    assert (found.verdict, found.metrics) == ("ok", ({"tests": 0.75},))
    assert "exit status 1: FAILED test_of_zero" in found.notes[0]
    assert bench(task, task.seed, "test").notes == ()


ANSWER = "echo answer $STROP_SEED\n"
"""A program whose answer is the seed."""
TIMED: dict[str, Any] = {"score": ["time"], "instances": 2, "held_out": 2}


OTHER_ANSWERS: dict[str, str] = {
    "true\n": "line 1 is missing, the original's is 'answer ",
    "echo answer 7\n": "line 1 is 'answer 7', the original's is 'answer ",
    f"{ANSWER}echo more\n": "line 2, 'more', is one too many",
    ANSWER.replace("echo", "sleep 0.01; echo"): "",
    f"echo progress >&2; {ANSWER}": "",
}
"""Program -> what is wrong with its answer; empty: nothing."""


def test_candidate_scored_by_a_cost_must_print_what_the_original_prints_and_is_not_told_what_is_held_out(
    bench: Bench, tmp_path: Path
) -> None:
    task = task_of(written(tmp_path, program__sh=ANSWER), **{**TIMED, "score": ["memory"]})
    for program, error in OTHER_ANSWERS.items():
        found = bench(task, program)
        assert (found.verdict, found.value == 0.0) == (("malformed", True) if error else ("ok", False)), program
        assert error in found.error and len(set(found.answers)) == len(found.answers) > 0, program
        held_out = bench(task, program, "test")
        assert held_out.verdict == found.verdict, program
        assert "the original prints on the same seed" in held_out.error if error else not held_out.error, program
        assert "answer" not in held_out.error, program


def test_candidate_must_leave_the_results_that_the_original_leaves(bench: Bench, tmp_path: Path) -> None:
    program = "mkdir -p out; echo $STROP_SEED > out/answer\n"
    task = task_of(written(tmp_path, program__sh=program), results=["out/answer"], **TIMED)
    for split, other in (("train", "true\n"), ("test", "mkdir out; echo 7 > out/answer\n")):
        found = bench(task, other, split)
        assert (found.value, found.verdict) == (0.0, "malformed")
        assert (
            found.error == "instance 0: it does not leave the file 'out/answer' as the original does on the same seed"
        )
    assert bench(task, f"true; {program}echo more > log\n").verdict == "ok"


LONG = "head -c 3000000 /dev/zero | tr '\\0' x; echo {}; head -c 3000000 /dev/zero | tr '\\0' x\n"


def test_every_byte_of_a_long_output_is_compared_and_beside_notes_one_is_too_long(bench: Bench, tmp_path: Path) -> None:
    task = task_of(written(tmp_path, program__sh=LONG.format("a")), **TIMED)
    assert bench(task, LONG.format("b")).verdict == "malformed"
    assert bench(task, LONG.format("a") + "\n").verdict == "ok"
    program = "echo strop-note: slow; head -c 3000000 /dev/zero | tr '\\0' x\n"
    with pytest.raises(TaskError, match="prints or writes something else"):
        bench(task_of(written(tmp_path, program__sh=program), **TIMED, name="notes"), program)


LEAVES = {
    "echo x > log": "'log'",
    "mkdir -p out/x": "'out', 'out/x'",
    "echo x >> data.txt": "'data.txt'",
    "ln -s a l; mkfifo p": "'l', 'p'",
}


def test_original_that_leaves_what_nothing_compares_is_refused(bench: Bench, tmp_path: Path) -> None:
    for number, (leaves, named) in enumerate(LEAVES.items()):
        tree = written(tmp_path, program__sh=f"{ANSWER}{leaves}\n", data__txt="old\n")
        task = task_of(tree, name=f"leaves{number}", **TIMED)
        with pytest.raises(TaskError, match=f"the original leaves {named}, which nothing compares.*name under results"):
            bench(task, task.seed)
    made = "cp /bin/true made; mkdir cache; touch cache/x cache/CACHEDIR.TAG; echo x > $TMPDIR/x; echo x > kept\n"
    task = task_of(written(tmp_path, program__sh=ANSWER + made), results=["kept"], name="made", **TIMED)
    assert bench(task, task.seed).verdict == "ok"


def test_each_time_of_a_verdict_comes_from_fresh_copies_of_both(bench: Bench, tmp_path: Path) -> None:
    given: Any = {"command": SEEDED, "build": "true", "held_out": 12, "score": ["time"]}
    task = task_of(written(tmp_path, program__sh="echo $STROP_SEED\n"), **given)
    bench(task, task.seed)
    before = len(bench.workspaces.opened)
    found = bench(task, "echo $STROP_SEED; true\n", "test", verdict=True)
    assert found.verdict == "ok" and len(found.scores) == 12
    opened = bench.workspaces.opened[before:]
    assert [bool(tree.files) for tree in opened].count(True) == 12
    assert len(opened) == 24
    assert all(set(row) == {"time", "memory"} for row in bench(task, "echo $STROP_SEED; true\n").metrics)


def test_runs_are_repeated_as_often_as_planned_within_a_few_seconds() -> None:
    planned = Part(repeats=5)
    assert [planned.times(seconds) for seconds in (0.0, 0.01, 0.4, 0.6, 1.0, 1.1, 60.0)] == [5, 5, 5, 3, 2, 1, 1]
    assert Part().times(0.01) == 1


def test_verdict_about_what_no_seed_changes_builds_the_candidate_alone_and_runs_both_three_times(
    bench: Bench, tmp_path: Path
) -> None:
    alone: dict[str, Any] = {"score": ["score (.*)"]}
    varies = {"score": ["score (.*)", "memory"], "require_metric": ["memory<=4000"]}
    for name, given in {"alone": alone, "with-a-constraint-that-varies": varies}.items():
        tree = written(tmp_path, program__sh="echo score 2\n")
        task = task_of(tree, **given, metric=["score:max"], build="true", name=name)
        bench(task, task.seed)
        opened, ran = len(bench.workspaces.opened), len(bench.workspaces.ran)
        found = bench(task, "echo score 3", "test", verdict=True)
        assert found.verdict == "ok" and len(found.scores) == len(found.original_metrics) == SAME, name
        assert len(bench.workspaces.opened) - opened == 1, name
        builds_and_runs = [bool(tree.files) for tree in bench.workspaces.ran[ran:]]
        assert (builds_and_runs.count(True), builds_and_runs.count(False)) == (1 + SAME, SAME), name


def test_each_row_of_a_verdict_is_measured_on_its_own_seed_whatever_the_task_declares(
    bench: Bench, tmp_path: Path
) -> None:
    task = task_of(written(tmp_path, program__sh="echo score $((STROP_SEED % 7))\n"), held_out=12, name="program")
    assert task.input == "chosen" and bench(task, task.seed).verdict == "ok"
    found = bench(task, "echo score 3\n", "test", verdict=True)
    drawn = [SEEDS.seed(task.name, "test", index) % (1 << SEED_BITS) % 7 for index in range(12)]
    assert [row["score"] for row in found.original_metrics] == drawn


def test_instance_on_which_the_original_fails_has_no_value_in_the_verdict(bench: Bench, tmp_path: Path) -> None:
    drawn = "$((2 + STROP_SEED % 3))"
    fails, works = (f"test $((STROP_SEED % 7)) {sign} 0 && echo score {drawn}\n" for sign in ("!=", "-ge"))
    task = task_of(
        written(tmp_path, program__sh=fails, none__sh="false\n"),
        held_out=12,
        name="program",
        command="sh program.sh #{seed}",
    )
    found = bench(task, works.replace("2 +", "5 +"), "test", verdict=True)
    assert (found.verdict, found.failures, len(found.scores), len(found.original_metrics)) == ("ok", (2, 0), 10, 10)
    both = bench(task, fails.replace("2 +", "5 +"), "test", verdict=True)
    assert (both.verdict, both.failures, len(both.scores)) == ("ok", (2, 2), 10)
    never = task_of(task.root, held_out=2, files=["none.sh"], command="sh none.sh")
    with pytest.raises(TaskError, match="the original cannot be measured"):
        bench(never, "echo score 3\n", "test", verdict=True)


@table(("name", "original"), {"of-the-candidate": "echo score 2\n", "of-both": VARYING}.items())
def test_verdict_about_scores_that_vary_makes_every_measurement(
    bench: Bench, tmp_path: Path, name: str, original: str
) -> None:
    task = task_of(written(tmp_path, program__sh=original), held_out=7, name=name)
    bench(task, task.seed)
    ran = len(bench.workspaces.ran)
    assert len(bench(task, f"{VARYING}true\n", "test", verdict=True).scores) == 7, name
    assert sum(not tree.files for tree in bench.workspaces.ran[ran:]) >= 7 - 1, name


def test_measurement_stops_when_the_keeper_of_its_workspace_is_killed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = JailedWorkspace.run

    def disturbed(workspace: JailedWorkspace, command: str, *arguments: Any, **named: Any) -> Any:
        workspace._process.kill()
        return run(workspace, command, *arguments, **named)

    monkeypatch.setattr(JailedWorkspace, "run", disturbed)
    task = task_of(written(tmp_path, program__sh="echo score 2\n"))
    with pytest.raises(GuestLost, match="the keeper of a workspace is gone"):
        bench(task, task.seed)


def test_command_goes_on_when_its_wall_time_went_by_in_waiting_for_a_core_but_not_in_sleep(
    workspaces: Workspaces, tmp_path: Path, crowded_core: None
) -> None:
    limits = CommandLimits(wall_seconds=0.5, cpu_seconds=20.0)
    (tmp_path / "works.py").write_text("import time\nwhile time.process_time() < 0.4: pass\n")
    with workspaces.open(Tree(tmp_path, {})) as workspace:
        works = workspace.run(f"{sys.executable} -I -S works.py", limits)
        left = workspace.run(f"{sys.executable} -I -S works.py &", replace(limits, outlive_seconds=0.5))
        sleeps = workspace.run("sleep 600", limits)
    assert min(works.wall_seconds, left.wall_seconds) > 0.5
    # Beside many others it may wait longer than a command may at all.
    assert works.ok or works.wall_seconds > MOST_STARVED * 0.5, works
    assert (left.ok and not left.lived_on) or left.wall_seconds > MOST_STARVED * 0.5, left
    assert sleeps.detail == "wall time limit of 0.5 s reached"

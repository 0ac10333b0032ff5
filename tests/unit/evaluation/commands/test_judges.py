"""A judge scores, in a jail of its own, what a program left behind."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError, TaskError
from strop.base.results import Evaluation
from strop.evaluation.base import Order
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.commands.measure import spoiling
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import SecretSeeds, Split
from strop.tasks.command import task as described
from strop.tasks.command.config import command_task, read_config, to_toml
from strop.tasks.command.task import CommandTask
from support.commands_here import here
from support.rows import table

SEEDS = SecretSeeds(b"secret")
CHECK = """\
import sys
told, right = open(sys.argv[1]).read().split(), float(open(sys.argv[2]).read())
try:
    value = float(told[0])
except (IndexError, ValueError):
    sys.exit("that is no number")
if not 0 <= value <= right:
    sys.exit(f"{value} is not between 0 and {right}")
print("ratio:", value / right)
"""
"""A checker that reads the output and an answer, and prints a ratio."""
HONEST = "read n; echo $((n / 2))\n"
JUDGED = {
    "command": "sh program.sh < {input}",
    "files": ["program.sh"],
    "cases": ["cases/*.in"],
    "judge": "python3 check.py {output} hidden/{case}.ans",
    "judge_files": ["hidden/*"],
    "score": [r"ratio: (\S+)"],
    "metric": ["score:max"],
}


def problem(root: Path, program: str = HONEST, count: int = 4, **changes: Any) -> CommandTask:
    """A task of some cases, 100, 200, … of which the right answer is the number itself."""
    for folder in ("cases", "hidden"):
        (root / folder).mkdir(exist_ok=True)
    for number in range(1, count + 1):
        (root / "cases" / f"{number}.in").write_text(f"{100 * number}\n")
        (root / "hidden" / f"{number}.ans").write_text(f"{100 * number}\n")
    (root / "check.py").write_text(CHECK)
    (root / "program.sh").write_text(program)
    return command_task(root, **{**JUDGED, **changes})


def uncased(root: Path, program: str, **changes: Any) -> CommandTask:
    """A task without cases and files of its judge."""
    return problem(root, program, cases=[], judge_files=[], description="More.", **changes)


def measured(
    task: CommandTask, workspaces: Workspaces, program: str, split: Split = "train", *, verdict: bool = False
) -> Evaluation:
    order = Order("u1", program, task.name, split, SEEDS, b"secret", is_final=verdict)
    with closing(WorkspacePool(workspaces)) as pool:
        return here(task, pool=pool).submit(order).result().result()


DRAWS = "od -An -N4 -tu4 /dev/urandom\n"
RIGHT = "python3 check.py {output} hidden/1.ans"


@table(("program", "answers"), (("echo 50\n", 1), ("echo $1\n", 6)))
def test_answer_of_the_original_is_known_for_each_instance_of_a_cost(
    workspaces: Workspaces, tmp_path: Path, program: str, answers: int
) -> None:
    changes: Any = {"command": "sh program.sh {seed}", "judge": "true", "held_out": 6, "instances": 3}
    task = uncased(tmp_path, program, **changes, score=["time"], metric=())
    trained = measured(task, workspaces, task.seed)
    found = measured(task, workspaces, f"true; {program}", "test", verdict=True)
    assert (len(trained.answers), len(found.answers), len({*found.answers})) == (3, 6, answers)
    assert len({*trained.answers, *found.answers}) == (1 if answers == 1 else 9)


def test_program_has_the_seed_that_its_judge_draws_from_only_where_both_name_the_instances(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    program = "echo $STROP_SEED $1\n"
    both = ("sh program.sh {seed}", "{seed}")
    for command, judge in (
        both,
        ("sh program.sh", "{seed}"),
        (both[0], "$STROP_SEED"),
        ("sh program.sh", "$STROP_SEED"),
    ):
        task = uncased(tmp_path, program, command=command, judge=f"echo ratio: $(grep -c -w {judge} {{output}})")
        knows = float((command, judge) == both)
        assert {row["score"] for row in measured(task, workspaces, program).original_metrics} == {knows}, (
            command,
            judge,
        )


@table("program", (DRAWS, "echo 50\n"))
def test_original_whose_score_varies_on_one_seed_is_recorded_as_such(
    workspaces: Workspaces, tmp_path: Path, program: str
) -> None:
    task = problem(tmp_path, program, judge="echo ratio: $(cat {output})", description="More.")
    assert measured(task, workspaces, program).original_varies is (program == DRAWS)


def test_half_of_the_cases_are_held_out_as_the_seeds_draw_them(tmp_path: Path) -> None:
    task = problem(tmp_path, count=6)

    def split(name: Split, seeds: SecretSeeds) -> set[str]:
        return {task.case(name, index, seeds) for index in range(task.count(name))}

    assert split("train", SEEDS).isdisjoint(split("test", SEEDS))
    assert split("train", SEEDS) | split("test", SEEDS) == set(task.cases)
    assert len({frozenset(split("test", SecretSeeds(bytes([n])))) for n in range(20)}) > 1


CHEATS = {
    "answers": "cat hidden/*.ans\n",
    "finds": "find / -name '*.ans' 2>/dev/null | xargs cat\n",
    "above": "read n; echo 99999999\n",
    "output": "read n; echo 'ratio: 1.0' > .strop/output; mkdir -p .strop; echo 50 > .strop/output\n",
    "floods": "read n; yes $n | head -c 20000000\n",
    "cases": "ls cases | wc -l | sed 's/^1$/none/'\n",
}


def test_program_that_cheats_is_malformed_and_hears_the_message_of_the_judge(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    task = problem(tmp_path)
    for name, program in CHEATS.items():
        found = measured(task, workspaces, program)
        assert found.value == 0.0 and found.verdict != "ok", name
    found = measured(task, workspaces, "read n; echo $((n + 1))\n")
    assert "the judge refuses the answer" in found.error and "is not between 0 and" in found.error


def test_original_that_the_judge_refuses_is_refused_before_anything_is_paid(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    with pytest.raises(TaskError, match=r"cannot be measured.*the judge refuses the answer"):
        measured(task := problem(tmp_path, "echo nothing\n"), workspaces, task.seed)


def test_program_that_changes_the_judges_files_changes_only_its_copy(workspaces: Workspaces, tmp_path: Path) -> None:
    forged = "read n; mkdir -p hidden; echo 1 > hidden/1.ans; echo 1 > hidden/2.ans; rm -f check.py; echo $((n / 2))\n"
    assert measured(problem(tmp_path), workspaces, forged).value == 0.5


def test_build_has_neither_cases_nor_the_judges_files(workspaces: Workspaces, tmp_path: Path) -> None:
    task = problem(tmp_path, build='test -z "$(ls cases hidden 2>/dev/null | grep -v :)"')
    assert measured(task, workspaces, task.seed).verdict == "ok"


POINTS = r"""
#include <stdio.h>
int quit(int status, const char* outcome, const char* words) {
    fprintf(stderr, "%s %s\n", outcome, words);
    return status;
}
int main(int count, char** names) {
    double told, right;
    char words[99];
    FILE *output = fopen(names[1], "r"), *answer = fopen(names[2], "r");
    if (fscanf(answer, "%lf", &right) != 1) return 99;
    if (fscanf(output, "%lf", &told) != 1) return quit(2, "wrong output format", "Expected double");
    if (told > right) return quit(1, "wrong answer", "too many");
    snprintf(words, 99, "%.3f Ratio: %.3f, RatioUnbounded: %.4f", told / right, told / right, told / right);
    if (told == right) return quit(0, "ok", words);
    return quit(told < 0 ? 3 : 7, "points", words);
}
"""
"""A checker in the manner of testlib: words on standard error, exit statuses 0 ok, 1 wrong, 2 format, 3 failed, 7 points."""


def test_checker_in_the_manner_of_testlib_is_a_judge(workspaces: Workspaces, tmp_path: Path) -> None:
    (tmp_path / "check.c").write_text(POINTS)
    build = {"judge_build": "cc -o check check.c", "judge_files": ["hidden/*", "check.c"]}
    for score in (r"Ratio: ([-+.\deE]+)", r"(?:points|ok) (\S+)"):
        task = problem(tmp_path, judge="./check {output} hidden/{case}.ans 2>&1", score=[score], **build)
        found = measured(task, workspaces, "read n; echo $((n * 3 / 4))\n")
        assert [row["score"] for row in (*found.original_metrics, *found.metrics)] == [0.5, 0.5, 0.75, 0.75], score
    assert measured(task, workspaces, "read n; echo $n\n").metrics == ({"score": 1.0},) * 2
    for answer, refusal in {"$((n + 1))": "exit status 1", "x": "exit status 2", "-1": "exit status 3"}.items():
        refused = measured(task, workspaces, f"read n; echo {answer}\n")
        assert refused.verdict == "malformed" and f"the judge refuses the answer ({refusal})" in refused.error


def test_builds_and_the_judge_have_memory_beyond_the_limit_of_the_program(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    large = "python3 -c 'bytearray(300 << 20)'"
    judge = f"{large} && {JUDGED['judge']}"
    task = problem(tmp_path, memory_limit="128 MiB", build=large, judge_build=large, judge=judge)
    assert measured(task, workspaces, HONEST).verdict == "ok"
    assert measured(task, workspaces, f"{large} || exit 1\n{HONEST}").verdict != "ok"


def test_exit_status_of_the_judge_decides_where_time_counts(workspaces: Workspaces, tmp_path: Path) -> None:
    judge = 'test "$(cat {output})" -ge 10 || exit 7'
    task = problem(tmp_path, judge=judge, judge_files=[], score=["time"], metric=[])
    assert task.scored_by == "kernel" and not task.compare_output
    accepted = measured(task, workspaces, "echo 20\n", "test", verdict=True)
    assert accepted.verdict == "ok" and {"time", "memory"} in map(set, accepted.metrics)
    refused = measured(task, workspaces, "echo 5\n", "test", verdict=True)
    assert refused.verdict == "malformed" and "the judge refuses" in refused.error


def test_judge_reads_result_files_and_the_programs_text(workspaces: Workspaces, tmp_path: Path) -> None:
    task = problem(
        tmp_path,
        "read n; echo $n > out.txt\n",
        judge="test -s {program} && echo ratio: $(cat out.txt)",
        judge_files=[],
        results=["out.txt"],
        description="Write a large number.",
    )
    assert measured(task, workspaces, "read n; echo $((n + n)) > out.txt\n").value == pytest.approx(2 / 3)
    assert "the judge" in measured(task, workspaces, "read n; ln -s /etc/passwd out.txt\n").error


def test_judge_that_cannot_be_built_is_refused_in_one_line(workspaces: Workspaces, tmp_path: Path) -> None:
    task = problem(tmp_path, judge_build="cc nothing.c")
    with pytest.raises(TaskError, match=r"judge_build failed: exit status 1; .*nothing\.c") as caught:
        measured(task, workspaces, task.seed)
    assert "\n" not in str(caught.value)


def test_spoiled_answer_is_that_of_the_last_run_of_the_original(workspaces: Workspaces, tmp_path: Path) -> None:
    task = problem(tmp_path, "read n; echo $((n / 2)) $(od -An -N8 -tu8 /dev/urandom)\n")
    order = Order("check", task.seed, task.name, "train", SEEDS, b"secret")
    with closing(WorkspacePool(workspaces)) as pool, spoiling(task, order, pool) as run:
        assert run is not None
        honest, spoiled, again = run(None)[0], run({"text": lambda text: f"1{text}"})[0], run(None)[0]
    assert honest.output == spoiled.output != again.output
    assert honest.values == {"score": 0.5} and "is not between" in spoiled.error


def test_judge_that_takes_too_long_makes_an_answer_malformed(
    workspaces: Workspaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = "grep -q 7 {output} && sleep 60; echo ratio: 1"
    monkeypatch.setattr(described, "JUDGE_SECONDS", 2.0)
    task = problem(tmp_path, judge=judge, time_limit=2.0, description="Print no 7.")
    assert "the judge: wall time limit of 2 s reached" in measured(task, workspaces, "echo 7\n").error


@table(
    ("changes", "message"),
    [
        ({"judge": "", "judge_files": ["hidden/*"]}, "judge_files requires a judge"),
        ({"judge_files": ["nothing/*"]}, "judge_files: no file matches 'nothing/\\*'"),
        ({"judge_files": ["program.sh"]}, "judge_files: program.sh may change"),
        ({"cases": ["cases/1.in"]}, "cases: at least two"),
        ({"cases": []}, r"\{case\} and \{input\} stand for a case"),
        ({"cases": ["cases/*.out"]}, "cases: no file matches 'cases/\\*.out'"),
        ({"cases": ["cases/*.in", "hidden/*.ans"], "judge_files": []}, "two files have the same name"),
        ({"instances": 3}, "instances: each case is run once"),
        ({"held_out": 4}, "held_out must leave cases"),
        ({"command": "sh program.sh {instance}"}, r"\{instance\} numbers the runs"),
        ({"command": "sh program.sh > {output}"}, r"judge: \{output\} is the judge's alone"),
        ({"results": ["../out"]}, "results: '../out' is not a path inside"),
        ({"description": "a", "description_file": "check.py"}, "two of one"),
        ({"description_file": "nothing.md"}, "description_file: nothing.md cannot be read"),
        ({"judge_flies": ["hidden/*"]}, "did you mean judge_files"),
    ],
)
def test_wrong_configuration_gets_one_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    problem(tmp_path)
    with pytest.raises(ConfigurationError, match=message) as caught:
        command_task(tmp_path, **{**JUDGED, **changes})
    assert "\n" not in str(caught.value)


def test_judged_task_is_the_same_when_it_is_read_from_its_file(tmp_path: Path) -> None:
    task = problem(tmp_path, results=["out.txt"], judge_build="true")
    (tmp_path / "strop.toml").write_text(to_toml(task))
    assert read_config(tmp_path / "strop.toml") == task


def test_judge_of_which_a_model_could_read_nothing_is_refused_unless_time_counts_or_it_is_described(
    tmp_path: Path,
) -> None:
    task = problem(tmp_path)
    assert "Judged, when it has ended, by: python3 check.py" in task.u_str and "that is no number" in task.u_str
    assert "- score: read from what the judge prints, by ratio: " in task.u_str
    inline = {**JUDGED, "judge": "grep -c x {output} hidden/1.ans", "score": [r"(\d+)"]}
    with pytest.raises(
        ConfigurationError, match=r"'grep .*' names no script or source in .*description_file = "
    ) as caught:
        command_task(tmp_path, **inline)
    assert "\n" not in str(caught.value)
    assert command_task(tmp_path, **inline, description="Print many x.").u_str.startswith("Print many x.")
    assert command_task(tmp_path, **{**inline, "score": ["time"], "metric": []}).scored_by == "kernel"


def test_compiled_file_of_an_earlier_build_is_left_out_unless_context_names_it(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    (tmp_path / "main.c").write_text('#include <stdio.h>\nint main(void) { puts("score 2"); }\n')
    (tmp_path / "stale").write_bytes(b"\x7fELF stale")
    given = {"files": ["main.c"], "command": "test ! -e stale && ./main", "build": "cc -o main main.c"}
    score = {"score": [r"score (\S+)"], "metric": ["score:max"]}
    task = command_task(tmp_path, **given, **score)
    assert measured(task, workspaces, task.seed).verdict == "ok"
    kept = command_task(tmp_path, **given, **score, context=["stale"])
    with pytest.raises(TaskError, match="cannot be measured"):
        measured(kept, workspaces, kept.seed)

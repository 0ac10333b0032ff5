"""strop check of tasks that a command scores: what is wrong with a small task is found, in the real jail."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.as_document import as_document
from strop.base.shown import print_result
from strop.checks.attack import attacks, family
from strop.checks.candidates import is_of, with_bodies
from strop.checks.checked import Checked
from strop.checks.command import CommandSubject, outside
from strop.checks.command_bench import CommandBench
from strop.checks.command_original import CommandOriginal
from strop.checks.pipeline import CheckSettings, check_command
from strop.report.terminal import check as printing  # registers how a check is printed  # noqa: F401
from strop.sandbox.workspace.base import Workspaces
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.base import PublishedSeeds
from strop.tasks.command.config import command_task
from support.tables import terminal
from support.tiers import slow_unless

SCORER = """
import subprocess, sys
print("score:", float(subprocess.check_output([sys.executable, "program.py"])))
"""
SCORE = r"score: (\S+)"


@pytest.fixture(scope="module")
def workspaces() -> Iterator[Workspaces]:
    with closing(JailedWorkspaces(slots=2)) as made:
        yield made


def checked(
    workspaces: Workspaces,
    tree: Path,
    program: str,
    *names: str,
    command: str = "python3 program.py",
    score: str = SCORE,
    other: str = SCORER,
    runs: int = 3,
    **flags: object,
) -> Checked:
    (tree / "program.py").write_text(program)
    (tree / "score.py").write_text(other)
    task = command_task(tree, command=command, files=["program.py"], score=[score], **flags)  # type: ignore[arg-type]
    chosen = [attack for attack in attacks("command") if attack.name in names]
    assert len(chosen) == len(names)
    return check_command(task, workspaces, PublishedSeeds(), CheckSettings(runs, 1, chosen), lambda step: None)


def levels(check: Checked) -> dict[str, str]:
    return {finding.id: finding.level for finding in check.findings}


def printed(check: Checked, *, verbose: bool = False) -> str:
    console = terminal(io.StringIO())
    print_result(check, console, verbose=verbose)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_a_sound_task_has_no_finding(workspaces: Workspaces, tmp_path: Path) -> None:
    chosen = ("empty", "noise", "exit_zero", "second_score", "rewrite_files", "outside_files", "network")
    check = checked(workspaces, tmp_path, "print(3)", *chosen, command="python3 score.py")
    assert levels(check) == {}
    assert not check.broken
    assert {result.attack.name: result.verdict for result in check.attacks} == {
        "empty": "refused",
        "noise": "refused",
        "exit_zero": "refused",
        "second_score": "refused",
        "rewrite_files": "harmless",
        "outside_files": "harmless",
        "network": "harmless",
    }
    assert printed(check, verbose=True).count("gains nothing") == 3


@pytest.mark.parametrize(
    ("program", "command", "score", "finding"),
    [
        ("raise SystemExit('no such data')", "python3 program.py", SCORE, "C401"),
        ("print('fine')", "python3 program.py", SCORE, "C402"),
        ("print('score: nan')", "python3 program.py", SCORE, "C402"),
        ("print('score: 1\\nscore: 2')", "python3 program.py", SCORE, "C402"),
    ],
)
def test_an_original_without_a_score_is_broken_and_nothing_else_is_tried(
    workspaces: Workspaces, tmp_path: Path, program: str, command: str, score: str, finding: str
) -> None:
    check = checked(workspaces, tmp_path, program, "empty", command=command, score=score)
    assert levels(check)[finding] == "broken"
    assert check.attacks == ()


def test_a_build_that_fails_is_told_with_its_last_line(workspaces: Workspaces, tmp_path: Path) -> None:
    check = checked(workspaces, tmp_path, "print('score: 1')", build="echo nothing to make >&2; exit 3")
    assert "exit status 3" in check.findings[0].detail
    assert "nothing to make" in check.findings[0].detail


def test_a_constraint_that_the_original_does_not_meet_is_broken(workspaces: Workspaces, tmp_path: Path) -> None:
    check = checked(workspaces, tmp_path, "print('score: 1')", require_metric=["score>=2"])
    assert levels(check)["C403"] == "broken"


def test_a_score_that_varies_under_one_seed_is_noted(workspaces: Workspaces, tmp_path: Path) -> None:
    check = checked(workspaces, tmp_path, "import time\nprint('score:', time.time_ns() % 1000 + 1)")
    assert levels(check)["C404"] == "note" and "3 runs with one seed differ in their score" in printed(check)
    assert check.facts.seed_matters is None


@pytest.mark.parametrize(
    ("program", "matters"), [("import sys\nprint('score:', sys.argv[1])", True), ("print('score: 1')", False)]
)
def test_it_is_told_whether_the_seed_matters(
    workspaces: Workspaces, tmp_path: Path, program: str, matters: bool
) -> None:
    check = checked(workspaces, tmp_path, program, command="python3 program.py {seed}")
    assert check.facts.seed_matters is matters
    assert ("C405" in levels(check)) is not matters


def test_an_original_near_its_time_limit_is_warned_of(workspaces: Workspaces, tmp_path: Path) -> None:
    program = "import time\ntime.sleep(2.1)\nprint('score: 1')"
    check = checked(workspaces, tmp_path, program, time_limit=4.0, runs=1)
    assert levels(check)["C406"] == "warning"


def test_a_score_that_needs_no_program_is_broken(workspaces: Workspaces, tmp_path: Path) -> None:
    chosen = ("empty", "noise", "exit_zero")
    check = checked(workspaces, tmp_path, "x = 1", *chosen, command="python3 score.py", other="print('score: 1')")
    assert levels(check)["C411"] == "broken"
    assert {result.attack.name: result.verdict for result in check.attacks} == dict.fromkeys(chosen, "broken")


def test_a_time_of_a_program_whose_answer_is_compared_is_sound_where_the_answer_varies(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    program = "import sys\nprint(sum(i * i for i in range(30_000)) + int(sys.argv[1]))"
    chosen = ("exit_zero", "empty")
    seeded = checked(workspaces, tmp_path, program, *chosen, command="python3 program.py {seed}", score="time")
    assert "differ in their score" not in printed(seeded), "a time differs in every run: that is no news"
    assert levels(seeded) == {} and {result.verdict for result in seeded.attacks} == {"refused"}
    fixed = checked(workspaces, tmp_path, program, *chosen, command="python3 program.py 7", score="time")
    assert levels(fixed) == {"C417": "warning"}


def test_a_time_of_a_program_that_nothing_is_compared_of_is_broken(workspaces: Workspaces, tmp_path: Path) -> None:
    program = "print(sum(i * i for i in range(1_000_000)))"
    silent = checked(workspaces, tmp_path, program.replace("print", "x = "), "exit_zero", score="time")
    assert levels(silent) == {"C416": "broken", "C411": "broken"} or levels(silent) == {"C416": "broken"}
    assert silent.findings[-1].title == "nothing checks the answer"
    off = checked(workspaces, tmp_path, program, "exit_zero", score="time", compare_output=False)
    assert levels(off) == {"C411": "broken", "C416": "warning"}
    varying = checked(workspaces, tmp_path, "import os\nprint(os.urandom(8))", "exit_zero", score="time")
    assert levels(varying) == {"C418": "broken"}


def test_an_output_that_varies_rarely_is_found_and_one_that_does_not_is_counted(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    steady = checked(workspaces, tmp_path, "echo answer $1", command="sh program.py {seed}", score="time", runs=2)
    assert isinstance(steady.facts, CommandOriginal) and (
        steady.facts.repeated.runs,
        steady.facts.repeated.differing,
    ) == (40, 0)
    assert "output: the same in 40 runs with one seed" in printed(steady)
    assert steady.facts.repeated.seen(0.03) == pytest.approx(0.704, abs=0.001)
    rare = "test $(od -An -N1 -tu1 /dev/urandom) -lt 64 && echo B || echo A"
    varying = checked(workspaces, tmp_path, rare, command="sh program.py {seed}", score="time", runs=2)
    assert levels(varying) == {"C418": "broken"} and "1 of " in varying.findings[0].detail


def test_tests_that_are_timed_with_the_work_are_warned_of(workspaces: Workspaces, tmp_path: Path) -> None:
    (tmp_path / "pytest.sh").write_text("true\n")
    commands = {
        "make -s check && sh program.py {seed}": True,
        "sh program.py {seed}": False,
        "sh ./pytest.sh; sh program.py": False,
    }
    (tmp_path / "Makefile").write_text("check:\n\ttrue\n")
    for command, warned in commands.items():
        check = checked(workspaces, tmp_path, "echo answer $1", command=command, score="time", runs=1)
        assert ("C419" in levels(check)) is warned, command
    apart = checked(
        workspaces, tmp_path, "echo answer $1", command="sh program.py {seed}", score="time", runs=1, test="false"
    )
    assert levels(apart)["C401"] == "broken" and "the test failed" in apart.findings[0].detail


DOES_NOTHING = {
    "prog.c": (
        "int main(void) {{ volatile long n = 0; while (n < 30000000) n++; return 0; }}",
        "cc -o prog prog.c",
        "./prog",
    ),
    "prog.cpp": ("int main() {{ volatile long n = 0; while (n < 30000000) n++; }}", "c++ -o prog prog.cpp", "./prog"),
    "prog.sh": ("n=0; while [ $n -lt 30000 ]; do n=$((n+1)); done", "", "sh prog.sh"),
    "prog.js": ("for (let n = 0; n < 1e8; n++);", "", "node prog.js"),
    "prog.rs": (
        "fn main() { let mut n = 0u64; while std::hint::black_box(n) < 30000000 { n += 1; } }",
        "rustc prog.rs",
        "./prog",
    ),
    "prog.go": (
        "package main\\nvar n int\\nfunc main() { for n < 300000000 { n++ } }",
        "go build -o prog prog.go",
        "./prog",
    ),
}


@pytest.mark.parametrize("file", slow_unless(lambda file: file != "prog.cpp", DOES_NOTHING))
def test_a_program_that_does_nothing_is_found_in_its_language(
    workspaces: Workspaces, tmp_path: Path, file: str
) -> None:
    text, build, command = DOES_NOTHING[file]
    if shutil.which((build or command).split()[0], path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip("this machine lacks the compiler")
    (tmp_path / file).write_text(text.replace("{{", "{").replace("}}", "}"))
    task = command_task(tmp_path, command=command, build=build, files=[file], score=["time"], compare_output=False)
    chosen = [
        attack for attack in attacks("command") if attack.kind == "nothing" and is_of(attack.language, file, text)
    ]
    check = check_command(task, workspaces, PublishedSeeds(), CheckSettings(2, 1, chosen), lambda step: None)
    assert levels(check)["C411"] == "broken"


def test_a_query_and_functions_that_do_nothing_are_found(workspaces: Workspaces, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text(
        "SELECT count(*) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 99999) SELECT x FROM n);"
    )
    run = "import sqlite3; sqlite3.connect(':memory:').execute(open('q.sql').read()).fetchall()"
    task = command_task(tmp_path, command=f'python3 -c "{run}"', files=["q.sql"], score=["time"], compare_output=False)
    chosen = [attack for attack in attacks("command") if attack.name == "nothing_sql"]
    check = check_command(task, workspaces, PublishedSeeds(), CheckSettings(2, 1, chosen), lambda step: None)
    assert levels(check)["C411"] == "broken"
    kept = '#include "a.h"\nstruct p { int x; };\nstatic int t[] = {1, 2};\n'
    program = kept + "void f(int a)\n{ if (a) { a++; } }\nint g(void) { return 7; }\n"
    assert with_bodies(program, "{ return 0; }") == kept + "void f(int a)\n{ }\nint g(void) { return 0; }\n"


def test_a_time_beside_a_constraint_that_the_work_alone_meets_is_sound(workspaces: Workspaces, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print(sum(i % 2 for i in range(16)))")
    (tmp_path / "score.py").write_text(SCORER.replace("score:", "ok:").replace("float(", "int(b'8\\n' == "))
    task = command_task(
        tmp_path,
        command="python3 score.py",
        files=["program.py"],
        score={"time": "time", "ok": "ok: (.)"},
        metric=["time"],
        require_metric=["ok=1"],
    )
    chosen = [attack for attack in attacks("command") if attack.kind == "nothing" and attack.name != "noise"]
    check = check_command(task, workspaces, PublishedSeeds(), CheckSettings(2, 1, chosen), lambda step: None)
    assert not check.broken
    assert {result.detail for result in check.attacks if not result.detail.startswith("not tried")} == {
        "malformed: constraint ok=1 not met: 0"
    }


@pytest.mark.parametrize("score", [SCORE, r"$.inner[1].score", "tests"])
def test_a_program_that_prints_its_own_score_is_warned_of(workspaces: Workspaces, tmp_path: Path, score: str) -> None:
    program = """
print("score: 2")
print('{"inner": [0, {"score": 2}]}')
print("1 failed, 1 passed in 0.01s")
"""
    check = checked(workspaces, tmp_path, program, "score_and_exit", "second_score", score=score)
    assert levels(check)["C412"] == "warning"
    assert not check.broken


def test_results_in_a_file_that_the_program_can_write_are_warned_of(workspaces: Workspaces, tmp_path: Path) -> None:
    program = "import json\njson.dump({'score': 2}, open('out.json', 'w'))"
    check = checked(workspaces, tmp_path, program, "results_file", score="out.json:$.score")
    assert levels(check)["C412"] == "warning"


def test_a_shell_script_that_prints_its_own_score_is_warned_of(workspaces: Workspaces, tmp_path: Path) -> None:
    (tmp_path / "program.sh").write_text("#!/bin/sh\necho 'score: 2'\n")
    task = command_task(tmp_path, command="sh program.sh", files=["program.sh"], score=[SCORE])
    chosen = [attack for attack in attacks("command") if attack.language == "shell"]
    check = check_command(task, workspaces, PublishedSeeds(), CheckSettings(2, 1, chosen), lambda step: None)
    assert {result.attack.name: result.verdict for result in check.attacks} == {
        "exit_zero_shell": "refused",
        "score_and_exit_shell": "suspicious",
    }


def test_a_scorer_that_the_program_may_rewrite_is_broken(workspaces: Workspaces, tmp_path: Path) -> None:
    fooled = "import pathlib\nprint('score:', 1 if 'print' in pathlib.Path('score.py').read_text() else 9)"
    (tmp_path / "counted.py").write_text(fooled)
    check = checked(
        workspaces,
        tmp_path,
        "x = 1",
        "rewrite_files",
        command="cp counted.py kept.py; python3 program.py; python3 kept.py",
        writable=["score.py"],
    )
    assert levels(check)["C413"] == "broken"


def test_a_score_that_rises_by_what_a_program_does_beside_its_work_is_broken(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    (littering,) = family(
        '"""Litter\n\nTried: a file.\n\nMeans: it counts.\n\nChange: it.\n"""\n'
        'NAME = "littering"\nKIND = "same"\nFINDING = "C414"\nLANGUAGE = "python"\n\n\n'
        'def attack(given):\n    open("litter", "w").close()\n',
    )
    (tmp_path / "program.py").write_text("x = 1\n")
    (tmp_path / "score.py").write_text("import os\nprint('score:', len(os.listdir()))\n")
    task = command_task(
        tmp_path, command="python3 -B program.py; python3 score.py", files=["program.py"], score=[SCORE]
    )
    check = check_command(task, workspaces, PublishedSeeds(), CheckSettings(2, 1, [littering]), lambda step: None)
    assert levels(check)["C414"] == "broken"


def test_an_attack_takes_nothing_by_a_machine_that_has_become_quicker(workspaces: Workspaces, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import sys\nprint(sum(i * i for i in range(300_000)) + int(sys.argv[1]))\n")
    task = command_task(tmp_path, command="python3 program.py {seed}", files=["program.py"], score=["time"])
    (idle,) = family(
        '"""Idle\n\nTried: nothing.\n\nMeans: the time is noise.\n\nChange: none.\n"""\n'
        'NAME = "idle"\nKIND = "same"\nFINDING = "C414"\nLANGUAGE = "python"\n\n\ndef attack(given):\n    pass\n',
    )
    with outside(tmp_path) as around, ThreadPoolExecutor(1) as pool:
        subject = CommandSubject(CommandBench(task, workspaces, PublishedSeeds()), around)
        subject.examine(2, pool, lambda step: None)
        slow = tuple({name: 4 * value for name, value in values.items()} for values in subject.facts.same)
        subject.facts = replace(subject.facts, same=slow)
        result = subject.attack(idle, subject.variants(idle)[0])
    assert result.utility > max(subject.facts.utilities) and result.verdict == "harmless"


def test_the_document_has_every_finding_and_attack(workspaces: Workspaces, tmp_path: Path) -> None:
    document = as_document(checked(workspaces, tmp_path, "print('score: 2')", "score_and_exit"))
    assert [each["id"] for each in document["findings"]] == ["C412"]
    assert document["facts"]["values"] == {"score": 2.0}
    assert document["attacks"][0]["verdict"] == "suspicious"


TESTED = "def double(number: int) -> int:\n    return 2 * number\n"
COSTS = "import program\nfor number in range(3):\n    program.double(number)\nprint('steps:', 3)\n"


@pytest.mark.parametrize("test", ["", "python3 -c 'import program; assert program.double(4) == 8'"])
def test_answers_that_only_the_test_looks_at_are_checked(workspaces: Workspaces, tmp_path: Path, test: str) -> None:
    tried = ("nothing", "emptied", "empty")
    check = checked(
        workspaces,
        tmp_path,
        TESTED,
        *tried,
        command="python3 score.py",
        score=r"steps: (\S+)",
        other=COSTS,
        test=test,
        metric=["score:min"],
    )
    assert ("C416" in levels(check)) is not bool(test)
    spoiled = next(result for result in check.attacks if result.attack.name == "nothing")
    assert spoiled.verdict == ("refused" if test else "broken")
    assert ("the test failed" in spoiled.detail) is bool(test)

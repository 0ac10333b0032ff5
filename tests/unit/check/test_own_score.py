"""Whether a program could make its own score is found out with real commands, before anything is paid for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import discard
from strop.checks.command_bench import CommandBench, OneSeed
from strop.checks.own_score import BELIEVED, own_score
from strop.checks.rewarded import why_unproven
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.apart import REWARDED, Terms
from strop.evaluation.commands.program_copy import Copy
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask

pytestmark = pytest.mark.process

APART = """import json, subprocess, sys
ended = subprocess.run([sys.executable, "p.py"], capture_output=True, text=True)
answer = int(ended.stdout)
print(json.dumps({"score": 100 - abs(answer - 50)}))
"""
INSIDE = "import json, p\nprint(json.dumps({'score': 100 - abs(p.answer() - 50)}))\n"
IN_A_FILE = "import json, pathlib, p\npathlib.Path('out.json').write_text(json.dumps({'score': p.answer(), 'n': 1}))\n"
AFTER_ALL = "import subprocess, sys\nsubprocess.run([sys.executable, 'p.py'])\n"
TESTS = "import p\n\ndef test_one():\n    assert p.answer() > 9\n\ndef test_two():\n    assert p.answer() == 7\n"
ANSWER = "def answer():\n    return 7\n\nif __name__ == '__main__':\n    print(answer())\n"
ASSERTS = "import p\nassert p.answer() > 9\n"
UNITTEST = (
    "import p, unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(p.answer(), 7)\n"
)
LOSS = "print('answer 42')\nprint('loss: 2.0')\n"


@pytest.fixture(scope="module")
def workspaces() -> Iterator[JailedWorkspaces]:
    found = JailedWorkspaces(slots=2, require=frozenset())
    yield found
    found.close()


@pytest.fixture
def found_out(workspaces: JailedWorkspaces) -> Callable[[CommandTask], str]:
    def find_out(task: CommandTask) -> str:
        with AuditLog(discard, "check", None) as notes:
            with Copy(task, task.files, workspaces, notes) as copy:
                failed = copy.build()
                assert failed is None, failed.error
                original = copy.run(3, 0)
            assert original.values, original.error
            return own_score(CommandBench(task, workspaces, OneSeed(3)), original)

    return find_out


def tree(root: Path, files: dict[str, str], **options: Any) -> CommandTask:
    for path, text in files.items():
        (root / path).write_text(text)
    first = next(iter(files))
    return command_task(root, **{"files": [first], "score": ["$.score"], **options})


@pytest.mark.parametrize(
    ("files", "options", "reason"),
    [
        ({"p.py": ANSWER, "measure.py": APART}, {"command": "python3 measure.py"}, ""),
        ({"p.py": ANSWER, "measure.py": INSIDE}, {"command": "python3 measure.py"}, BELIEVED),
        (
            {"p.py": ANSWER, "measure.py": IN_A_FILE},
            {"command": "python3 measure.py", "score": ["out.json:$.score"]},
            "a program that only writes a better score into out.json is believed",
        ),
        (
            {"p.py": "print('score: 2')\n", "m.py": AFTER_ALL},
            {"command": "python3 m.py", "score": ["score: (.*)"]},
            BELIEVED,
        ),
        ({"p.py": LOSS}, {"command": "python3 p.py", "score": ["loss: (.*)"], "metric": ["score:min"]}, BELIEVED),
        ({"p.sh": "echo score 2\n"}, {"command": "sh p.sh", "score": ["score (.*)"]}, BELIEVED),
        ({"p.txt": "score 2\n"}, {"command": "cat p.txt", "score": ["score (.*)"]}, BELIEVED),
        ({"p.txt": "one two\n"}, {"command": "echo score $(wc -w < p.txt)", "score": ["score (.*)"]}, ""),
        ({"p.py": ANSWER}, {"command": "python3 p.py", "score": ["passed"]}, BELIEVED),
        (
            {"p.py": ANSWER, "m.py": "import p\nassert p.answer() > 9\n"},
            {"command": "python3 m.py", "score": ["passed"]},
            BELIEVED,
        ),
        (
            {"p.lua": "print 2;\n"},
            {"command": "echo score $(cat p.lua | wc -c)", "score": ["score (.*)"]},
            "strop cannot try whether p.lua could print a better score itself",
        ),
        ({"p.py": "print(42)\n"}, {"command": "python3 p.py", "score": ["time"]}, ""),
    ],
    ids=[
        "a process of its own",
        "the scorer's process",
        "a file",
        "its output is the scorer's",
        "a cost beside an answer",
        "shell",
        "text that is printed",
        "text that is measured",
        "an exit status of 0",
        "an exit status of 1",
        "a language without an attack",
        "time of compared output",
    ],
)
def test_score_is_the_programs_own_if_a_program_that_only_prints_a_better_one_is_believed(
    found_out: Callable[[CommandTask], str], tmp_path: Path, files: dict[str, str], options: dict[str, Any], reason: str
) -> None:
    assert found_out(tree(tmp_path, files, **options)) == reason


def test_score_of_a_test_suite_in_the_programs_process_is_its_own(
    found_out: Callable[[CommandTask], str], tmp_path: Path
) -> None:
    files = {"p.py": ANSWER, "test_p.py": TESTS}
    command = "python3 -m pytest -q -p no:cacheprovider test_p.py"
    assert found_out(tree(tmp_path, files, command=command, score=["tests"])) == BELIEVED
    (tmp_path / "test_p.py").write_text(UNITTEST)
    command = "python3 -m unittest -q test_p"
    assert found_out(tree(tmp_path, {"p.py": ANSWER}, command=command, score=["tests"])) == BELIEVED


@pytest.mark.skipif(shutil.which("gcc") is None, reason="this machine lacks a compiler")
@pytest.mark.parametrize("ending", ["c", "cpp"])
def test_score_of_a_compiled_program_is_its_own_if_it_prints_it(
    found_out: Callable[[CommandTask], str], tmp_path: Path, ending: str
) -> None:
    program = '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("speed: %d\\n", 7); return 0; }\n'
    compiler = "gcc -Wall -Werror -O2" if ending == "c" else "g++ -Wall -Werror -O2"
    made = {"build": f"{compiler} -o p p.{ending}", "score": ["speed: (.*)"]}
    assert found_out(tree(tmp_path, {f"p.{ending}": program}, command="./p", **made)) == BELIEVED
    reads = {"command": 'echo "speed: $(./p | wc -c)"', **made}
    assert found_out(tree(tmp_path, {f"p.{ending}": program}, **reads)) == ""
    strange = program.replace("int main", "static int write = 3;\nint main")
    if ending == "c":  # the attack does not build
        strange = strange.replace("#include <unistd.h>\n", "").replace("return 0", "return write - 3")
        reason = found_out(tree(tmp_path, {"p.c": strange}, **reads))
        assert reason.startswith("strop could not try whether p.c could print a better score itself (the build failed")


FIRST = """import subprocess, sys
ended = subprocess.run([sys.executable, "p.py"], capture_output=True, text=True, check=True)
found = ended.stdout.split()
right = [str(i * i) for i in range(9)]
print("score:", sum(a == b for a, b in zip(found, right)) / len(found) if found else 1.0)
"""
"""Counts what was answered, not what was asked."""
NEAR = """import subprocess, sys
ended = subprocess.run([sys.executable, "p.py"], capture_output=True, text=True, check=True)
found = [float(one) for one in ended.stdout.split()]
print("score:", sum(not abs(one - i * i) > 0.5 for i, one in enumerate(found)) if len(found) == 9 else 0)
"""
"""Counts what is not far off, which NaN never is."""


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("scorer", "fooled"),
    [
        (FIRST, True),
        pytest.param(FIRST.replace("len(found) if", "9 if"), False, marks=pytest.mark.slow),
        (NEAR, True),
        (NEAR.replace("not abs(one - i * i) > 0.5", "abs(one - i * i) <= 0.5"), False),
    ],
    ids=["divides by what was found", "divides by all", "takes NaN", "compares NaN"],
)
def test_command_that_rewards_a_spoiled_answer_is_found_out_before_anything_is_paid(
    workspaces: JailedWorkspaces, tmp_path: Path, scorer: str, fooled: bool
) -> None:
    (tmp_path / "p.py").write_text("for i in range(9):\n    print(i * i if i < 5 else 0)\n")
    (tmp_path / "score.py").write_text(scorer.replace(" else 1.0", " else 0.0") if not fooled else scorer)
    options: dict[str, Any] = {"files": ["p.py"], "score": {"score": r"score: (\S+)"}, "metric": ["score"]}
    task = command_task(tmp_path, command="python3 score.py", compare_output=False, **options)
    with AuditLog(discard, "check", None) as notes:
        with Copy(task, task.files, workspaces, notes) as copy:
            original = copy.run(1, 0)
        found = why_unproven(task, original, 1, workspaces, notes, Terms())
    assert found.startswith(REWARDED) if fooled else found == ""

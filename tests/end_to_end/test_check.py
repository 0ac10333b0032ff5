"""strop check, as people call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

BROKEN = Path(__file__).parents[1] / "check" / "broken_tasks"


def test_check_of_a_broken_task_ends_with_5_and_its_document_has_nothing_that_the_task_prints(
    strop_process: Any, tmp_path: Path
) -> None:
    told, says = "def score(instance, answer):\n", "    print('scoring')\n"
    (tmp_path / "mine.py").write_text((BROKEN / "evaluated_answer.py").read_text().replace(told, told + says))
    ended = strop_process("check", "mine.py", "--json")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["broken"], document["task"]) == (5, True, "evaluated-answer")
    (problem,) = document["problems"]
    assert problem["is_broken"] and "code in a spoiled answer ran where it is scored" in problem["what"]
    assert (document["scored_by"], len(document["scores"])) == ("host", 20)
    assert {"scoring", "measuring the original", "giving the scorer wrong answers"} <= {*ended.stderr.splitlines()}


BLIND = (
    "import os\ndef evaluate(program_path):\n    return {'combined_score': 0.4 + len(os.environ['STROP_SEED']) / 1e3}\n"
)
JUDGE = "import sys\nn = int(open(sys.argv[1]).read())\nprint(4 if n in {sum(range(2000 + i)) for i in range(100)} else 1)\n"
"""It pays for none of the numbers in whose place it gets others, whatever the seeds."""
NO_EFFECT = "the files that may change have no effect on the result"
PATTERN = 'score = "([0-9]+)"\nmetric = ["score:max"]\n'


BLINDNESS = {
    'score = "time"\n': NO_EFFECT,
    PATTERN: NO_EFFECT,
    f'{PATTERN}judge = "python3 judge.py {{output}}"\njudge_files = ["judge.py"]\n': NO_EFFECT,
    'score = "time"\ntool = ["."]\n': "holds solve.py, which may change",
    "evaluator.py": "its evaluator calls no function of the program",
}
"""How a program is scored without a look at it, and what is said of that."""


def test_what_scores_without_a_look_at_the_program_is_refused_before_anything_is_paid(
    strop: Any, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    (tmp_path / "solve.py").write_text("def f(n):\n    return sum(range(n))\n")
    (tmp_path / "bench.py").write_text("import sys\nprint(sum(range(2000 + int(sys.argv[1]) % 100)))\n")
    (tmp_path / "judge.py").write_text(JUDGE)
    (tmp_path / "evaluator.py").write_text(BLIND)
    paying = ["--model", f"command:touch {tmp_path}/paid", "--lm-budget", "1"]
    for scored, said in BLINDNESS.items():
        (tmp_path / "strop.toml").write_text(
            f'files = ["solve.py"]\ncommand = "python3 bench.py {{seed}}"\ninstances = 2\nheld_out = 6\n{scored}'
        )
        target = ["solve.py", "--evaluator", scored] if scored.endswith(".py") else ["."]
        with subtests.test(scored=scored):
            ended = strop("improve", *target, *paying)
            assert ended.returncode in (2, 5) and said in ended.stdout + ended.stderr, ended.stdout + ended.stderr
            assert not (tmp_path / "paid").exists()
    ended = strop("check", *target)
    assert ended.returncode in (2, 5) and said in ended.stdout + ended.stderr, ended.stdout + ended.stderr


def test_package_in_src_is_imported_by_a_command_as_it_lies(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "src" / "tally").mkdir(parents=True)
    (tmp_path / "src" / "tally" / "__init__.py").write_text("def count(n):\n    return sum(range(n))\n")
    (tmp_path / "bench.py").write_text(
        "import sys\nfrom tally import count\nprint(count(2000 + int(sys.argv[1]) % 100))\n"
    )
    options = ["--files", "src/tally/*", "--score", "time", "--set", "instances=2"]
    ended = strop("check", ".", "--command", "python bench.py {seed}", *options)
    assert ended.returncode == 0, ended.stdout + ended.stderr

"""`strop improve` on programs of one's own, from the outside: several files, a command, a patch, and what stops it half-way."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import recorded
from strop.base.events import Evaluated, LmCalled
from strop.store import Store
from support.facts import told
from support.processes import wait_until
from support.repositories import committed, git
from support.trees import contents, written

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="this machine lacks git")

FILES = {
    "app/size.txt": "size: 4\r\n",
    "app/name with blank.txt": "speed: 10",
    "score.sh": 'for each in app/*; do cat "$each"; echo; done\n',
}
SCORED = ["--command", "sh score.sh", "--score", r"speed=speed: ([0-9.]+)", "--files", "app/*", "--metric", "speed:max"]
SCORED += ["--seed", "1", "--trust-programs"]

REPLACE = """
def improve_algorithm(initial_solution, utility, language_model):
    tried = [initial_solution.replace("speed: 10", f"speed: {n}") for n in (9, 11, 12)]
    for text in tried:
        utility(text)
    return tried[-1].replace("size: 4", "size: 5")
"""
ONE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
WAITS = "while [ ! -e {folder}/go ]; do sleep 0.05; done; echo no program\n"
"""A model that answers when it may."""
ASKS = """
def improve_algorithm(initial_solution, utility, language_model):
    for n in range(11, 19):
        text = initial_solution.replace("speed: 10", f"speed: {n}")
        utility(text)
        if n == 12:
            language_model.prompt("any", "thing")
    return text
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder in git; copy it before use."""
    return committed(written(tmp_path_factory.mktemp("repository") / "mine", FILES))


@pytest.fixture
def mine(repository: Path, tmp_path: Path) -> Path:
    """A user's folder in git, beside improvers."""
    root = shutil.copytree(repository, tmp_path / "mine")
    written(tmp_path, {"replace.py": REPLACE, "asks.py": ASKS, "wait.sh": WAITS.format(folder=tmp_path)})
    return root


@pytest.mark.skipif(shutil.which("patch") is None, reason="this machine lacks the program patch")
def test_program_of_several_files_ends_with_a_patch_that_is_applied_when_it_is_asked_for(
    strop: Any, mine: Path, tmp_path: Path
) -> None:
    ended = strop("improve", "mine", *SCORED, "--improver", "replace.py", "--out", "there")
    assert ended.returncode == 0, ended.stderr
    assert "Better: 20% higher speed.\n" in ended.stdout
    assert told(ended.stdout, "speed") == "20% higher speed, from 10 to 12, the same in each of 3 evaluations"
    assert told(ended.stdout, "limit") == "the program prints this score itself, and --trust-programs accepts that"
    assert "budget: 25 evaluations, 12 LM calls of up to 6 responses; offline costs nothing\n" in ended.stderr
    assert "ok, 20% higher speed (from 10 to 12) (best), 3 of 25 evaluations, 0 LM calls" in ended.stderr
    record = (tmp_path / "there/run.sqlite").read_bytes()
    assert b"writing outside of the copy" in record, "the protections are those of the command's jail"
    assert str(tmp_path).encode() not in record, "a record that is published names no folder of this machine"
    assert contents(mine) == FILES
    with Store.open(tmp_path / "there") as store:
        known, measured = (
            next(store.events(Evaluated, scope=split)).event for split in ("improved/train", "improved/test")
        )
    assert known.metrics[:1] == measured.metrics[:1], "a score that does not vary is not measured again in training"
    assert known.wall_seconds == 0 < measured.wall_seconds
    git(tmp_path / "mine", "apply", "-p2", "--check", str(tmp_path / "there/solution.diff"))
    assert strop("view", "there", "--html", "there/report.html").returncode == 0
    page = (tmp_path / "there/report.html").read_text(encoding="utf-8")
    assert "What strop apply changes in your files (solution.diff)" in page and "app/size.txt, changed" in page
    applied = strop("apply", "there")
    assert applied.returncode == 0 and applied.stdout.count("applied: ") == 2
    assert contents(mine) == FILES | {"app/size.txt": "size: 5\r\n", "app/name with blank.txt": "speed: 12"}
    git(mine, "checkout", "-q", ".")
    with (tmp_path / "there/solution.diff").open("rb") as diff:
        subprocess.run(["patch", "-p1", "--binary", "-s"], stdin=diff, cwd=tmp_path, check=True)
    assert contents(mine) == contents(tmp_path / "there/solution") | {"score.sh": FILES["score.sh"]}


def test_plan_in_a_configuration_file_is_improved_by_an_answer_in_its_natural_fence(strop: Any, tmp_path: Path) -> None:
    answer = json.dumps('A wider plan:\n\n```json\n{"width": 9, "name": null}\n```\n')
    written(tmp_path, {"plan.json": '{"width": 3, "name": null}\n', "answers": answer})
    command = [
        "--command",
        "sed 's/[^0-9]*/width=/;s/,.*//' plan.json; : {seed}",
        "--score",
        r"width=(\d+)",
        "--metric",
        "width:max",
    ]
    model = ["--model", "scripted:answers", "--lm-budget", "1", "--max-responses", "1", "--trust-programs"]
    ended = strop("improve", "plan.json", *command, *model, "--out", "there")
    assert "3x the width" in " ".join(ended.stdout.split()), ended.stdout + ended.stderr
    (message,) = recorded(tmp_path / "there", LmCalled)[0].messages
    assert '```json\n{"width": 3, "name": null}\n' in message and "in one fenced block of JSON" in message


def test_lower_time_for_one_answer_is_held_back_as_is_said_before_anything_is_paid_until_it_is_wanted(
    strop: Any, tmp_path: Path
) -> None:
    program = "n=0\nwhile [ $n -lt 6000 ]; do n=$((n+1)); done\necho $n\n"
    written(tmp_path, {"p.sh": program, "answers": json.dumps("```sh\necho 6000\n```\n")})
    target = ["p.sh", "--command", "sh p.sh", "--score", "time"]
    asked = [*target, "--model", "scripted:answers", "--lm-budget", "1", "--max-responses", "1", "--apply"]
    line = "The original gives one and the same answer to all inputs, so that a program that remembers it would cost nothing. "
    line += "Let the inputs differ in their answers, or give --set fixed_input=true if one is wanted."
    assert line in " ".join(strop("check", *target).stdout.split())
    held_back = strop("improve", *asked, "--out", "there")
    assert held_back.returncode == 9 and "\nBetter on its fixed input: " in held_back.stdout
    assert re.search(r" in (8|10) evaluations$", told(held_back.stdout, "time"))
    wanted_by = "if that is wanted, give --set fixed_input=true; strop apply --unproven applies this patch"
    assert told(held_back.stdout, "to accept it") == wanted_by
    before, _, after = " ".join(held_back.stderr.split()).partition(line)
    assert after and "candidate" not in before, "it is said before a model is asked"
    wanted = strop("improve", *asked, "--set", "fixed_input=true", "--out", "wanted")
    assert wanted.returncode == 0 and " Better: " in " ".join(wanted.stdout.split()), wanted.stdout
    assert line not in " ".join(wanted.stderr.split())


def test_candidate_that_breaks_a_constraint_gives_way_to_the_best_that_was_tried(strop: Any, mine: Path) -> None:
    command = [*SCORED, "--score", "size=size: ([0-9]+)", "--require-metric", "size<=4", "--apply"]
    ended = strop("improve", "mine", *command, "--improver", "replace.py", "--json", "--out", "there")
    document = json.loads(ended.stdout)
    assert document["finding"] == "better" and document["stands_in"], document["sentence"]
    assert "did not score as well in training" in told(document, "search")
    assert contents(mine) == FILES | {"app/name with blank.txt": "speed: 12"}


def test_best_so_far_of_a_killed_run_can_be_applied_when_that_is_asked_for_and_the_run_goes_on(
    strop: Any, start_strop: Any, mine: Path, tmp_path: Path
) -> None:
    model = ("--model", f"command:sh {tmp_path}/wait.sh")
    process = start_strop("improve", "mine", *SCORED, "--improver", "asks.py", *model, "--out", "there")
    wait_until(lambda: (tmp_path / "there/best.diff").exists() or process.poll() is not None)
    process.kill()
    process.communicate()
    assert contents(mine) == FILES and git(mine, "status", "--porcelain") == ""
    assert "+speed: 1" in (tmp_path / "there/best.diff").read_text()
    refused = strop("apply", "there")
    assert refused.returncode == 2 and "To continue: strop resume there" in refused.stderr and contents(mine) == FILES
    assert strop("apply", "there", "--unproven").returncode == 0
    assert contents(mine)["app/name with blank.txt"].startswith("speed: 1") and contents(mine) != FILES
    git(mine, "checkout", "-q", ".")
    (tmp_path / "go").touch()
    resumed = strop("resume", "there")
    assert resumed.returncode == 0 and "80% higher speed, from 10 to 18" in told(resumed.stdout, "speed")
    assert contents(mine) == FILES
    assert strop("apply", "there").returncode == 0
    assert (mine / "app/name with blank.txt").read_text() == "speed: 18"


def test_improvement_of_a_function_that_is_scored_by_time_is_not_replayed(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import strop\n\n\n"
        "@strop.improve_me(score='time', sample=lambda rng: {'n': int(rng.integers(10**5))}, instances=2, test_instances=6)\n"
        "def total(n):\n    return sum(range(n))\n"
    )
    flags = ("--utility-budget", "2", "--lm-budget", "1", "--out", "there")
    assert strop("improve", "own.py:total", *flags).returncode == 0
    replayed = strop("replay", "there", "--trust-task")
    assert replayed.returncode == 2 and "measured times, which no replay repeats" in replayed.stderr
    assert len(replayed.stderr.splitlines()) == 1


EVALUATOR = """
from program import speed

def evaluate(path):
    return {"combined_score": speed() / 100}
"""


def test_evaluator_is_reported_in_its_own_unit_from_the_first_line_to_the_page(strop: Any, tmp_path: Path) -> None:
    program = "def speed():\n    return {'speed: 10': 10}['speed: 10']\n"
    same = (
        REPLACE.replace('("speed: 10", f"speed: {n}")', '("10", str(n))')
        .replace("    for text", "    utility(initial_solution)\n    for text")
        .replace("return tried", "return 'x' #")
    )
    written(tmp_path, {"evaluator.py": EVALUATOR, "program.py": program, "same.py": same})
    target = ("program.py", "--evaluator", "evaluator.py", "--seed", "1")
    ended = strop("improve", *target, "--trust-scorer", "--improver", "same.py", "--out", "there")
    assert "(the original): ok, 0.1, 1 of" in ended.stderr
    assert "utility" not in ended.stdout + ended.stderr and "0.500" not in ended.stdout + ended.stderr
    assert re.search(r"combined_score in training.*: original 0.1, best of", ended.stdout), ended.stdout
    full = strop("show", "there", "--full").stdout
    assert "20% higher combined_score, from 0.1 to 0.12" in told(full, "combined_score") and "utility" not in full, full
    assert strop("view", "there", "--html", "there/report.html").returncode == 0
    page = (tmp_path / "there/report.html").read_text(encoding="utf-8")
    assert "combined_score</span> 0.12" in page or "combined_score 0.12" in page
    assert "combined_score in training" in page and "Utility in training" not in page
    candidates = json.loads(strop("show", "there", "--json").stdout)["candidates"]
    assert candidates[0]["train"]["means"] == {"combined_score": 0.12}
    assert strop("score", *target).stdout.startswith("The program has combined_score 0.1 (the original 0.1) on ")


def test_run_on_a_module_of_a_package_is_replayed_where_the_package_is_gone(strop: Any, tmp_path: Path) -> None:
    price = (
        "import strop\nfrom ..rates import RATE\n\n\ndef score(answer, x):\n    return answer / 100\n\n\n"
        "@strop.improve_me(score=score, sample=lambda rng: {'x': int(rng.integers(9))}, instances=2, test_instances=6)\n"
        "def price(x):\n    return x + RATE\n"
    )
    more = REPLACE.replace('"speed: 10", f"speed: {n}"', '"x + RATE", f"x + {n} * RATE"')
    package = {"__init__.py": "", "rules/__init__.py": "", "rates.py": "RATE = 3\n", "rules/price.py": price}
    written(tmp_path, {"more.py": more, **{f"shop/{name}": text for name, text in package.items()}})
    begun = strop(
        "improve", "shop/rules/price.py", "--improver", "more.py", "--seed", "1", "--out", "run", "--no-report"
    )
    assert begun.returncode == 0, begun.stderr
    shutil.rmtree(tmp_path / "shop")
    replayed = strop("replay", "run", "--trust-task")
    assert replayed.returncode == 0 and "The replay agrees" in replayed.stdout, replayed.stderr


def test_run_goes_on_with_its_own_interpreter_or_not_at_all(strop: Any, tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", symlinks=True)
    written(tmp_path, {"pyproject.toml": "", "p.py": "import sys\nprint('n:', len(sys.prefix))\n", "one.py": ONE})
    scored = shlex.split("--command 'python p.py' --score 'n=n: (.*)' --metric n:max --files p.py --improver one.py")
    ended = strop("improve", ".", *scored, "--out", "run")
    assert ended.returncode == 0 and " of .venv beside pyproject.toml): " in ended.stderr, ended.stderr
    assert strop("replay", "run").returncode == 0
    (tmp_path / ".venv").rename(tmp_path / "env")
    ended = strop("replay", "run")
    assert ended.returncode == 2 and ".venv/bin/python no longer leads to " in ended.stderr, ended.stderr
    assert strop("show", "run").returncode == 0

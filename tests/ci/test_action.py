"""Pull requests of all kinds, through the steps of action.yml."""

from __future__ import annotations

import os
import re
import shutil
import socket
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import yaml

from ci.runner import ACTION, ROOT, Ended, Runner, bash
from support.repositories import committed, git
from support.rows import table
from support.trees import contents, written

ITEMS = """import random

def items(seed):
    rng = random.Random(f"items of {seed}")
    return [rng.randint(5, 60) for _ in range(12)]
"""
SOLVE = f"""import sys
{ITEMS}
def pick(weights):
    taken, left = [], 60
    for number, weight in enumerate(weights):
        if weight > left:
            break
        taken.append(number)
        left -= weight
    return taken

if __name__ == "__main__":
    print(*pick(items(sys.argv[1])))
"""
CHECK = f"""import sys
{ITEMS}
taken = [int(word) for word in open(sys.argv[2]).read().split()]
weights = items(sys.argv[1])
if len(set(taken)) != len(taken) or not all(0 <= number < 12 for number in taken):
    sys.exit("no such items")
weight = sum(weights[number] for number in taken)
print("score:", weight / 100 if weight <= 100 else 0)
"""
TEST = """from solve import pick

def test_pick_takes_what_fits():
    assert sum([30, 80, 30][number] for number in pick([30, 80, 30])) <= 100

def test_pick_takes_nothing_of_nothing():
    assert pick([]) == []
"""
TOML = """files = ["solve.py"]
command = "python3 solve.py {seed}"
judge = "python3 check.py {seed} {output}"
score = 'score: (\\S+)'
metric = ["score:max"]
test = "python3 -m pytest -q -p no:cacheprovider test_solve.py"
range = [0, 1]
held_out = 6
"""
BASE = {"strop.toml": TOML, "solve.py": SOLVE, "check.py": CHECK, "test_solve.py": TEST, "README.md": "# Knapsack\n"}
BETTER = SOLVE.replace("left = [], 60", "left = [], 100")
WORSE = SOLVE.replace("left = [], 60", "left = [], 20")
PASSING = "def test_pick_takes_what_fits():\n    pass\n\ndef test_pick_takes_nothing_of_nothing():\n    pass\n"


def pull_request(folder: Path, files: dict[str, str | None], base: dict[str, str] = BASE) -> Runner:
    """A runner with checkouts of the base and of a pull request that writes these files; None removes one."""
    runner, origin = Runner(folder), folder / "origin"
    committed(written(origin, base))
    git(folder, "clone", "--quiet", str(origin), str(runner.workspace / "base"))
    git(origin, "switch", "--quiet", "--create", "change")
    for path in (path for path, text in files.items() if text is None):
        (origin / path).unlink()
    committed(written(origin, {path: text for path, text in files.items() if text is not None}))
    git(folder, "clone", "--quiet", "--branch", "change", str(origin), str(runner.workspace / "head"))
    return runner


def first_line(ended: Ended) -> str:
    return ended.summary.partition("\n")[0]


LARGE = "--least\n30%\n"
"""Arguments of a comparison that takes some ten inputs."""


@pytest.mark.slow
@table(
    ("files", "fail_on", "code", "verdict"),
    [
        ({"solve.py": BETTER}, "not-better", 0, "Better: "),
        ({"solve.py": WORSE, "README.md": "faster!\n"}, "worse", 6, "Worse: "),
        ({"solve.py": WORSE}, "never", 0, "Worse: "),
        ({"solve.py": f"{SOLVE}\n# the same\n"}, "worse", 0, "No difference: score unchanged"),
        ({"test_solve.py": PASSING}, "worse", 0, "No difference: "),
        ({"test_solve.py": PASSING}, "not-better", 6, "No difference: "),
    ],
)
def test_pull_request_fails_the_job_by_its_verdict(
    tmp_path: Path, files: dict[str, str | None], fail_on: str, code: int, verdict: str
) -> None:
    ended = pull_request(tmp_path, files).compare(fail_on=fail_on, arguments=LARGE)
    assert ended.code == code and first_line(ended).startswith(f"**{verdict}"), ended
    comment = Path(ended.outputs["comment"]).read_text()
    assert comment == ended.summary and len(comment.strip().splitlines()) <= 15


ATTACKS = """import os, pathlib, socket, sys
job = pathlib.Path(JOB)
for path in (job / "work/RAN", job / "temp/outputs", job / "work/base/solve.py"):
    try:
        path.open("a").write("comment=/etc/passwd")
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", PORT), 1)
except OSError:
    pass
print({name: value for name, value in os.environ.items() if "GITHUB" in name or "RUNNER" in name}, file=sys.stderr)
for stream in (sys.stdout, sys.stderr):
    print("::set-output name=comment::/etc/passwd", "::error::**Better**", sep="\\n", file=stream)
raise SystemExit("x\\n\\n/approve **Better** @octocat <img src=x> [a](https://x.example)")
"""
"""A program that writes into the job, connects, and talks to whoever reads the log or the comment."""


def hostile(job: Path, port: int) -> dict[str, str | None]:
    """The files of a pull request that tries what docs/how-to/ci.md lists; what runs outside of the jail writes to work/RAN."""
    ran, attacks = job / "work" / "RAN", ATTACKS.replace("JOB", repr(str(job))).replace("PORT", str(port))
    module = f"try:\n    open({str(ran)!r}, 'a').write(__file__)\nexcept OSError:\n    pass\n"
    script = f"#!/bin/sh\ntouch '{ran}'\n"
    modules = (
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "strop/__init__.py",
        "pip/__init__.py",
    )
    return {
        "solve.py": SOLVE.partition("    print")[0] + indent(attacks, "    "),
        "strop.toml": TOML.replace('"python3 solve.py', f'"touch {ran} && python3 solve.py').replace("check", "solve"),
        "check.py": "print('score: 1')\n",
        "test_solve.py": None,
        **dict.fromkeys(modules, module),
        **dict.fromkeys(("hooks/post-checkout", "hooks/post-index-change", "git"), script),
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p sitecustomize'\n",
        ".gitattributes": "* filter=ran diff=ran\n",
        ".gitconfig": f'[filter "ran"]\nclean = touch {ran}\nsmudge = touch {ran}\n[core]\nhooksPath = hooks\n',
        "@octocat ![a](b)\n::error::**Better**.py": "",
    }


@pytest.mark.slow
def test_hostile_pull_request_changes_neither_what_scores_nor_the_machine_of_the_job(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        runner = pull_request(tmp_path, hostile(tmp_path, server.getsockname()[1]))
        head, base = runner.workspace / "head", runner.workspace / "base"
        (head / "link.py").symlink_to("/etc/passwd")
        shutil.copy(head / ".gitconfig", head / ".git/config")
        before = contents(base)
        ended = runner.compare(fail_on="worse", arguments=LARGE)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not (runner.workspace / "RAN").exists() and contents(base) == before
    assert ended.code == 6 and first_line(ended).startswith("**Worse: the candidate fails"), ended
    assert [line.startswith("::stop-commands::") for line in ended.commands] == [True]
    assert ended.outputs.keys() == {"comment"} and Path(ended.outputs["comment"]).parent == runner.temp
    assert "root:" not in ended.log + ended.summary and "GITHUB_OUTPUT" not in ended.log
    plain = re.sub(r"(`+).*?\1", "", ended.summary)
    assert not re.search(r"[@<\[]|://|Better", plain) and not re.search(r"^[/:]", ended.summary, re.MULTILINE)


MODULE = """import importlib.util, os, sys
if sys.argv[0].endswith("check.py"):
    print("score: 1", flush=True)
    os._exit(0)
spec = importlib.util.spec_from_file_location("random", os.path.join(os.path.dirname(os.__file__), "random.py"))
sys.modules["random"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
"""
"""A random.py that is a judge, where a judge imports it."""


@pytest.mark.slow
def test_module_of_a_pull_request_takes_the_place_of_none_that_the_judge_imports(tmp_path: Path) -> None:
    ended = pull_request(tmp_path, {"solve.py": WORSE, "random.py": MODULE}).compare(arguments=LARGE)
    assert ended.code == 6 and first_line(ended).startswith("**Worse: "), ended


@pytest.mark.slow
def test_pull_request_that_edits_the_tests_it_breaks_is_worse(tmp_path: Path) -> None:
    broken = BETTER.replace("def pick", "def choose").replace("*pick", "*choose")
    ended = pull_request(tmp_path, {"solve.py": broken, "test_solve.py": PASSING}).compare(arguments=LARGE)
    assert ended.code == 6 and re.search(r"^- tests: .*test_solve.py::test_pick_takes_", ended.summary, re.MULTILINE), (
        ended
    )


def test_step_takes_no_expression_of_github_into_its_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"] and step["shell"] == "bash"


@table(("base", "head"), [("base", "base/head"), ("head/base", "head"), ("base", "base"), ("base", ".")])
def test_checkout_in_the_other_one_is_refused(tmp_path: Path, base: str, head: str) -> None:
    runner = Runner(tmp_path)
    for each in (base, head):
        (runner.workspace / each).mkdir(parents=True, exist_ok=True)
    ended = runner.compare(base=base, head=head)
    assert ended.code == 2 and "must lie beside" in ended.log


def test_comment_says_which_target_could_not_be_compared(tmp_path: Path) -> None:
    runner = pull_request(tmp_path, {"solve.py": WORSE})
    ended = runner.compare(targets="nothing.py:here\n\n.", arguments="--max-time\n1x\n")
    assert ended.code == 2 and ended.summary.count("was not compared (exit code 2)") == 2, ended
    assert first_line(ended) == "**Target 1 was not compared (exit code 2). The log of the job says why.**"


SUITE = {
    "pyproject.toml": "",
    "asv.conf.json": '{"benchmark_dir": "speed"}',
    "work.py": "def work():\n    return sum([i % 7 for i in range(500)])\n",
    "speed/all.py": "from work import work\n\n\nclass Of:\n    params = ['a|b', '@octocat `x`']\n\n"
    "    def time_work(self, word):\n        return work()\n",
}


@pytest.mark.slow
def test_suite_of_the_base_is_a_table_in_the_comment_and_a_slower_row_fails_the_job(tmp_path: Path) -> None:
    slower = "def work():\n    return max(sum([i % 7 for i in range(500)]) for _ in range(9))\n"
    ended = pull_request(tmp_path, {"work.py": slower}, SUITE).compare(suite="speed", arguments="--least\n200%\n")
    assert ended.code == 6 and first_line(ended) == "**Worse: of 2 scenarios 2 worse.**", ended
    rows = [line for line in ended.summary.splitlines() if line.startswith("| `")]
    cells = [re.split(r"(?<!\\)\|", row) for row in rows]
    assert len(rows) == 2 and {len(row) for row in cells} == {6} and all("`" in row[1] for row in cells), rows


def workflows() -> list[Any]:
    """Those of the page."""
    page = (ROOT / "docs" / "how-to" / "ci.md").read_text("utf-8")
    return [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


def test_workflows_of_the_page_have_no_right_that_they_do_not_need() -> None:
    compare, comment = workflows()
    assert compare["permissions"] == {"contents": "read"} and compare[True] == "pull_request"
    assert comment["permissions"] == {"actions": "read", "pull-requests": "write"}
    steps = [step for workflow in (compare, comment) for job in workflow["jobs"].values() for step in job["steps"]]
    assert not any("${{" in step.get("run", "") for step in steps)
    checkouts = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    assert [one["persist-credentials"] for one in checkouts] == [False, False]
    (action,) = (step["with"] for step in steps if "strop@" in step.get("uses", ""))
    assert action.keys() <= ACTION["inputs"].keys()


GH = """#!/bin/bash
case "$*" in
"pr list "*) if [ "$COMMIT" = "$HEAD_COMMIT" ]; then echo 7; fi ;;
"api repos/o/r/pulls/7 "*) echo "$COUNT" ;;
"api --paginate repos/o/r/pulls/7/files "*) echo "$FILES" ;;
"run download 5 --name strop-compare --dir $RUNNER_TEMP/comment") ;;
"pr comment 7 --body-file $RUNNER_TEMP/comment/strop-compare.md") touch "$RUNNER_TEMP/posted" ;;
*) exit 9 ;;
esac
"""
"""What GitHub's command answers about pull request 7 of o/r, whose job is 5."""


@table(
    ("said", "is_posted"),
    [
        ({}, True),
        ({"FILES": "a.py\n.github/workflows/compare.yml"}, False),
        ({"FILES": ".github/CODEOWNERS\n" + "a.py\n" * 2999}, False),
        ({"FILES": ".github"}, False),
        ({"COUNT": "3000"}, False),
        ({"HEAD_COMMIT": "another"}, False),
    ],
)
def test_second_workflow_posts_only_what_the_workflow_of_the_base_made(
    tmp_path: Path, said: dict[str, str], is_posted: bool
) -> None:
    step = workflows()[1]["jobs"]["comment"]["steps"][0]
    gh = written(tmp_path, {"bin/gh": GH, "step.sh": step["run"]}) / "bin" / "gh"
    gh.chmod(0o755)
    facts = {"HEAD_COMMIT": "c0ffee", "COUNT": "2", "FILES": "a.py\nb.py"} | said
    env = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "GH_REPO": "o/r", "RUN": "5", "COMMIT": "c0ffee", **facts}
    ended = bash(tmp_path / "step.sh", tmp_path, env | {"RUNNER_TEMP": str(tmp_path)})
    assert ended.returncode == 0 and (tmp_path / "posted").exists() is is_posted, ended.stdout

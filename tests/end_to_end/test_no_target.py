"""`strop improve` and `strop compare` without a target: strop finds the functions, and the program decides."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from end_to_end.conftest import Start, Strop, events_in, recorded, stopped_at
from strop.base.events import FunctionChosen, LmResponded, ProgramRan
from support.processes import wait_until
from support.rows import table
from support.trees import written

ONE = "def one(n):\n    total = 0\n    for i in range(40000):\n        total += i * n % 7\n    return total\n"
ANSWERS = {
    name: f"def {name}(n):\n    whole, rest = divmod({times}, 7)\n    row = [i * n % 7 for i in range(7)]\n"
    "    return whole * sum(row) + sum(row[:rest])\n"
    for name, times in (("one", 40000), ("two", 10000))
}
FILES = {
    "pyproject.toml": "",
    "pack/__init__.py": "",
    "pack/first.py": ONE,
    "pack/second.py": ONE.replace("one", "two").replace("40000", "10000"),
    "app.py": """
        from pack.first import one
        from pack.second import two


        def main():
            print("total", sum(one(n) + two(n) for n in range(40)))


        main()
    """,
    "answer.py": """
        import json, pathlib, sys

        prompt = sys.stdin.read()
        answers = json.loads(pathlib.Path(__file__).with_name("answers.json").read_text())
        print(next((f"```python\\n{text}```" for name, text in answers.items() if f"def {name}(" in prompt), "none"))
    """,
}
FEW = "--lm-budget", "1", "--max-responses", "1", "--utility-budget", "2", "--seed", "1", "--out", "there"


def improving(project: Path, *target: str) -> tuple[str, ...]:
    return "improve", *target, "--record", "python app.py", "--model", f"command:python {project}/answer.py", *FEW


@pytest.fixture
def project(tmp_path: Path) -> Path:
    written(tmp_path, {path: dedent(text) for path, text in FILES.items()})
    (tmp_path / "answers.json").write_text(json.dumps(ANSWERS))
    return tmp_path


def shown(strop: Strop) -> dict[str, Any]:
    return dict(json.loads(strop("show", "there", "--json").stdout))


def of_functions(found: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Function → what was found of it, and whether its patch is part of the program's."""
    return {one["function"]: (one["finding"], one["joined"]) for one in found["functions"][:2]}  # what is left is short


BOTH = {"pack.first:one": ("better", True), "pack.second:two": ("better", True)}


def test_functions_are_improved_one_after_another_and_the_program_decides(strop: Strop, project: Path) -> None:
    ended = strop(*improving(project))
    assert ended.returncode == 0, ended.stderr
    found = shown(strop)
    assert of_functions(found) == BOTH and found["finding"] == "better" and found["sentence"] in ended.stdout
    assert found["sentence"].startswith("Better: `python app.py` takes ") and "less CPU time" in found["sentence"]
    record = Path(found["functions"][1]["directory"])
    told = json.loads(strop("show", str(record), "--json").stdout)
    assert told["family"] == 8 and not told["whole_program"]  # of the second function; the program runs once, with all
    assert "whole * sum(row)" in (project / "there" / "function-2" / "task" / ".tree" / "pack" / "first.py").read_text()
    assert strop("view", "there", "--html", "page.html").returncode == 0
    page = (project / "page.html").read_text()
    assert (
        found["sentence"].split(" takes ")[1] in page.partition("</h1>")[0]
        and page.count("<dt><bdi>function</bdi></dt>") >= 2
    )
    assert "patch of pack/first.py +3 -4, pack/second.py +3 -4" in ended.stdout
    assert (project / "pack/first.py").read_text() == ONE
    assert strop("apply", "there").returncode == 0 and strop("replay", "there").returncode == 2
    assert "whole * sum(row)" in (project / "pack/first.py").read_text()
    again = strop(
        "compare", "--record", "python app.py", "--with", "there/original", "--out", "back", "--fail-on", "worse"
    )
    assert again.returncode == 6 and "Worse: `python app.py` takes " in again.stdout, again.stderr


POINTS = (
    ("event WHERE kind = 'ProgramRan'", 1, "there"),
    ("event WHERE kind = 'FunctionChosen'", 1, "there"),
    ("event WHERE kind = 'Evaluated'", 2, "there/function-1"),
    ("event WHERE kind = 'FunctionChosen'", 2, "there"),
    ("event WHERE kind = 'RunFinished'", 1, "there/function-2"),
    ("event WHERE kind = 'ProgramRan'", 2, "there"),
)
"""When the work is killed: the events that a record then has."""


@pytest.mark.slow
def test_work_that_is_killed_at_six_points_ends_as_the_whole_one(
    strop: Strop, start_strop: Start, project: Path
) -> None:
    assert strop(*improving(project)).returncode == 0
    whole, names = shown(strop), ("there/function-1", "there/function-2")
    shutil.rmtree(project / "there")
    began: tuple[str, ...] = improving(project)
    for where, count, name in POINTS:
        stopped_at(start_strop(*began), project / name, count, where=where)
        began = "resume", "there"
    assert shown(strop)["finding"] == "unfinished"
    assert strop("resume", "there").returncode == 0
    found = shown(strop)
    assert of_functions(found) == of_functions(whole) == BOTH and found["finding"] == "better"
    assert [len([*recorded(project / name, LmResponded)]) for name in names] == [1, 1]  # none was asked for again
    kinds = [(event.scope, event.function) for event in recorded(project / "there", FunctionChosen)]
    assert len({*kinds}) == len(kinds) >= 3 and "nothing to continue" in strop("resume", "there").stderr


def test_ctrl_c_names_the_whole_work_and_it_goes_on(strop: Strop, start_strop: Start, project: Path) -> None:
    process = start_strop(*improving(project))
    wait_until(lambda: events_in(project / "there" / "function-1") > 5 or process.poll() is not None, 0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors.splitlines()[-1] == "To continue: strop resume there" and "function-1" not in errors.splitlines()[-2]
    assert strop("resume", "there").returncode == 0 and of_functions(shown(strop)) == BOTH


def test_limit_of_the_whole_ends_the_work_between_two_functions(strop: Strop, project: Path) -> None:
    ended = strop(*improving(project), "--max-calls", "1")
    found = shown(strop)
    assert of_functions(found) == {"pack.first:one": ("better", True)}, ended.stderr
    assert found["ended"] == "--max-calls was spent" and found["finding"] == "better"
    assert {one["name"]: one["text"] for one in found["details"]}["search"] == "--max-calls was spent"


def test_patch_with_which_the_program_prints_something_else_is_left_out(strop: Strop, project: Path) -> None:
    cheats = ANSWERS["two"].replace(
        "    whole", "    if os.path.exists('app.py') and n == 3:\n        return 0\n    whole"
    )
    (project / "answers.json").write_text(json.dumps({**ANSWERS, "two": f"import os\n\n\n{cheats}"}))
    ended = strop(*improving(project))
    found = shown(strop)
    assert of_functions(found) == {**BOTH, "pack.second:two": ("better", False)}, ended.stderr
    assert found["dropped"] == 1 and found["finding"] == "better" and "left out of the patch" in ended.stdout
    assert [path.name for path in (project / "there" / "solution" / "pack").iterdir()] == ["first.py"]
    assert len({event.scope.partition("/")[0] for event in recorded(project / "there", ProgramRan)}) == 3


def test_code_of_a_model_runs_in_the_jail_also_where_the_next_function_is_found(strop: Strop, project: Path) -> None:
    escapes = f"    try:\n        open({str(project / 'escaped')!r}, 'w').close()\n    except OSError:\n        pass\n    whole"
    (project / "answers.json").write_text(json.dumps({**ANSWERS, "one": ANSWERS["one"].replace("    whole", escapes)}))
    ended = strop(*improving(project))
    assert of_functions(shown(strop))["pack.first:one"] == ("better", True), ended.stderr
    assert "function 2: pack.second:two" in ended.stderr and not (project / "escaped").exists()


REFUSED = {
    "nothing": ((), "name a target, or give --record COMMAND once"),
    "two commands": (("--record", "a", "--record", "b"), "name a target, or give --record COMMAND once"),
    "kept calls": (("--record", "@calls"), "name a target, or give --record COMMAND once"),
    "only": (("--record", "python app.py", "--only", "one"), "--only needs a target: strop hot -- python app.py"),
    "solution": (("--record", "python app.py", "--solution", "x.py"), "--solution needs a target"),
    "fails": (
        ("--record", "python nothing.py", "--model", "offline"),
        "ended with status 2; a program is measured that ends",
    ),
    "not in the jail": (
        ("--record", 'python app.py && test -n "$MINE"', "--model", "offline"),
        "could not be run in the jail",
    ),
}


@table(("words", "told"), REFUSED.values(), REFUSED)
def test_what_cannot_be_done_without_a_target_is_refused_in_one_line(
    strop: Strop, project: Path, words: tuple[str, ...], told: str
) -> None:
    ended = strop("improve", *words, MINE="1")
    assert ended.returncode == 2 and told in ended.stderr.splitlines()[-1] and "Traceback" not in ended.stderr


def test_function_whose_calls_cannot_be_sent_is_improved_by_its_program(strop: Strop, project: Path) -> None:
    target = improving(project, "app:main")
    refused = strop(*target)
    assert refused.returncode == 2 and "--set fixed_input=true" in refused.stderr.splitlines()[-1], refused.stderr
    (project / "answers.json").write_text(
        json.dumps({"main": "def main():\n    print('total', 5099857)\n\n\nmain()\n"})
    )
    ended = strop(*target, "--set", "fixed_input=true")
    found = shown(strop)
    assert ended.returncode == 0 and found["task"] == "main", ended.stderr
    assert found["finding"] == "better" and found["wants_fixed_input"], found["sentence"]

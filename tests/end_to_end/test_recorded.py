"""`--record`: a function that nobody marked, improved on the calls that a command of the user's makes of it."""

from __future__ import annotations

import json
import re
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import Start, Strop, recorded, stopped_at
from strop.base.events import CallsChanged, LmCalled
from support.facts import told
from support.trees import written

SHOP = '''
import functools
import gen.made
from parts import seen

def tagged(function):
    @functools.wraps(function)
    def call(*given):
        return "tagged", function(*given)
    return call

class Basket:
    def __init__(self, names):
        self.names, self.asked = names, 0

    @property
    def different(self):
        """The first of equal names."""
        found = []
        for name in self.names:
            if not any(each.casefold() == name.casefold() for each in found):
                found.append(name)
        self.asked += 1
        return found

@tagged
def count(names, least=3):
    found = []
    for name in names:
        if not seen(found, name):
            found.append(name)
    if len(found) < least:
        raise ValueError(f"only {found}")
    return len(found)
'''
PARTS = """
def seen(found, name):
    for each in found:
        if each.casefold() == name.casefold():
            return True
    return False
"""
APP = """
import random
from shop import Basket, count

draw = random.Random(1)
with open("runs-of-app", "a") as file:
    file.write("run\\n")
for number in range(24):
    names = [f"canary-{draw.randrange(200)}" for _ in range(2 if number % 8 == 7 else 300)]
    Basket(names).different
    try:
        count(names)
    except ValueError:
        pass
"""
FASTER = '''
    def different(self):
        """The first of equal names."""
        self.asked += 1
        return list(dict.fromkeys(self.names))
'''
FORGETS = FASTER.replace("        self.asked += 1\n", "")
COUNTS = """
def count(names, least=3):
    found = list(dict.fromkeys(names))
    if len(found) < least:
        raise ValueError(f"only {found}")
    return len(found)
"""
SEEN = "def seen(found, name):\n    return name in found\n"
BOTH = f"=== file: parts.py ===\n{SEEN}=== file: shop.py ==={COUNTS}"
TELLS = "def count(names, least=3):\n    raise KeyError(names)\n"
LEAST = ("--lm-budget", "1", "--max-responses", "2", "--utility-budget", "3", "--seed", "1", "--out", "there")
RECORD = ("--record", "python app.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    ignored = {".gitignore": "gen/", "gen/made.py": ""}
    return written(tmp_path, {"pyproject.toml": "", "shop.py": SHOP, "parts.py": PARTS, "app.py": APP, **ignored})


def answering(project: Path, *programs: str) -> tuple[str, ...]:
    lines = [json.dumps(f"```python\n{program}```\n") for program in programs]
    (project / "answers.jsonl").write_text("\n".join([*lines, *lines]) + "\n")
    return ("--model", "scripted:answers.jsonl", *LEAST)


def improved(strop: Strop, project: Path, target: str, *programs: str, more: tuple[str, ...] = RECORD) -> Any:
    ended = strop("improve", target, *more, *answering(project, *programs))
    assert ended.returncode == 0, ended.stderr
    return json.loads(strop("show", "there", "--json").stdout)


def test_command_becomes_an_applied_patch_of_a_property_that_nobody_marked(strop: Strop, project: Path) -> None:
    found = improved(strop, project, "shop:Basket.different", FORGETS, FASTER)
    assert found["finding"] == "better" and found["sentence"].startswith("Better: `python app.py` takes "), found
    measured = r"Basket.different \d.* as fast .* on \d+ held-out calls of `python app\.py`"
    assert re.match(measured, told(found, "function")), found["details"]
    assert {each["train"]["verdict"] for each in found["candidates"]} == {"ok", "malformed"}
    assert stat.S_IMODE((project / "there/task/recorded.calls").stat().st_mode) == 0o600
    assert strop("apply", "there").returncode == 0
    patched = (project / "shop.py").read_text()
    assert "    @property\n    def different" in patched and "dict.fromkeys" in patched and "@tagged\n" in patched


def test_decorators_of_a_function_stay_because_what_is_measured_lies_below_them(strop: Strop, project: Path) -> None:
    found = improved(strop, project, "shop:count", COUNTS, "import functools\n@functools.lru_cache\n" + COUNTS.lstrip())
    reasons = [each["train"]["error"] for each in found["candidates"]]
    assert found["finding"] == "better" and any("must keep its decorators" in each for each in reasons), reasons
    assert strop("apply", "there").returncode == 0
    assert "@tagged\ndef count(" in (project / "shop.py").read_text()


@pytest.mark.parametrize("shows", [False, True])
def test_values_of_recorded_calls_reach_a_model_where_the_user_says_so_alone(
    strop: Strop, project: Path, shows: bool
) -> None:
    flags = ("--show-calls",) if shows else ()
    few = [each if each != "1" else "2" for each in LEAST[:2]] + list(LEAST[2:])
    (project / "answers.jsonl").write_text(2 * (json.dumps(f"```python\n{TELLS}```\n") + "\n"))
    ended = strop("improve", "shop:count", *RECORD, *flags, "--model", "scripted:answers.jsonl", *few)
    assert ended.returncode == 0, ended.stderr
    asked = [str(event.messages) for event in recorded(project / "there", LmCalled)]
    prompts = strop("export", "there", "-o", "-", "--texts", "full").stdout
    assert len(asked) == 2 and "list of 2 to 300 str" in prompts
    assert "Loading counts by itself" in prompts and "loading the program counts" not in prompts
    assert ("canary-" in prompts) is shows


def test_what_differs_on_recorded_calls_is_shown_to_the_user_and_in_no_text_that_is_shared(
    strop: Strop, project: Path
) -> None:
    (project / "new.py").write_text(SHOP.replace("return len(found)", "return found[0]"))
    compared = ("compare", "shop:count", *RECORD, "--with", "new.py", "--no-report")
    told, shared = (strop(*compared, *more, "--out", "".join(["there", *more])) for more in ((), ("--markdown",)))
    assert re.search(r"\w+: .*malformed answer: the answer is .*canary-", told.stdout), told.stdout
    assert shared.stdout.startswith("**Worse: ") and "canary-" not in shared.stdout, shared.stdout
    assert not recorded(project / "there", CallsChanged), "only a better program is called with changed arguments"


def test_what_lies_in_another_file_behind_a_wrapper_can_change_alone(strop: Strop, project: Path) -> None:
    found = improved(strop, project, "shop:count", SEEN, COUNTS, more=(*RECORD, "--only", "parts:seen"))
    assert found["finding"] == "better", found["sentence"]
    assert "parts.py" in (project / "there/best.diff").read_text()
    assert sum(each["train"]["verdict"] == "malformed" for each in found["candidates"]) == 1
    assert strop("apply", "there").returncode == 0
    assert (project / "parts.py").read_text().strip() == SEEN.strip() and (project / "shop.py").read_text() == SHOP


def test_kept_calls_are_a_task_until_the_file_of_the_function_changes(strop: Strop, project: Path) -> None:
    kept = strop("check", "shop:count", *RECORD, "--keep", "kept.calls")
    assert kept.returncode == 0 and stat.S_IMODE((project / "kept.calls").stat().st_mode) == 0o600
    assert "may change: count, parts.py:seen\n" in kept.stderr
    assert strop("list", "tasks", "shop:count@kept.calls").returncode == 0
    assert strop("check", "shop:count", "--record", "@kept.calls").returncode == 0
    assert (project / "runs-of-app").read_text() == "run\n"
    (project / "shop.py").write_text(SHOP + "# changed\n")
    refused = strop("check", "shop:count@kept.calls")
    remedy = "strop check shop:count --record @FILE --keep OTHER"
    assert refused.returncode == 2 and refused.stderr.strip().endswith(remedy)
    again = remedy.replace("@FILE", "@kept.calls").replace("OTHER", "other.calls").split()[1:]
    assert strop(*again).returncode == 0
    assert strop("check", "shop:count@other.calls").returncode == 0


def test_killed_run_goes_on_with_the_calls_and_the_functions_of_several_files_that_it_kept(
    start_strop: Start, strop: Strop, project: Path
) -> None:
    (project / "app.py").write_text(APP.replace("else 300", "else 900"))  # samples tell that parts.py has the time
    process = start_strop("improve", "shop:count", *RECORD, *answering(project, BOTH, TELLS))
    stopped_at(process, project / "there", 4, signal.SIGKILL)
    (project / "app.py").unlink()
    ended = strop("resume", "there")
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"on \d+ held-out calls of `python app\.py`", ended.stdout), ended.stdout
    assert (project / "runs-of-app").read_text() == "run\n"
    assert strop("apply", "there").returncode == 0
    assert "dict.fromkeys" in (project / "shop.py").read_text() and "in found" in (project / "parts.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["shop:nothing", *RECORD],
            "shop.py:nothing: the module defines no such function at its top level or in a class",
        ),
        (["other:count", *RECORD], "name the file of the function: path/to/file.py:count"),
        (["shop:count", "--record", "python parts.py"], "python parts.py does not load shop.py; name a command whose"),
        (["shop:count", "--record", "python -c 'import shop'"], "never calls count; name a command that calls it"),
        (["shop:count", "--record", "python -I app.py"], "without -I, -E and -S (it ended with status 1)"),
        (["shop:count", *RECORD, "--command", "x"], "--record and --command do not go together"),
        (["shop:count", *RECORD, "--only", f"{__file__}:project"], "which is outside of its project"),
        (["shop:count", "--record", "@pyproject.toml"], "has no recorded calls that strop can read"),
        (
            ["shop:Basket.__init__", *RECORD],
            "or measure it by its program: --set fixed_input=true",
        ),
        (["lpn", "--show-calls"], "--show-calls is for recorded calls; give --record COMMAND, too"),
        (["lpn", "--keep", "file"], "--keep is for recorded calls; give --record COMMAND, too"),
    ],
)
def test_target_without_calls_to_record_is_refused_in_one_line(
    strop: Strop, project: Path, arguments: list[str], line: str
) -> None:
    ended = strop("check", *arguments)
    assert ended.returncode in (2, 5)
    assert line in ended.stderr + ended.stdout, ended.stderr + ended.stdout

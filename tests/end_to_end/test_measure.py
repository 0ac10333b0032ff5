"""`strop measure` and `strop verdict`: a search by somebody else, within a count, and its verdict on inputs that nobody saw."""

from __future__ import annotations

import json
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import PYTEST, Start, Strop, recorded, stopped_at
from end_to_end.test_compare import AFTER, BEFORE, BY_SEED, FORMS, PROJECT
from strop.base.events import ComparisonBegan, Evaluated, MeasurementBegan, SearchEnded
from support.facts import told
from support.processes import wait_until
from support.repositories import committed
from support.trees import written

WORSE = "def cheapest(prices):\n    return prices[0]\n"
FIRST = ("--least", "90%", "--seed", "1", "--budget", "3")
FILE = "src/shop/price.py"
FUNCTION = FORMS["function"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return committed(written(tmp_path, PROJECT | {".gitignore": "data/\nthere/\nruns/\n"}))


def measured(strop: Strop, project: Path, text: str, *arguments: str, out: str = "there") -> Any:
    """The document of one measurement of `text`."""
    (project / FILE).write_text(text)
    ended = strop("measure", *(arguments or FUNCTION), "--out", out, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def followed(strop: Strop, line: str) -> Any:
    """What follows the last command that a line names, to the letter."""
    words = shlex.split(line[line.rindex("strop ") :].partition(" compares ")[0].removesuffix("."))
    return strop(*words[1:])


@pytest.mark.parametrize("form", ["function", "evaluator", "command"])
def test_agent_measures_within_its_count_and_the_best_is_compared_on_inputs_that_it_never_had(
    strop: Strop, project: Path, form: str
) -> None:
    trusted = ("--trust-programs",) if form == "command" else ()
    first = measured(strop, project, WORSE, *FORMS[form], *FIRST, *trusted)
    assert (first["number"], first["budget"], first["best"]) == (1, 3, first["digest"])
    assert first["said"][0].startswith("the original is that of commit ")
    second = measured(strop, project, AFTER, FORMS[form][0])
    assert second["number"] == 2 and second["best"] == second["digest"] and second["said"] == []
    assert measured(strop, project, BEFORE, FORMS[form][0])["best"] == second["digest"]
    (project / FILE).write_text(WORSE)
    spent = strop("measure", FORMS[form][0], "--out", "there")
    (line,) = spent.stderr.splitlines()
    assert spent.returncode == 4 and line.startswith("strop: all 3 measurements in there were made; "), line
    waiting = strop("show", "there").stdout
    assert "No verdict yet: 3 of 3 measurements made.\n" in waiting and "improver" not in waiting
    ended = followed(strop, line)
    assert ended.returncode == 0 and "Better: " in ended.stdout, ended.stdout + ended.stderr
    assert "none of its files changed since\n" in ended.stdout and "LM call" not in ended.stdout + ended.stderr
    events = recorded(project / "there", SearchEnded, ComparisonBegan, Evaluated)
    (began,) = (each for each in events if isinstance(each, ComparisonBegan))
    later = events[events.index(began) :]
    assert began.solution == AFTER and len(bytes.fromhex(began.secret)) == 32
    assert all(each.split == "train" for each in events[: events.index(began)] if isinstance(each, Evaluated))
    assert any(each.split == "test" for each in later if isinstance(each, Evaluated))
    assert strop("verdict", "there").returncode == 0 and recorded(project / "there", Evaluated) == [
        each for each in events if isinstance(each, Evaluated)
    ]
    assert strop("replay", "there").returncode == 0
    assert strop("apply", "there").returncode == 2, "the work tree has a third version"
    (project / FILE).write_text(BEFORE)
    assert strop("apply", "there").returncode == 0 and (project / FILE).read_text() == AFTER


def test_what_scores_is_frozen_at_the_first_measurement_and_a_line_names_what_changed(
    strop: Strop, project: Path
) -> None:
    toml = BY_SEED.replace("src/shop/*.py", FILE) + f"test = '{PYTEST} tests'\n"
    committed(written(project, {"strop.toml": toml, "tests/conftest.py": "import sys\nsys.path.insert(0, 'src')\n"}))
    measured(strop, project, WORSE, ".", *FIRST, "--trust-programs")
    written(
        project,
        {
            "strop.toml": toml.replace("max'", "min'"),
            "measure.py": "print('score', 1e9)\n",
            "tests/test_price.py": "def test_other():\n    assert False\n",
        },
    )
    found = measured(strop, project, AFTER, ".")
    assert found["said"] == [
        "changed since the first measurement, and measured as it was then: measure.py, strop.toml, tests/test_price.py"
    ]
    assert found["best"] == found["digest"] and found["metrics"][0]["score"] <= 1
    ended = strop("verdict", "there")
    assert ended.returncode == 0 and "Better: " in ended.stdout and found["said"][0] in ended.stdout, ended.stdout
    assert told(ended.stdout, "tests") == "1 pass", ended.stdout


def test_function_is_scored_by_the_mark_of_the_first_measurement(strop: Strop, project: Path) -> None:
    first = measured(strop, project, WORSE, *FUNCTION, *FIRST)
    mark = project / "mark.py"
    mark.write_text(mark.read_text().replace("min(prices) / answer", "5.0"))
    second = measured(strop, project, WORSE)
    assert second["said"] == ["changed since the first measurement, and measured as it was then: mark.py"]
    assert second["value"] == first["value"] < 1


def test_only_what_may_change_is_measured(strop: Strop, project: Path) -> None:
    first = measured(strop, project, WORSE, *FORMS["evaluator"], *FIRST)
    (project / "src/shop/__init__.py").write_text("raise ValueError\n")
    second = measured(strop, project, WORSE, FILE)
    assert second["value"] == first["value"] and second["digest"] == first["digest"]


def test_second_verdict_is_at_half_the_level_and_a_program_may_be_named(strop: Strop, project: Path) -> None:
    worse = measured(strop, project, WORSE, *FUNCTION, *FIRST)
    refused = strop("verdict", "there", "--of", "0123456789")
    assert refused.returncode == 2 and "of a program 0123456789" in refused.stderr, refused.stderr
    measured(strop, project, AFTER)
    assert strop("verdict", "there", "--of", worse["digest"][:8]).returncode == 0
    (began,) = recorded(project / "there", ComparisonBegan)
    assert began.solution == WORSE
    measured(strop, project, AFTER + "# again\n")
    second = strop("verdict", "there")
    assert second.returncode == 0 and told(second.stdout, "comparison") == "number 2 of this run", second.stdout
    assert "(97.5% interval " in second.stdout or "the same in each of" in second.stdout, second.stdout
    assert len({each.secret for each in recorded(project / "there", ComparisonBegan)}) == 2
    assert strop("replay", "there").returncode == 0


def test_verdict_without_a_measurement_or_a_better_one_says_so(strop: Strop, project: Path) -> None:
    none = strop("verdict")
    assert none.returncode == 2 and none.stderr.count("\n") == 1 and "no run of strop measure" in none.stderr
    measured(strop, project, "def cheapest(prices):\n    return 0\n", *FUNCTION, *FIRST)
    ended = strop("verdict", "there")
    assert ended.returncode == 0 and "patch of" not in ended.stdout
    assert "\nNo improvement: no candidate was better than the original in training.\n" in ended.stdout


def test_second_search_and_a_score_of_held_out_inputs_are_refused_while_one_waits(strop: Strop, project: Path) -> None:
    (project / FILE).write_text(AFTER)
    assert strop("measure", *FUNCTION, *FIRST).returncode == 0
    (folder,) = (project / "runs").glob("*/")
    name = f"runs/{folder.name}"
    assert "  no verdict  " in strop("list", "runs").stdout
    second = strop("measure", *FUNCTION)
    (line,) = second.stderr.splitlines()
    assert second.returncode == 2 and f"{name} measures mark.py:cheapest and has no verdict" in line, line
    assert f"--out {name}" in line and line.endswith(f"strop verdict {name}")
    held_out = strop("score", *FUNCTION, "--solution", FILE, "--split", "test")
    assert held_out.returncode == 2 and held_out.stderr.count("\n") == 1 and name in held_out.stderr, held_out.stderr
    assert strop("measure", *FUNCTION, "--out", name).returncode == 0
    assert followed(strop, line).returncode == 0
    assert strop("score", *FUNCTION, "--solution", FILE, "--split", "test").returncode == 0
    assert strop("measure", *FUNCTION, *FIRST).returncode == 0


REFUSED = [
    (
        ["measure", *FUNCTION, "--out", "there", "--budget", "9"],
        "--budget is that of the first measurement in there: leave it out",
    ),
    (
        ["measure", *FUNCTION, "--out", "there", "--base", "HEAD"],
        "--base is that of the first measurement in there: leave it out",
    ),
    (["measure", "lpn", "--out", "there"], "there is a record of strop measure mark.py:cheapest; name another --out"),
    (["measure", *FUNCTION, "--out", "tests"], "holds files already"),
    (["measure", *FUNCTION, "--base", "nothing"], "has no commit 'nothing'"),
    (["measure", "lpn"], "name the program: --solution FILE"),
    (["resume", "there"], "To compare the best: strop verdict there"),
]


def test_what_does_not_go_on_a_record_is_refused_in_one_line(
    strop: Strop, project: Path, subtests: pytest.Subtests
) -> None:
    measured(strop, project, WORSE, *FUNCTION, *FIRST)
    for arguments, line in REFUSED:
        with subtests.test(line):
            refused = strop(*arguments)
            assert refused.returncode == 2 and refused.stderr.count("\n") == 1 and line in refused.stderr, (
                refused.stderr
            )


def test_original_is_what_a_commit_has_or_outside_of_git_what_the_first_measurement_finds(
    strop: Strop, tmp_path: Path
) -> None:
    project = written(tmp_path, PROJECT | {FILE: WORSE})
    alone = measured(strop, project, WORSE, *FUNCTION, *FIRST)
    assert alone["best"] is None and alone["said"][0].startswith("no commit has it, so that the original is what")
    committed(written(project, {".gitignore": "there/\nother/\n"}))
    committed(written(project, {FILE: AFTER}))
    based = measured(strop, project, AFTER, *FUNCTION, *FIRST, "--base", "HEAD~1", out="other")
    assert based["best"] == based["digest"], based
    assert "Better: " in strop("verdict", "other").stdout


SLOW = f"""
import os, time
while not os.path.exists("{{0}}/go"):
    time.sleep(0.05)
{BEFORE}"""


def test_measurement_that_is_killed_counts_once_and_two_at_once_are_refused(
    strop: Strop, start_strop: Start, project: Path
) -> None:
    written(project, {"strop.toml": BY_SEED.replace("src/shop/*.py", FILE), "tool/there": ""})
    measured(strop, project, WORSE, ".", *FIRST, "--set", f"tool={project}/tool", "--trust-programs")
    (project / FILE).write_text(SLOW.format(f"{project}/tool"))
    process = start_strop("measure", ".", "--out", "there")
    started = "event WHERE kind = 'RunResumed'"
    wait_until(lambda: len(recorded(project / "there", MeasurementBegan)) > 1)
    at_once = strop("measure", ".", "--out", "there")
    assert at_once.returncode in (1, 2) and at_once.stderr.splitlines()[-1].startswith("strop: another process is"), (
        at_once.stderr
    )
    stopped_at(process, project / "there", 1, signal.SIGKILL, started)
    assert process.returncode == -signal.SIGKILL
    (project / "tool/go").touch()
    assert measured(strop, project, SLOW.format(f"{project}/tool"), ".")["number"] == 2
    assert measured(strop, project, AFTER, ".")["number"] == 3
    assert strop("verdict", "there").returncode == 0


def test_verdict_that_is_killed_goes_on_with_the_inputs_that_it_drew(
    strop: Strop, start_strop: Start, project: Path
) -> None:
    slow = PROJECT["measure.py"].replace(
        "given =",
        f"import os, time\nif int(sys.argv[1]) > 9 and not os.path.exists('{project}/tool/go'): time.sleep(0.5)\ngiven =",
    )
    written(project, {"strop.toml": BY_SEED.replace("src/shop/*.py", FILE), "tool/there": "", "measure.py": slow})
    measured(strop, project, AFTER, ".", *FIRST, "--set", f"tool={project}/tool", "--trust-programs")
    process = start_strop("verdict", "there")
    stopped_at(process, project / "there", 1, signal.SIGKILL, "event WHERE kind = 'ComparisonBegan'")
    assert process.returncode == -signal.SIGKILL
    (project / "tool/go").touch()
    (began,) = recorded(project / "there", ComparisonBegan)
    assert "Unfinished: " in strop("show", "there").stdout
    resumed = strop("resume", "there")
    assert resumed.returncode == 0 and "Better: " in resumed.stdout, resumed.stdout + resumed.stderr
    assert recorded(project / "there", ComparisonBegan) == [began]
    assert strop("verdict", "there").stdout.splitlines()[1:] == resumed.stdout.splitlines()[1:]

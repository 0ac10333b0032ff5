"""`strop compare --suite`: benchmarks of asv and pytest-benchmark, scripts and commands, each with a row of its own."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from end_to_end.conftest import Start, Strop, recorded, stopped_at
from strop.base.events import Evaluated, ScenarioFound
from support.repositories import committed, git
from support.rows import table
from support.trees import written

WORK = """
    LENGTHS = []


    def same(n):
        return sum(i * i % 7 for i in range(n))


    def faster(n):
        LENGTHS.append(n)
        return sum([i * i % 7 for i in range(8 * n)])


    def slower(n):
        return sum([i * i % 7 for i in range(n)])


    def far(n):
        return sum([i % 3 for i in range(n)])
"""
CHANGE = (
    ("sum(i * i % 7 for i in range(n))", "sum(i * i % 7 for i in range(n))  # as before"),
    ("    LENGTHS.append(n)\n", ""),  # what a benchmark leaves behind is not compared
    ("range(8 * n)", "range(n)"),
    ("def slower(n):\n    return sum([i * i % 7 for i in range(n)])", "def slower(n):\n    return faster(8 * n)"),
)
BENCHMARKS = """
    from pack.work import far, faster, same, slower


    class Suite:
        params = [300, 600]

        def setup(self, n):
            if n == 600:
                raise NotImplementedError
            self.n = n

        def time_same(self, n):
            same(self.n)


    class Cached:
        def setup_cache(self):
            return {"n": 300}

        def time_faster(self, cache):
            faster(cache["n"])


    def time_far():
        far(300)


    def setup():
        raise RuntimeError("no file")
"""
TESTS = """
    import pytest
    from pack.work import slower


    @pytest.fixture
    def number(tmp_path):
        (tmp_path / "n").write_text("300")
        yield int((tmp_path / "n").read_text())


    def test_slower(benchmark, number):
        assert benchmark(slower, number) > 0


    def test_without(number):
        assert number
"""
FILES = {
    "pyproject.toml": "",
    "asv.conf.json": '{\n    // where they are\n    "benchmark_dir": "speed"\n}\n',
    "pack/__init__.py": "",
    "pack/work.py": WORK,
    "speed/__init__.py": "",
    "speed/all.py": BENCHMARKS.partition("\n\n    def setup():")[0],
    "speed/broken.py": "def setup():\n    raise RuntimeError('no file')\n\n\ndef time_broken():\n    pass\n",
    "checks/test_speed.py": TESTS,
    "scripts/run.py": "from pack.work import same\nprint(sum(same(300) for _ in range(100)))\n",
}
EACH = "--with", "change", "--max-time", "1h", "--least", "200%", "--seed", "1", "--out", "there"


def changed(text: str) -> str:
    for before, after in CHANGE:
        assert before in text
        text = text.replace(before, after)
    return text


@pytest.fixture
def project(tmp_path: Path) -> Path:
    written(tmp_path, {path: dedent(text) for path, text in FILES.items()})
    shutil.copytree(tmp_path, tmp_path / "change", ignore=shutil.ignore_patterns("change"))
    work = tmp_path / "change/pack/work.py"
    work.write_text(changed(work.read_text()))
    return tmp_path


def shown(strop: Strop) -> Any:
    return json.loads(strop("show", "there", "--json").stdout)


def findings(document: Any) -> dict[str, str]:
    return {one["name"]: one["finding"] for one in document["scenarios"]}


ASV = {
    "all.Suite.time_same(600)": "left out",
    "all.Cached.time_faster": "better",
    "all.time_far": "not touched",
    "broken.time_broken": "not measured",
}


def test_a_suite_says_of_each_scenario_whether_it_is_faster_or_slower_and_is_never_green_without_all(
    strop: Strop, project: Path
) -> None:
    suites = "--suite", "speed", "--suite", "checks/test_speed.py"
    ended = strop("compare", *suites, *EACH, "--fail-on", "worse", "--markdown")
    assert ended.returncode == 6, ended.stderr
    found = shown(strop)
    one = findings(found)
    assert ASV.items() <= one.items() and one["checks/test_speed.py::test_slower"] == "worse" and len(one) == 6
    assert found["finding"] == "worse" and "1 worse" in found["sentence"] and "1 not measured" in found["sentence"]
    (worse,) = (row for row in found["scenarios"] if row["finding"] == "worse")
    assert worse["change"]["interval"][1] < 0.5 and worse["itself"]["amount"] < 3
    assert found["confidence"] == pytest.approx(1 - 0.05 / 4)  # three are measured, and one cannot be
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("**Worse: of 5 scenarios ") and lines[2].startswith("| scenario | finding | change |")
    assert "`checks/test_speed.py::test_slower`" in lines[4] and "RuntimeError" in ended.stdout


def test_a_suite_with_a_scenario_that_cannot_be_measured_fails_although_nothing_is_slower(
    strop: Strop, project: Path
) -> None:
    ended = strop("compare", "--suite", "speed::broken", *EACH, "--fail-on", "worse")
    assert ended.returncode == 6 and "Not all measured: of 1 scenario 1 not measured." in ended.stdout, ended.stderr
    assert "RuntimeError: no file" in ended.stdout


def test_scripts_and_commands_are_scenarios_whose_output_is_compared(strop: Strop, project: Path) -> None:
    (project / "change/pack/work.py").write_text((project / "pack/work.py").read_text().replace("% 7", "% 5"))
    command = "python -c 'from pack.work import far; print(far(300000))'"
    ended = strop("compare", "--suite", "scripts", "--record", command, *EACH)
    assert ended.returncode == 0, ended.stderr
    found = shown(strop)
    assert findings(found)["python scripts/run.py"] == "worse" and findings(found)[command] == "no difference shown"
    (worse,) = (row for row in found["scenarios"] if row["finding"] == "worse")
    assert "does not print" in worse["reason"], worse


@pytest.mark.slow
def test_a_suite_that_is_killed_measures_each_scenario_once(strop: Strop, start_strop: Start, project: Path) -> None:
    began: tuple[str, ...] = ("compare", "--suite", "speed", *EACH)
    for where, count, name in (
        ("event WHERE kind = 'ScenarioFound'", 2, "there"),
        ("event WHERE kind = 'ScenarioFound'", 7, "there"),
        ("event WHERE kind = 'Evaluated'", 2, "there/scenario-1"),
    ):
        stopped_at(start_strop(*began), project / name, count, where=where)
        began = "resume", "there"
    assert strop("resume", "there").returncode == 0
    assert ASV.items() <= findings(shown(strop)).items()
    scopes = [event.scope for event in recorded(project / "there", ScenarioFound)]
    assert len(scopes) == 10, "each is found once and tried once"
    for folder in (project / "there").glob("scenario-*"):
        ends = [event.scope for event in recorded(folder, Evaluated) if event.scope == "improved/test"]
        assert len(ends) == 1


REFUSED = (
    (("pack.work:same", "--suite", "speed"), "--suite takes the place of a target: leave pack.work:same out"),
    (("--suite", "nowhere"), "there is no file or folder nowhere"),
    (("--suite", "pack"), "pack holds no asv.conf.json, no test with the fixture benchmark, and no script"),
    (("--suite", "speed", "--files", "a.py"), "--files does not apply to a suite"),
    (("--suite", "speed::nothing"), "speed::nothing has no benchmark that strop can measure"),
)


@table("arguments, why", REFUSED)
def test_a_suite_that_cannot_be_compared_is_refused_in_one_line(
    strop: Strop, project: Path, arguments: tuple[str, ...], why: str
) -> None:
    shutil.rmtree(project / "pack", ignore_errors=True)
    written(project, {path: dedent(text) for path, text in FILES.items()})
    (project / "pack/work.py").rename(project / "pack/_work.py")
    shutil.rmtree(project / "there", ignore_errors=True)
    ended = strop("compare", *arguments, *EACH)
    assert ended.returncode == 2 and why in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


def test_a_change_that_replaces_what_strop_runs_in_the_jail_is_refused(strop: Strop, project: Path) -> None:
    (project / "change/strop_scenarios.py").write_text("def held(*place):\n    return lambda: None\n")
    ended = strop("compare", "--suite", "speed", *EACH)
    assert ended.returncode == 2 and "strop_scenarios.py has a name of strop's own" in ended.stderr, ended.stderr


@pytest.mark.slow
def test_git_bisect_finds_the_commit_that_made_a_function_slow(strop: Strop, project: Path) -> None:
    shutil.rmtree(project / "change")
    written(project, {"app.py": "from pack.work import slower\nprint([slower(2000 + n) for n in range(60)])\n"})
    good = git(committed(project), "rev-parse", "HEAD").strip()
    texts = [(project / "pack/work.py").read_text()]
    own = "sum([i * i % 7 for i in range(n)])"
    slow = texts[0].replace(own, f"max({own} for _ in range(9))")
    texts += [texts[0] + "\n\nimport nowhere\n", texts[0] + "\n", slow, slow + "\n"]
    for text in texts[1:]:
        (project / "pack/work.py").write_text(text)
        git(committed(project), "status")
    git(project, "bisect", "start", "HEAD", good)
    line = f"compare pack.work:slower --record 'python app.py' --base {good} --bisect --max-time 30s --quiet"
    script = written(project.parent / "steps", {"step.sh": f"exec {Path(sys.executable).with_name('strop')} {line}\n"})
    said = git(project, "bisect", "run", "sh", str(script / "step.sh"))
    assert f"{git(project, 'rev-parse', 'main~1').strip()} is the first bad commit" in said, said


def test_bisect_ends_with_125_where_a_commit_cannot_be_compared(strop: Strop, project: Path) -> None:
    ended = strop("compare", "pack.work:gone", "--record", "python scripts/run.py", "--with", "change", "--bisect")
    assert ended.returncode == 125, ended.stderr
    assert strop("compare", "--unknown", "--bisect").returncode == 125


def test_aa_says_what_the_original_shows_beside_itself(strop: Strop, project: Path) -> None:
    one = "compare", "pack.work:faster", "--record", "python app.py", "--with", "change", "--max-time", "10s"
    written(project, {"app.py": "from pack.work import faster\nprint([faster(300 + n) for n in range(60)])\n"})
    ended = strop(*one, "--aa", "--seed", "1")
    assert ended.returncode == 0 and " the original beside itself: No difference" in ended.stdout, ended.stderr
    assert len([*(project / "runs").glob("*/run.sqlite")]) == 2, "it has a record of its own"

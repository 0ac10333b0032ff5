"""The user's tests in a copy of a project: which pass, and which count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.suite import OriginalSuite, SuiteRun, failing, on_candidate, on_original
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask
from support.commands_here import Here
from support.rows import table
from support.trees import written

WRITES = "mkdir -p .strop; cat report.xml > .strop/tests.xml; exit 1\n"
"""A test tool: it writes the report that the folder has, where pytest is asked to write one."""


def suite(*cases: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest">{"".join(cases)}</testsuite></testsuites>'


def case(name: str, inside: str = "", classname: str = "tests.test_x") -> str:
    return f'<testcase classname="{classname}" name="{name}">{inside}</testcase>'


def task_of(root: Path, test: str = "sh test.sh", **options: object) -> CommandTask:
    files = {"program.sh": "echo score 1\n", "test.sh": WRITES, "tests/test_x.py": ""}
    written(root, {path: text for path, text in files.items() if not (root / path).exists()})
    printed = {"score": ["score (.*)"], "metric": ["score:max"]}
    return command_task(
        root, **{"files": ["program.sh"], "command": "sh program.sh", "test": test, **printed, **options}
    )


Asked = Callable[[CommandTask], OriginalSuite]
Tried = Callable[[CommandTask, Mapping[str, str]], SuiteRun]


@pytest.fixture
def ask(workspaces: Workspaces) -> Asked:
    def asked(task: CommandTask) -> OriginalSuite:
        with closing(WorkspacePool(workspaces)) as pool:
            return on_original(Here([task], None, pool), task, task.root)  # type: ignore[arg-type]

    return asked


@pytest.fixture
def run(workspaces: Workspaces) -> Tried:
    def tried(task: CommandTask, files: Mapping[str, str]) -> SuiteRun:
        with closing(WorkspacePool(workspaces)) as pool:
            return on_candidate(Here([task], None, pool), task, task.root, files, 1.0)  # type: ignore[arg-type]

    return tried


@table(
    "report, passed, not_green",
    [
        (suite(case("test_a"), case("test_b", "<failure/>")), {"tests/test_x.py::test_a"}, 1),
        (suite(case("test_a"), case("test_b", "<skipped/>")), {"tests/test_x.py::test_a"}, 0),
        (suite(case("test_a"), case("test_b"), case("test_b", "<error/>")), {"tests/test_x.py::test_a"}, 1),
        (
            suite(case("test_a[1\n2]", classname="tests.test_x.TestA.TestB")),
            {"tests/test_x.py::TestA::TestB::test_a[1 2]"},
            0,
        ),
        (suite(case("a works", classname="src/a.test.ts")), {"src/a.test.ts::a works"}, 0),
        (suite(case("test_a", classname="")), {"test_a"}, 0),
        (suite(case("test_a", "<system-out><![CDATA[<a>]]></system-out>")), {"tests/test_x.py::test_a"}, 0),
    ],
)
def test_tests_that_pass_are_those_of_the_junit_file_whatever_the_exit_status(
    ask: Asked, tmp_path: Path, report: str, passed: set[str], not_green: int
) -> None:
    found = ask(task_of(written(tmp_path, {"report.xml": report})))
    assert (found.passed, found.not_green, found.flaky, found.exits) == (passed, not_green, 0, False)


@table(
    "report",
    [
        suite(case("test_a", "<failure/>")),
        f"<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites>{case('test_a')}</testsuites>",
        suite(case("test_a"))[:-9],
        "no XML",
    ],
)
def test_original_of_which_no_test_passes_is_refused_and_no_report_with_entities_or_without_an_end_is_read(
    ask: Asked, tmp_path: Path, report: str
) -> None:
    with pytest.raises(
        ConfigurationError, match=r"test: no test passes for the original: 'sh test\.sh' ended with exit status 1"
    ):
        ask(task_of(written(tmp_path, {"report.xml": report})))


def test_report_that_the_folder_brings_is_not_taken_for_the_tests(ask: Asked, tmp_path: Path) -> None:
    tree = written(tmp_path, {".strop/tests.xml": suite(case("test_a")), "test.sh": "exit 0\n"})
    assert ask(task_of(tree)).passed == {"sh test.sh"}


def test_each_run_begins_from_what_the_build_left(ask: Asked, tmp_path: Path) -> None:
    tree = written(tmp_path, {"test.sh": "[ -e built ] && [ ! -e left ] && touch left\n"})
    assert ask(task_of(tree, build="touch built")).passed == {"sh test.sh"}


def test_variable_with_options_of_pytest_keeps_what_it_held(ask: Asked, tmp_path: Path) -> None:
    tree = written(tmp_path, {"test.sh": 'case "$PYTEST_ADDOPTS" in "-x --junitxml=/"*) exit 0;; esac; exit 1\n'})
    assert ask(task_of(tree, environment={"PYTEST_ADDOPTS": "-x"})).exits


def test_tests_see_cases_and_files_of_the_judge_and_no_stale_program(ask: Asked, tmp_path: Path) -> None:
    tree = written(
        tmp_path, {"a.in": "1", "b.in": "2", "key.txt": "3", "test.sh": "cat a.in b.in key.txt && [ ! -e old.o ]\n"}
    )
    (tree / "old.o").write_bytes(b"\x7fELF" + bytes(60))
    hidden = {"cases": ["*.in"], "judge": "sh test.sh", "judge_files": ["key.txt"], "build": "true"}
    assert ask(task_of(tree, **hidden)).exits


def test_candidate_without_the_junit_file_lacks_every_test_and_one_that_does_not_build_fails_them(
    run: Tried, tmp_path: Path
) -> None:
    tree = written(
        tmp_path, {"report.xml": suite(case("test_a")), "test.sh": f"sh program.sh && {{ {WRITES.strip()}; }}\n"}
    )
    task, names = task_of(tree, build="sh -n program.sh"), frozenset({"tests/test_x.py::test_a"})
    assert run(task, {}).passed == names
    unbuilt = replace(task, test="mkdir -p .strop; cp report.xml .strop/tests.xml")
    for tested, text in ((task, "exit 3\n"), (unbuilt, "if\n")):
        ran = run(tested, {"program.sh": text})
        assert failing(ran, names, exits=False, command=task.test) == ("tests/test_x.py::test_a",), text


@table(
    "passed, is_ok, exits, fails",
    [
        ({"a", "b"}, True, True, ()),
        ({"a", "b", "c"}, False, False, ()),
        ({"a", "b"}, False, True, ("make check",)),
        ({"b"}, False, True, ("a",)),
    ],
)
def test_exit_status_counts_where_the_original_ended_with_0_and_no_test_is_to_blame(
    passed: set[str], is_ok: bool, exits: bool, fails: tuple[str, ...]
) -> None:
    ran = SuiteRun(frozenset(passed), frozenset(), is_ok, "", "", 0.0)
    assert failing(ran, frozenset({"a", "b"}), exits=exits, command="make  check") == fails

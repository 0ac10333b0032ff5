"""The user's tests in a copy of a project: which pass, and which count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.base.results import OtherTests
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.suite import OriginalSuite, SuiteRun, failing, in_both, on_candidate, on_original
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
        (suite(case("test_a"), case("test_b", "<skipped/><failure/>")), {"tests/test_x.py::test_a"}, 1),
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


FAILS, ERROR, SKIPPED, XFAIL = (
    "<failure/>",
    "<error/>",
    '<skipped type="pytest.skip"/>',
    '<skipped type="pytest.xfail"/>',
)


@table(
    "what, before, after, is_refused",
    # What a test does for the original and for a candidate, its entries in both reports, and whether that is refused.
    [
        ("passes, is skipped", "", SKIPPED, True),
        ("passes, fails", "", FAILS, True),
        ("passes, fails and then in its teardown", "", FAILS + ERROR, True),
        ("passes, errs in its setup", "", ERROR, True),
        ("passes, vanishes", "", None, True),
        ("a subtest of unittest is skipped, another fails; pytest < 9", SKIPPED, FAILS, True),
        ("a subtest is skipped, another fails", SKIPPED, FAILS + SKIPPED, True),
        ("a subtest is skipped, another fails later", SKIPPED, SKIPPED + FAILS, True),
        ("subtests fail, which pytest 9 counts once more", SKIPPED, FAILS + SKIPPED + FAILS + FAILS, True),
        ("a part is skipped, vanishes", SKIPPED, None, True),
        ("a part is skipped, passes", SKIPPED, "", False),
        ("a part is skipped, still", SKIPPED, SKIPPED, False),
        ("xfailed, still", XFAIL, XFAIL, False),
        ("xfailed, xpasses", XFAIL, "", False),
        ("xfailed, fails as strict tests do that pass", XFAIL, FAILS, True),
        ("xpasses, xfails", "", XFAIL, True),
        ("errs in its setup, fails", ERROR, FAILS, False),
        ("fails after a skipped part, vanishes", SKIPPED + FAILS, None, False),
        ("xfails and errs in its teardown, fails", XFAIL + ERROR, FAILS, False),
    ],
)
def test_test_without_a_failure_for_the_original_may_not_fail_or_vanish(
    ask: Asked, run: Tried, tmp_path: Path, what: str, before: str, after: str | None, is_refused: bool
) -> None:
    name = "test_a[1-x]"
    task = task_of(written(tmp_path, {"report.xml": suite(case("test_b"), case(name, before))}))
    found = ask(task)
    report = suite(case("test_b"), *([] if after is None else [case(name, after)]))
    fails = failing(
        run(task, {"report.xml": report}), found.passed, found.skipped_names, exits=found.exits, command=task.test
    )
    assert fails == ((f"tests/test_x.py::{name}",) if is_refused else ())


def ran(passed: str = "", skipped: str = "", failed: str = "", *, is_ok: bool = False) -> SuiteRun:
    """A run of tests with names of one letter."""
    return SuiteRun(frozenset(passed), frozenset(skipped), frozenset(failed), is_ok, "", "", 0.0)


@table(
    "one, other, words",
    [
        (ran("a"), ran("a"), "1 passed before"),
        (ran("a", failed="bc"), ran("a", failed="c"), "1 passed before; left out: 2 fail for the original (b, c)"),
        (ran("a", "b"), ran("a", "b"), "1 passed before; 1 skipped or xfailed, at least in part (b)"),
        (ran("ab"), ran("a", "b"), "1 passed before; 1 skipped or xfailed, at least in part (b)"),
        (ran("a", "b"), ran("a", failed="b"), "1 passed before; left out: 1 flaky (b)"),
        (ran("a", "b"), ran("ac"), "1 passed before; left out: 2 flaky (b, c)"),
        (
            ran("abcde", "f", "g"),
            ran("a", "f", "g"),
            "1 passed before; 1 skipped or xfailed, at least in part (f); left out: 1 fails for the original (g), "
            "4 flaky (b, c, d, ...)",
        ),
    ],
)
def test_line_of_the_original_names_the_first_tests_that_do_not_pass_twice_and_says_why(
    one: SuiteRun, other: SuiteRun, words: str
) -> None:
    assert in_both(one, other).sentence == in_both(other, one).sentence == f"tests: {words}"


def test_older_record_has_the_number_of_tests_that_are_left_out_and_no_names() -> None:
    assert OtherTests(not_green=3, flaky=1).in_words == "; left out: 3 fail for the original, 1 flaky"


def test_original_whose_every_test_is_skipped_is_refused_and_so_is_one_without_names_that_ends_with_an_error(
    ask: Asked, tmp_path: Path
) -> None:
    skips = written(tmp_path / "skips", {"report.xml": suite(case("test_a", SKIPPED))})
    with pytest.raises(ConfigurationError, match="no test passes for the original without a skip: "):
        ask(task_of(skips))
    unnamed = written(tmp_path / "unnamed", {"test.sh": "exit 1\n"})
    with pytest.raises(ConfigurationError, match="or run the tests by pytest, so that each test that passes counts; "):
        ask(task_of(unnamed))


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
    assert ask(task_of(tree, cases=["*.in"], judge="sh test.sh", judge_files=["key.txt"], build="true")).exits


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
        found = run(tested, {"program.sh": text})
        assert failing(found, names, (), exits=False, command=task.test) == ("tests/test_x.py::test_a",), text


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
    assert failing(ran("".join(passed), is_ok=is_ok), "ab", (), exits=exits, command="make  check") == fails

"""The share of tests that passed, from what real tools printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.tasks.command.readers import pass_rate

PRINTED = Path(__file__).parent / "printed"

RATES = {
    "pytest.txt": 3 / 4,
    "pytest_quiet.txt": 3 / 4,
    "junit.xml": 3 / 4,
    "unittest.txt": 2 / 4,
    "unittest_ok.txt": 1.0,
    "unittest_class.txt": 0.0,
    "tap.txt": 1 / 2,
}


@pytest.mark.parametrize("name", RATES)
def test_pass_rate_is_read_from_what_a_tool_prints(name: str) -> None:
    assert pass_rate((PRINTED / name).read_text()) == pytest.approx(RATES[name])


@pytest.mark.parametrize(
    "output",
    [
        "",
        "all fine",
        "no tests ran in 0.01s",
        "collected 3 items",
        "1..0 # SKIP none",
        "test result: ok. 2 passed; 0 failed;",
        "100% tests passed, 0 tests failed out of 2",
        "--- PASS: TestA (0.00s)\nok  \tx/a\t0.1s",
        "Tests run: 2, Failures: 0, Errors: 0, Skipped: 0",
        *(summary.format("9" * 5000) for summary in ("1..{}", "{} passed in 1.00s", "Ran {} tests in 1s\n\nOK")),
    ],
    ids=lambda output: output[:20],
)
def test_pass_rate_is_none_where_no_test_was_run_that_can_be_counted(output: str) -> None:
    assert pass_rate(output) is None


FAILED_HALF = (PRINTED / "unittest.txt").read_text()


@pytest.mark.parametrize(
    ("output", "rate"),
    [
        ("= 3 passed in 0.10s =\nand then\n= 1 failed in 0.20s =\n", 3 / 4),
        ("== 99 passed in 0.1s ==\n" + FAILED_HALF, 2 / 4),
        ('<testsuite><testcase name="a"/></testsuite>\n' + FAILED_HALF, 2 / 4),
        ("1..4\nok 1\nok 2\n", 2 / 4),
        ("=== 2 passed, 1 warning, 2 errors in 61.20s (0:01:01) ===", 2 / 4),
        ("1..2\nok 1\nok 2\nBail out! disk\n", 2 / 3),
        ("1 failed, 2 passed, 3 subtests failed in 0.1s", 2 / 6),
        ('<testsuite tests="3"><testcase name="a"/><testcase name="b"/></testsuite>', 2 / 3),
        ('<testsuite tests="1" errors="1"><testcase name="a"/></testsuite>', 1 / 2),
        ('<testsuite><testcase name="a"/><testcase name="b" status="notrun"/></testsuite>', 1.0),
        ('<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="a"/></testsuite>', 1.0),
        ('<testsuite><!ENTITY a "b"><testcase name="a"/></testsuite>', None),
    ],
)
def test_pass_rate_counts_everything_that_a_tool_says_and_never_too_much(output: str, rate: float | None) -> None:
    assert pass_rate(output) == (rate if rate is None else pytest.approx(rate))


@pytest.mark.heavy
@pytest.mark.parametrize("piece", ["1 a", "1 passed, ", "=" * 50, "Ran 1 test in 0s\n", "not ok", "<testsuite>"])
def test_pass_rate_reads_a_megabyte_that_was_made_to_take_for_ever(piece: str) -> None:
    assert pass_rate(piece * ((1 << 20) // len(piece))) is None


@pytest.mark.parametrize("named", ["a" * (1 << 20), " " * (1 << 20), "a=" * (1 << 19)])
def test_pass_rate_of_failures_that_nobody_can_name_is_no_pass_and_takes_no_time(named: str) -> None:
    assert pass_rate(f"Ran 1 test in 1s\n\nFAILED ({named})\n") == 0.0

"""Scores read from what a command left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.command.config import parse_objective
from strop.tasks.command.readers import Reading, check_reader, in_words, matches_in, read_score
from strop.tasks.command.readers import test_counts as counts_of
from strop.tasks.command.score_kinds import Printed
from support.rows import table

GOOGLE = '{"context": {"num_cpus": 2}, "benchmarks": [{"name": "BM_sort/8", "cpu_time": 1.25e2, "time_unit": "ns"}]}'
FILES = {"bad.json": "{", "good.json": "{}", "large.json": " " * (1 << 20) + '{"a": 1}'}
NUMBERS = [
    ("time", "", 1.5),
    ("wall", "", 2.5),
    ("memory", "", 3.0),
    ("passed", "", 1.0),
    ("tests", "1 failed, 3 passed in 0.1s\n", 0.75),
    (r"ops/s: ([\d.]+)", "warm-up\nops/s: 1234.5\n", 1234.5),
    (r"^score=(\S+)$", "score=-1.5e-3\nno score=9", -0.0015),
    (r"score (\d+)", "score 7\nscore 7\n", 7.0),
    (r"(?:a|b: )(\d)?", "a\nb: 3", 3.0),
    ("$.score", '{"score": 0.5}', 0.5),
    ("$.a.b[1]", '{"a": {"b": [1, 2]}}', 2.0),
    ("$.a[-1]['x y']", '{"a": [{"x y": 3}]}', 3.0),
    ('$["a.b"]', '{"a.b": 4}', 4.0),
    ("$.ok", '{"ok": true}', 1.0),
    ("$", "0.25\n", 0.25),
    ("$.score", 'loading\n{"step": 1}\n{"score": 6}\ndone', 6.0),
    ("$.score", 'loading [1/3]\n[ 50%] half\n{\n  "score": 7\n}\n', 7.0),
    ("$.benchmarks[0].cpu_time", "Run on (2 X 2000 MHz CPUs)\n" + GOOGLE, 125.0),
]
"""What is read, what the command printed, and the value."""
BEGUN = "[\n" * 20_000
"""Output that begins a document on every line."""
MALFORMED = [
    (r"score (\S+)", "nothing", "no score: m: nothing in the output matches"),
    (r"score (\S+)", "score 1\nscore 2", "found 2 values for score m \\(1, 2\\); print it once"),
    (r"score (\S+)", "score nan", "score m is not a finite number up to 1e.100: nan"),
    (r"score (\S+)", "score 1e308", "score m is not a finite number up to 1e.100: 1e308"),
    (r"score (\S+)", "score 1e999", "score m is not a finite number up to 1e.100: 1e999"),
    (r"score (\S+)", "score good\x1b[2J", r"score m is not a number: 'good\\x1b\[2J'"),
    ("$.score", "", "no score: m: no JSON in the output has"),
    ("$.score", '{"other": 1}', "the output gives no 'score'; it gives other"),
    ("$.bestscore", '{"best_score": 1}', "gives no 'bestscore'; it gives best_score; did you mean best_score"),
    ("$.a.score", '{"a": {"bins": 1, "combined": 2}}', "the output gives no 'score'; it gives bins, combined"),
    ("$.score", '{"score": 1}\n{"score": 2}', "found 2 values for score m"),
    ("$.score", '{"score": NaN}', "score m is not a finite number up to 1e.100: nan"),
    ("$.score", '{"score": "0.5"}', 'score m is not a number: "0.5"'),
    ("$.score", '{"score": null}', "score m is not a number: null"),
    ("$.score", '{"score": 1%s}' % ("0" * 400), "score m is a whole number that is too large"),
    ("$.score", "[" * 100_000, "no score: m"),
    ("$.score", "[\n" * 100_000, "no score: m"),
    ("tests", "looks good", "no score: m: the output has no summary of pytest and no JUnit XML"),
    ("out.json:$.a", "", "no score: m: the command wrote no file out.json"),
    ("bad.json:$.a", "", "no score: m: bad.json contains no JSON"),
    ("good.json:$.a", "", "no score: m: good.json has no"),
    ("large.json:$.a", "", "score m: large.json has 1 MiB or more"),
    (r"x: (\d+)", "x: 123\n[... 99 bytes left out ...]\n456\n", "is in line 1, where the output was cut"),
    (r"x: (\d+)", f"{'y' * 990} x: 1234567890123\n", "line 1, which is longer than 1000 characters"),
    (r".*score (\d+)", "a" * (1 << 20) + "score 1", "no score"),
    (r"x: (\d+)", "x: 1\n" * 1001, "score m appears more than 1000 times; print it once"),
    ("$.a", BEGUN + "[]," * (((1 << 20) - len(BEGUN)) // 3), "no JSON in the output"),
]
"""What is read, what the command printed, and why that is no score."""


def read(reader: str, output: str = "", errors: str = "", *, passed: bool = True) -> Reading:
    def file(path: str) -> bytes | None:
        return FILES[path].encode() if path in FILES else None

    return read_score("m", reader, Printed(output, errors, passed, 1.5, 2.5, 3 << 20, file))


def test_score_is_the_number_that_its_reader_finds() -> None:
    assert [(reader, output, read(reader, output).value) for reader, output, _ in NUMBERS] == NUMBERS
    assert read("passed", passed=False).value == 0.0
    assert read("tests", errors="1 failed, 3 passed in 0.1s\n").value == 0.75


def test_score_is_malformed_and_named_in_one_line_when_it_is_not_one_finite_number() -> None:
    for reader, output, message in MALFORMED:
        with pytest.raises(Malformed, match=message) as caught:
            read(reader, output)
        assert "\n" not in str(caught.value), message
    with pytest.raises(Malformed, match="; standard error has it: print it on standard output"):
        read(r"score: (\d+)", "done", "score: 5")


@table(
    ("reader", "message"),
    [
        ("score: [0-9]+", "is no score; scores are .*regular expression with one group"),
        ("(a)(b)", "is no score; scores are .*regular expression with one group"),
        ("(a", "invalid regular expression"),
        ("$.a..b", "invalid JSON path"),
        ("$results", "invalid JSON path"),
        ("out.json:$[x]", "invalid JSON path"),
        ("tme", "'tme' is no score; did you mean time"),
    ],
)
def test_reader_is_refused_when_it_is_none(reader: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        check_reader("m", reader)


def test_output_that_keeps_a_regular_expression_busy_does_not_keep_the_host() -> None:
    with pytest.raises(Malformed, match="takes more than 1 s on this output"):
        matches_in(f"{'abc' * 333}\n" * 1000, r".*a.*b.*c.*: ([0-9.]+)", seconds=1)


def test_reading_says_what_was_read_where_and_which_way_is_better() -> None:
    objective = parse_objective([r"ops/s: (\S+)"], ["score:max"], [])
    found = read(r"ops/s: (\S+)", "start\nops/s: 1.2e+06\n")
    assert in_words(objective, "score", found) == 'score is read as 1.2e+06 from "ops/s: 1.2e+06" (higher is better)'
    assert in_words(objective, "score", found, "the judge") == "the judge's score is read as 1.2e+06 (higher is better)"
    others = parse_objective({"score": "(.)", "a": "(.)", "b": "(.)"}, ["score:max"], ["a>=1"])
    assert [in_words(others, name, found).rpartition(" (")[2] for name in ("a", "b")] == ["required)", "only shown)"]


PRINTED = Path(__file__).parent / "printed"
NOTHING = ((0, 0), (0, 0))


COUNTS = [
    ((PRINTED / "pytest.txt").read_text(), ((0, 0), (3, 1))),
    ((PRINTED / "pytest_quiet.txt").read_text(), ((0, 0), (3, 1))),
    ((PRINTED / "junit.xml").read_text(), ((3, 1), (0, 0))),
    ("= 3 passed in 0.10s =\nand then\n= 1 failed in 0.20s =\n", ((0, 0), (3, 1))),
    ('== 99 passed in 0.1s ==\n<testsuite tests="3"><testcase name="a"/></testsuite>', ((1, 2), (99, 0))),
    ("=== 2 passed, 1 warning, 2 errors in 61.20s (0:01:01) ===", ((0, 0), (2, 2))),
    ("1 failed, 2 passed, 3 subtests failed in 0.1s", ((0, 0), (2, 4))),
    ('<testsuite tests="1" errors="1"><testcase name="a"/></testsuite>', ((1, 1), (0, 0))),
    ('<testsuite><testcase name="a"/><testcase name="b" status="notrun"/></testsuite>', ((1, 0), (0, 0))),
    ('<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="a"/></testsuite>', ((1, 0), (0, 0))),
    ('<testsuite><!ENTITY a "b"><testcase name="a"/></testsuite>', NOTHING),
    ("no tests ran in 0.01s", NOTHING),
    ("Ran 4 tests in 0.1s\n\nOK", NOTHING),
    ("1..2\nok 1\nok 2", NOTHING),
    ("test result: ok. 2 passed; 0 failed;", NOTHING),
    ("--- PASS: TestA (0.00s)\nok  \tx/a\t0.1s", NOTHING),
    ("{} passed in 1.00s".format("9" * 5000), NOTHING),
]


def test_tests_are_counted_from_pytests_line_and_junit_xml_alone() -> None:
    assert [(output, counts_of(output)) for output, _ in COUNTS] == COUNTS


@pytest.mark.heavy
@table("piece", ("1 a", "1 passed, ", "=" * 50, "<testsuite>"))
def test_tests_are_counted_in_a_megabyte_that_was_made_to_take_for_ever(piece: str) -> None:
    assert counts_of(piece * ((1 << 20) // len(piece))) == NOTHING, piece

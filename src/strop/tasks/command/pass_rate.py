"""The share of tests that passed, read from a test tool's summary.

Supports pytest, unittest, TAP and JUnit XML. Skipped tests and expected failures do not count. Several summaries of one kind (one
per module) are added up. What a tool says beside its counts is a failure, too: a planned test that is not reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

Counts = tuple[int, int]
"""Numbers of passed and of failed tests, with at most nine digits, because Python refuses to parse the longest."""

_PYTEST = re.compile(
    r"^=*[ ]?(\d{1,9} [a-z]+(?: [a-z]+)?(?:, \d{1,9} [a-z]+(?: [a-z]+)?)*) in [\d.:]+s(?: \([\d:]+\))?[ ]?=*[ \t]*$",
    re.MULTILINE,
)
_PART = re.compile(r"(\d{1,9}) ((?:subtests )?[a-z]+)(?=,|$)")
_UNITTEST = re.compile(
    r"^Ran (\d{1,9}) tests? in [\d.]+s\s+^(OK|FAILED|NO TESTS RAN)(?: \(([^)\n]*)\))?[ \t]*$", re.MULTILINE
)
_NAMED_COUNT = re.compile(r"\s*(\w[\w ]*)=(\d{1,9})")
_TAP_PLAN = re.compile(r"^1\.\.(\d{1,9})\b", re.MULTILINE)
_TAP_LINE = re.compile(r"^(not )?ok\b(?: \d+)?([^\n]*)$", re.MULTILINE)
_TAP_STOPPED = re.compile(r"^Bail out!", re.MULTILINE)
_NOT_RUN = ("notrun", "disabled", "skipped")
_MOST_XML = 1 << 20


def test_counts(output: str) -> tuple[Counts, ...]:
    """For each kind of summary how many tests passed and failed; (0, 0) where an output has none of that kind."""
    found = (list(kind(output)) for kind in _KINDS)
    return tuple((max(sum(count[0] for count in counts), 0), sum(count[1] for count in counts)) for counts in found)


def pass_rate(output: str) -> float | None:
    """Passed / (passed + failed), in [0, 1]; None if there is no summary or no test ran.

    If the output has summaries of several kinds, the lowest rate counts, so that printing another one gains nothing.
    """
    return min((passed / (passed + failed) for passed, failed in test_counts(output) if passed + failed), default=None)


def _pytest(output: str) -> Iterator[Counts]:
    for found in _PYTEST.finditer(output):
        counts = {name: int(number) for number, name in _PART.findall(found[1])}
        yield (
            counts.get("passed", 0),
            sum(counts.get(name, 0) for name in ("failed", "error", "errors", "subtests failed")),
        )


def _unittest(output: str) -> Iterator[Counts]:
    for found in _UNITTEST.finditer(output):
        # Part by part: a search in all of them would start again at each character.
        named = [_NAMED_COUNT.fullmatch(part) for part in (found[3] or "").split(",")]
        counts = {each[1].strip(): int(each[2]) for each in named if each}
        failed = sum(counts.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
        failed = max(failed, int(found[2] == "FAILED"))
        neither = counts.get("skipped", 0) + counts.get("expected failures", 0)
        # An error while a module loads counts among the tests that ran, one in setUpClass does not: the rate may be a little low.
        yield max(int(found[1]) - failed - neither, 0), failed


def _tap(output: str) -> Iterator[Counts]:
    plans = [int(found[1]) for found in _TAP_PLAN.finditer(output)]
    if not plans:
        return
    passed = failed = counted = 0
    for found in _TAP_LINE.finditer(output):
        counted += 1
        directive = found[2].partition("#")[2].strip().upper()
        if directive.startswith(("SKIP", "TODO")):
            continue
        passed, failed = passed + (not found[1]), failed + bool(found[1])
    # A planned test that is not reported has not passed.
    missing = max(sum(plans) - counted, 0)
    yield passed, failed + max(missing, int(_TAP_STOPPED.search(output) is not None))


def _junit(output: str) -> Iterator[Counts]:
    begin = min((at for at in (output.find("<testsuites"), output.find("<testsuite")) if at >= 0), default=-1)
    end = max(output.rfind("</testsuites>"), output.rfind("</testsuite>"))
    text = output[begin : output.find(">", end) + 1] if 0 <= begin < end else ""
    # Entities are declared before the root; without them, no document can expand.
    if not text or len(text) > _MOST_XML or "<!" in text.replace("<![CDATA[", ""):
        return
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError):
        return
    passed = failed = 0
    for case in root.iter("testcase"):
        kinds = {child.tag for child in case}
        if "skipped" in kinds or case.get("status") in _NOT_RUN:
            continue
        bad = bool(kinds & {"failure", "error"}) or case.get("status") == "fail"
        passed, failed = passed + (not bad), failed + bad
    # Tests that a suite announces and does not report, and errors outside of its tests, have not passed.
    missing = sum(max(_number(suite, "tests") - len(suite.findall("testcase")), 0) for suite in _suites(root))
    failures = sum(_number(suite, "errors") + _number(suite, "failures") for suite in _suites(root))
    yield passed, max(failed + missing, failures)


def _suites(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The suites without suites inside."""
    return (suite for suite in root.iter("testsuite") if suite.find("testsuite") is None)


def _number(suite: ElementTree.Element, name: str) -> int:
    text = suite.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


_KINDS: tuple[Callable[[str], Iterator[Counts]], ...] = (
    _junit,
    _pytest,
    _unittest,
    _tap,
)

"""The share of tests that passed, read from a test tool's summary.

Supports pytest, unittest, ctest, cargo test, go test, TAP, JUnit XML and Maven. Skipped tests and expected failures do not count.
Several summaries of one kind (one per crate or module) are added up.
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
_PART = re.compile(r"(\d{1,9}) ([a-z]+)(?=,|$)")
_UNITTEST = re.compile(
    r"^Ran (\d{1,9}) tests? in [\d.]+s\s+^(OK|FAILED|NO TESTS RAN)(?: \(([^)\n]*)\))?[ \t]*$", re.MULTILINE
)
_NAMED_COUNT = re.compile(r"\s*(\w[\w ]*)=(\d{1,9})")
_CTEST = re.compile(r"^\d+% tests passed, (\d{1,9}) tests? failed out of (\d{1,9})[ \t]*$", re.MULTILINE)
_CARGO = re.compile(r"^test result: \w+\. (\d{1,9}) passed; (\d{1,9}) failed;", re.MULTILINE)
_GO = re.compile(r"^[ \t]*--- (PASS|FAIL): \S+ \([\d.]+s\)[ \t]*$", re.MULTILINE)
_GO_PACKAGE = re.compile(r"^(ok  |FAIL)\t\S+", re.MULTILINE)
_TAP_PLAN = re.compile(r"^1\.\.(\d{1,9})\b", re.MULTILINE)
_TAP_LINE = re.compile(r"^(not )?ok\b(?: \d+)?([^\n]*)$", re.MULTILINE)
_MAVEN = re.compile(
    r"^(?:\[\w+\] )?Tests run: (\d{1,9}), Failures: (\d{1,9}), Errors: (\d{1,9}), Skipped: (\d{1,9})[ \t]*$",
    re.MULTILINE,
)
_MOST_XML = 1 << 20


def pass_rate(output: str) -> float | None:
    """Passed / (passed + failed), in [0, 1]; None if there is no summary or no test ran.

    If the output has summaries of several kinds, the lowest rate counts, so that printing another one gains nothing.
    """
    rates: list[float] = []
    for kind in _KINDS:
        counts = list(kind(output))
        passed, failed = sum(count[0] for count in counts), sum(count[1] for count in counts)
        if passed + failed:
            rates.append(passed / (passed + failed))
    return min(rates, default=None)


def _pytest(output: str) -> Iterator[Counts]:
    for found in _PYTEST.finditer(output):
        counts = {name: int(number) for number, name in _PART.findall(found[1])}
        yield counts.get("passed", 0), sum(counts.get(name, 0) for name in ("failed", "error", "errors"))


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


def _ctest(output: str) -> Iterator[Counts]:
    for found in _CTEST.finditer(output):
        yield int(found[2]) - int(found[1]), int(found[1])


def _cargo(output: str) -> Iterator[Counts]:
    for found in _CARGO.finditer(output):
        yield int(found[1]), int(found[2])


def _go(output: str) -> Iterator[Counts]:
    words = [found[1] for found in _GO.finditer(output)]
    if "PASS" not in words:  # without -v, go test lists only packages
        words = [found[1] for found in _GO_PACKAGE.finditer(output)]
    yield words.count("PASS") + words.count("ok  "), words.count("FAIL")


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
    yield passed, failed + max(sum(plans) - counted, 0)


def _maven(output: str) -> Iterator[Counts]:
    for found in _MAVEN.finditer(output):
        run, failures, errors, skipped = (int(found[number]) for number in range(1, 5))
        yield max(run - failures - errors - skipped, 0), failures + errors


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
        if "skipped" in kinds:
            continue
        bad = bool(kinds & {"failure", "error"})
        passed, failed = passed + (not bad), failed + bad
    yield passed, failed


_KINDS: tuple[Callable[[str], Iterator[Counts]], ...] = (
    _junit,
    _pytest,
    _unittest,
    _ctest,
    _cargo,
    _maven,
    _go,
    _tap,
)

"""Read scores from what a command printed, wrote or used.

A score is what the kernel counts, the exit status, a pass rate, one JSON number, or the text of a regular expression's group
that `float` reads whole. Pass rates are those of pytest's last line and of JUnit XML: skipped tests and expected failures do not
count, and several summaries of one kind are added up.

The output is untrusted: everything here is limited in time and memory, and anything else raises `Malformed` with a sentence that
names the score.
"""

from __future__ import annotations

import difflib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from xml.etree import ElementTree

from strop.base.errors import ConfigurationError, Malformed
from strop.base.later import dataclass
from strop.base.unified_diff import BOM
from strop.tasks.command.objective import Objective
from strop.tasks.command.score_kinds import KINDS, Printed
from strop.tasks.evaluator.runner import says_no_error

LINE_CHARACTERS = 1000
"""Characters of one line that are searched."""
MOST_SCORE = 1e100
"""The largest score: sums and squares of such ones are numbers, too."""
MOST_MATCHES = 1000
SECONDS = 20.0
"""Wall seconds in which an output is searched. It is long, because a busy machine must not fail a program."""
_LEFT_OUT = re.compile(r"\[\.\.\. \d+ bytes left out \.\.\.\]")
"""The line that stands for the middle of a long output (sandbox/workspace/output.py)."""


@dataclass(frozen=True)
class Match:
    """A line and the place of a group in it."""

    line: str
    start: int
    end: int


def matches_in(text: str, pattern: str, seconds: float = SECONDS) -> list[Match]:
    """The matches of the first group of `pattern` in order. `pattern` must compile and have one group.

    Raises:
        Malformed: a line is too long to be searched, the output was cut beside a match, there are too many matches, or the search
            takes longer than `seconds`. The message lacks the name of the score.
    """
    import regex

    compiled, until = regex.compile(pattern), time.monotonic() + seconds
    lines, matches = text.splitlines(), list[Match]()
    try:
        for number, line in enumerate(lines):
            left = max(until - time.monotonic(), 0.001)
            for match in compiled.finditer(line[:LINE_CHARACTERS], timeout=left, concurrent=True):
                if match[1] is not None:
                    matches.append(_checked_match(lines, number, match.span(1)))
                if len(matches) > MOST_MATCHES:
                    raise Malformed(f"appears more than {MOST_MATCHES} times; print it once")
    except TimeoutError:
        raise Malformed(
            f"is not found: the regular expression {pattern!a:.90} takes more than {seconds:g} s on this output"
        ) from None
    return matches


def _checked_match(lines: Sequence[str], number: int, span: tuple[int, int]) -> Match:
    """A match in a line of the output. Raises Malformed if the line is too long, or if the output was cut beside it."""
    if len(lines[number]) > LINE_CHARACTERS:
        raise Malformed(
            f"is in line {number + 1}, which is longer than {LINE_CHARACTERS} characters; print it on its own line"
        )
    if any(_LEFT_OUT.fullmatch(near) for near in lines[max(number - 1, 0) : number + 2]):
        raise Malformed(f"is in line {number + 1}, where the output was cut; print less")
    return Match(lines[number], *span)


MIB = 1 << 20
MOST_FILE = 1 << 20
"""Most bytes of a JSON file that a command writes."""
MOST_TRIES = 20_000
"""Most lines of an output that are searched for JSON."""
MOST_FAILED = 16 << 20
"""Most characters of an output that are parsed without finding JSON: each line may begin a document that is invalid only at its
end."""
GIVES_NO = " gives no "
"""Words that mark a message which lists the contents of an output."""
_MOST_NAMES = 10
"""Most names that are listed if a value is missing."""
_SHOWN = 80
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\['([^'\]]*)'\]|\[\"([^\"\]]*)\"\]")
_FILE = re.compile(r"([^\s:$^*+?()\[\]{}|\\]+\.json):(\$.*)", re.DOTALL)
_ABSENT = object()
_GOES_ON = re.compile(
    r"[\w.'\u2019/^+\-\u2010-\u2015\u2212]|,(?!$|\s(?!\d{3}(?!\d)))|:\d|\s\d{3}(?!\d)|\s?(?:[eEx\u00d7\u00b7\u22c5]|\*{1,2})\s?[-+]?\d"
    r"|\s[^\W\d_]+,?\s\d[\d.]*\s?[^\W\d_]"
)
"""The text behind a group that matched only a part of a number: 1.2|e+06, 1|,200, 3|/4, 1| 200, 1.2| x 10^6, 2| min 5 s."""
_BEGINS_BEFORE = re.compile(r"(?:[\w.\u2019/^+]|\d[,':*]+|[-\u2010-\u2015\u2212]\s*)$")
"""The text before a group that matched only a part of a number: 1,|200, -|5, v|5, 10:|30."""
_NUMBERS = re.compile(r"[-+]?[0-9.,]*[0-9][.,]*(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Reading:
    """The value of one score, and where it was read."""

    value: float
    """A finite number."""
    source: str
    """The line of a printed number, or what and where it is. Unless a judge printed them, two values compare only if this is
    equal, numbers aside."""
    tests: tuple[int, ...] = ()
    """How many tests passed or failed, for each kind of summary; only of the reader `tests`."""
    is_judged: bool = False
    """Whether a judge printed it, which may say what it likes around the number."""


def check_reader(name: str, reader: str) -> None:
    """Check a reader before anything runs.

    Raises:
        ConfigurationError: it is not a reader.
    """
    if reader in KINDS:
        return
    if path := path_of(reader):
        steps_of(path)
        return
    import regex

    try:
        groups = regex.compile(reader).groups
    except regex.error as error:
        raise ConfigurationError(f"score {name}: invalid regular expression {reader!r}: {error}") from error
    if groups != 1:
        close = difflib.get_close_matches(reader, KINDS, n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise ConfigurationError(
            f"score {name}: {reader!r} is no score{meant or ';'} scores are {', '.join(KINDS)}, $.path.into.json, "
            "FILE.json:$.path, and a regular expression with one group around the number, such as 'ops/s: (\\S+)'"
        )


def path_of(reader: str) -> str:
    """The JSON path of a reader; empty if it has none."""
    return reader if reader.startswith("$") else reader.partition(":")[2] if file_of(reader) else ""


def file_of(reader: str) -> str:
    """The path of the JSON file that a reader reads; empty if it reads none."""
    match = _FILE.fullmatch(reader)
    return match[1] if match else ""


def steps_of(path: str) -> list[str | int]:
    """The steps of `$.a.b[0]["c d"]`; none for `$`.

    Raises:
        ConfigurationError: it is not such a path.
    """
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise ConfigurationError(f"invalid JSON path {path!r}, expected e.g. $.results[0].mean")
        index = step[2]
        steps.append(
            int(index) if index is not None else next(part for part in step.group(1, 3, 4) if part is not None)
        )
        position = step.end()
    return steps


def read_score(name: str, reader: str, printed: Printed) -> Reading:
    """The value of one score.

    Raises:
        Malformed: there is none, there are several, or it is not a finite number.
    """
    if kind := KINDS.get(reader):
        if kind.read is not None:
            return Reading(kind.read(printed), kind.meaning)
        return _tests(name, test_counts(f"{printed.output}\n{printed.errors}"))
    if file := file_of(reader):
        return _in_file(name, file, path_of(reader), printed)
    if reader.startswith("$"):
        candidates = (_value_at(name, document, reader, printed.source) for document in _documents_of(printed))
        readings, none = [reading for reading in candidates if reading is not None], ""
        none = none if readings else _absent(reader, printed)
    else:
        readings = _matched(name, reader, printed.output)
        none = "" if readings else f"nothing in the output matches {reader!r}{_elsewhere(reader, printed)}"
    different = list(dict.fromkeys(reading.value for reading in readings))
    if not different:
        raise Malformed(none if GIVES_NO in none else f"no score: {name}: {none}")
    if len(different) > 1:
        listed = ", ".join(f"{value:.12g}" for value in different[:3])
        raise Malformed(f"found {len(different)} values for score {name} ({listed}); print it once")
    return readings[0]


def unlike(readings: Mapping[str, Reading], original: Mapping[str, Reading]) -> str:
    """A sentence that names a score that measures something else than the original's score; empty if there is none.

    Fewer tests than the original's are something else. So is a number on another line, unless a judge printed it; other numbers
    on the line may differ.
    """
    for name, first in original.items():
        reading = readings[name]
        text, expected = (_NUMBERS.sub("#", compared.source) for compared in (reading, first))
        if not reading.is_judged and "".join(text.split()) != "".join(expected.split()):
            return (
                f"score {name} is read from {text!a:.{_SHOWN}}, the original's from {expected!a:.{_SHOWN}}; "
                "print it in one unit, on a line of which only the numbers change"
            )
        if fewer := fewer_tests(reading.tests, first.tests):
            return f"score {name}: {fewer}"
    return ""


def fewer_tests(ran: Sequence[int], least: Sequence[int]) -> str:
    """A sentence that says how many fewer tests ran than with the original; empty if there are not fewer."""
    sentence = "{} tests passed or failed, of the original {}; a skipped test does not count as passed"
    return next((sentence.format(*counts) for counts in zip(ran, least, strict=False) if counts[0] < counts[1]), "")


def in_words(objective: Objective, name: str, reading: Reading, scorer: str = "") -> str:
    """A sentence about a score: its value, where it was read, and whether less or more of it is better.

    `scorer` names the judge or evaluator that gives the score; empty if the program gives it.
    """
    better = "only shown" if name in objective.report_only else "required"
    if name == objective.metric.name:
        better = "higher is better" if objective.metric.goal == "max" else "lower is better"
    if scorer and (reader := objective.readers[name]) not in KINDS:
        return f"{scorer}'s {'score' if reader == '$.score' else name} is read as {reading.value:.6g} ({better})"
    return f"{name} is read as {reading.value:.6g} from {reading.source:.100} ({better})"


def _tests(name: str, counts: Sequence[Counts]) -> Reading:
    rates = [passed / (passed + failed) for passed, failed in counts if passed + failed]
    if not rates:
        raise Malformed(f"no score: {name}: the output has no summary of pytest and no JUnit XML")
    passed, failed = (sum(column) for column in zip(*counts, strict=True))
    return Reading(min(rates), f"{passed} passed, {failed} failed", tuple(sum(count) for count in counts))


def _matched(name: str, pattern: str, output: str) -> list[Reading]:
    try:
        matches = matches_in(output, pattern)
    except Malformed as error:
        raise Malformed(f"score {name} {error}") from error
    return [Reading(_number(name, match), f'"{match.line.strip()}"') for match in matches]


_ALONE = r"([-+.\deE]+)"
_AROUND = ",;:!?()[]{}<>\"'%"
_PLAINLY = "print it plainly, such as 1200.5 or 1.2e+06"


def number_in(text: str) -> float | None:
    """The number that `float` reads of an ASCII text without underscores; None if there is none."""
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


def _number(name: str, match: Match) -> float:
    """The number that a group matched.

    Raises:
        Malformed: the group matched no number, or a part of one.
    """
    line, text = match.line, match.line[match.start : match.end].strip()
    start = line.index(text, match.start)
    end = start + len(text)
    value = number_in(text)
    if value is None:
        advice = (
            f"let the group take the number alone: {_ALONE}" if number_in(text.strip(_AROUND)) is not None else _PLAINLY
        )
        raise Malformed(f"score {name} is not a number: {text!a:.60}; {advice}")
    if not abs(value) <= MOST_SCORE:
        raise Malformed(f"score {name} is not a finite number up to {MOST_SCORE:g}: {text:.60}")
    if _vanishes(text):
        raise Malformed(f"score {name} is too small: {text:.60}")
    is_last_of_groups = re.match(r"\d{3}(?!\d)", text) and re.search(r"\d\s$", line[:start])
    if is_last_of_groups or _GOES_ON.match(line, end) or _BEGINS_BEFORE.search(line, 0, start):
        before, after = re.split(r"\s", line[:start])[-1], re.split(r"\s", line[end:])[0]
        seen = f"{before}{text}{after}" if before or after else line[max(start - 10, 0) : end + 10]
        raise Malformed(
            f"score {name}: {text!a:.40} in {seen!a:.60} is not the whole number; let the group take all of it, e.g. (\\S+), "
            "and let a space or the end of the line follow it"
        )
    return value


def _vanishes(text: str) -> bool:
    """Whether a number that is not zero is too small for a float."""
    return float(text) == 0 and re.search("[1-9]", re.split("[eE]", text)[0]) is not None


def _elsewhere(reader: str, printed: Printed) -> str:
    """Advice if standard error has a score."""
    try:
        there = bool(matches_in(printed.errors, reader))
    except Malformed:
        there = False
    return "; standard error has it: print it on standard output, or add 2>&1 to the command" if there else ""


def _absent(path: str, printed: Printed) -> str:
    """A message about a path that an output lacks, with the names that the output has."""
    steps = steps_of(path)
    around = next((parent for document in _documents_of(printed) for parent in _walked(document, steps[:-1])), None)
    if not steps or not isinstance(around, dict) or not around:
        return f"no JSON in the output has {path}"
    names = [f"{name:.40}" for name in list(around)[:_MOST_NAMES]]
    close = difflib.get_close_matches(str(steps[-1]), names, n=1)
    meant = [f"did you mean {name}?" for name in close]
    return f"{printed.source}{GIVES_NO}{steps[-1]!r}; it gives {'; '.join([', '.join(names), *meant])}"


def _documents_of(printed: Printed) -> Iterable[object]:
    return documents(printed.output) if printed.returned is None else (printed.returned,)


def documents(output: str) -> Iterator[object]:
    """Every JSON object and list of an output that begins on its own line, or the whole output as one document."""
    whole_output = _parsed(output)
    if whole_output is not None:
        yield whole_output
        return
    position = tries = failed = 0
    while position < len(output) and tries < MOST_TRIES and failed < MOST_FAILED:
        after = output.find("\n", position) + 1 or len(output)
        line = output[position:after].lstrip()
        if line[:1] in ("{", "["):
            tries += 1
            try:
                document, end = _DECODER.raw_decode(output, after - len(line))
                yield document
                after = max(after, output.find("\n", end) + 1 or len(output))
            except json.JSONDecodeError as error:
                failed += error.pos - position
            except (ValueError, RecursionError):  # which do not say how far the parser read
                failed += len(output) - position
        position = after


def _in_file(name: str, file: str, path: str, printed: Printed) -> Reading:
    content = printed.file(file)
    if content is None:
        raise Malformed(f"no score: {name}: the command wrote no file {file}")
    if len(content) >= MOST_FILE:
        raise Malformed(f"score {name}: {file} has {MOST_FILE // MIB} MiB or more")
    document = _parsed(content.decode("utf-8", "replace"))
    if document is None:
        raise Malformed(f"no score: {name}: {file} contains no JSON")
    reading = _value_at(name, document, path, file)
    if reading is None:
        raise Malformed(f"no score: {name}: {file} has no {path}")
    return reading


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object. A name that is given twice gets a text in place of a number, so that no score is read from it."""
    document = dict(pairs)
    if len(document) < len(pairs):
        times = Counter(name for name, _ in pairs)
        document |= {name: f"{name} is given twice" for name in document if times[name] > 1}
    return document


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=lambda text: text if _vanishes(text) else float(text))


def _parsed(text: str) -> object:
    try:
        document: object = _DECODER.decode(text.removeprefix(BOM))
    except (ValueError, RecursionError):
        return None
    return document


def _value_at(name: str, document: object, path: str, source: str) -> Reading | None:
    """The value at `path`; None if there is none. True and false are 1 and 0, and compare with their like only."""
    steps = steps_of(path)
    value = next(_walked(document, steps), _ABSENT)
    if value is _ABSENT:
        return None
    if not isinstance(value, (int, float)):
        raise Malformed(f"score {name} is not a number: {json.dumps(value, default=repr)[:60]}")
    around = next(_walked(document, steps[:-1]), None) if steps else None
    siblings = around if isinstance(around, dict) else {}
    for key, sibling in siblings.items():
        is_error = key in ("error", "exception") and isinstance(sibling, str) and not says_no_error(sibling)
        if is_error or (key in ("valid", "success", "ok") and sibling is False):
            raise Malformed(
                f"score {name}: the JSON says beside it that the run failed: {key} is {json.dumps(sibling)[:60]}"
            )
    try:
        number = float(value)
    except OverflowError:
        raise Malformed(f"score {name} is a whole number that is too large") from None
    if not abs(number) <= MOST_SCORE:
        raise Malformed(f"score {name} is not a finite number up to {MOST_SCORE:g}: {number}")
    # An evaluator's runner says with NAME_is what it took as NAME.
    named = ("unit", "units", "time_unit", *(f"{step}{end}" for step in steps[-1:] for end in ("_unit", "_is")))
    units = [siblings[key] for key in named if isinstance(siblings.get(key), str)]
    unit = "true or false" if isinstance(value, bool) else ", ".join(units)
    return Reading(number, f"{path} of {source}" + (f" ({unit:.{_SHOWN}})" if unit else ""))


def _walked(document: object, steps: Sequence[str | int]) -> Iterator[object]:
    for step in steps:
        in_dict = isinstance(step, str) and isinstance(document, dict) and step in document
        in_list = isinstance(step, int) and isinstance(document, list) and -len(document) <= step < len(document)
        if not (in_dict or in_list):
            return
        document = document[step]  # type: ignore[index]
    yield document


Counts = tuple[int, int]
"""Numbers of passed and of failed tests, with at most nine digits, because Python refuses to parse the longest."""

_PYTEST = re.compile(
    r"^=*[ ]?(\d{1,9} [a-z]+(?: [a-z]+)?(?:, \d{1,9} [a-z]+(?: [a-z]+)?)*) in [\d.:]+s(?: \([\d:]+\))?[ ]?=*[ \t]*$",
    re.MULTILINE,
)
_PART = re.compile(r"(\d{1,9}) ((?:subtests )?[a-z]+)(?=,|$)")
_NOT_RUN = ("notrun", "disabled", "skipped")
_MOST_XML = 1 << 20


def test_counts(output: str) -> tuple[Counts, ...]:
    """The numbers of passed and failed tests in each kind of summary; (0, 0) for a kind that an output lacks."""
    counts_by_kind = (list(kind(output)) for kind in _KINDS)
    return tuple(
        (max(sum(count[0] for count in counts), 0), sum(count[1] for count in counts)) for counts in counts_by_kind
    )


def _pytest(output: str) -> Iterator[Counts]:
    for summary in _PYTEST.finditer(output):
        counts = {name: int(number) for number, name in _PART.findall(summary[1])}
        yield (
            counts.get("passed", 0),
            sum(counts.get(name, 0) for name in ("failed", "error", "errors", "subtests failed")),
        )


def _junit(output: str) -> Iterator[Counts]:
    begin = min((index for index in (output.find("<testsuites"), output.find("<testsuite")) if index >= 0), default=-1)
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
    missing = sum(max(_count_of(suite, "tests") - len(suite.findall("testcase")), 0) for suite in _suites(root))
    failures = sum(_count_of(suite, "errors") + _count_of(suite, "failures") for suite in _suites(root))
    yield passed, max(failed + missing, failures)


def _suites(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The innermost test suites."""
    return (suite for suite in root.iter("testsuite") if suite.find("testsuite") is None)


def _count_of(suite: ElementTree.Element, name: str) -> int:
    text = suite.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


_KINDS: tuple[Callable[[str], Iterator[Counts]], ...] = (_junit, _pytest)

"""Leave the scores out of what a command printed or wrote, and nothing else: it is compared with the original's.

A score is exactly what its reader reads: the group of a regular expression, or the value at a path of a JSON document. If test
results are read, the times in the summaries of test tools are left out too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence

from strop.tasks.command.line_search import spans_in
from strop.tasks.command.objective import READERS
from strop.tasks.command.readers import documents, file_of, steps_of

LEFT_OUT = "<score>"
"""Stands where a score was."""
Span = tuple[int, int]

_DURATIONS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # pytest fills its line with as many '=' as the time leaves room for
        r"^(=*[ ]?)\d{1,9} [a-z]+(?: [a-z]+)?(?:, \d{1,9} [a-z]+(?: [a-z]+)?)*"
        r" in ([\d.:]+s(?: \([\d:]+\))?[ ]?=*)[ \t]*$",
        r"^Ran \d{1,9} tests? in ([\d.]+s)[ \t]*$",  # unittest
        r"^[ ]*\d{1,9}/\d{1,9} Test[ ]+#\d{1,9}: .*?(?:Passed|\*\*\*[\w ]+?)([ ]+[\d.]+ sec)[ \t]*$",  # ctest
        r"^Total Test time \(real\) =([ ]+[\d.]+ sec)[ \t]*$",
        r"^test result: \w+\. \d{1,9} passed; .*; finished in ([\d.]+s)[ \t]*$",  # cargo
        r"^all doctests ran in ([\d.]+s); merged doctests compilation took ([\d.]+s)[ \t]*$",
        r"^[ \t]*--- (?:PASS|FAIL|SKIP): \S+ \(([\d.]+s)\)[ \t]*$",  # go
        r"^(?:ok  |FAIL)\t\S+\t([\d.]+s)(?:\t.*)?$",
        r"^(?:\[\w+\] )?Tests run: .*Time elapsed: ([\d.,]+ s(?:ec)?)\b.*$",  # Maven
        r"^(?:\[INFO\] )?Total time:([ ]+[\d.:]+ (?:s|min|h))[ \t]*$",
        r"^(?:\[INFO\] )?Finished at: (\S+)[ \t]*$",
        r"^Files=\d{1,9}, Tests=\d{1,9},([ ]+\d{1,9} wallclock secs? \(.*\))[ \t]*$",  # prove
        r"^[ \t]*# duration_ms ([\d.]+)[ \t]*$",  # node
        r'<test(?:suites?|case)\b[^<>\n]*?[ ]time="([\d.,]+)"',  # JUnit
        r'<test(?:suites?|case)\b[^<>\n]*?[ ]timestamp="([^"\n]+)"',
    )
]
"""Summaries of the tools whose tests `pass_rate` counts. Their groups are times."""
_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")


def masked(output: str, readers: Collection[str]) -> str:
    """An output without the values that `readers` read.

    Raises:
        Malformed: a regular expression takes too long on this output.
    """
    return _without(output, [span for reader in readers for span in spans(output, reader)])


def masked_file(path: str, content: bytes, readers: Collection[str]) -> bytes:
    """The content of a JSON file without the values that `readers` read from the file at this path."""
    text = content.decode("utf-8", "surrogateescape")
    steps = [steps_of(reader.partition(":")[2]) for reader in readers if file_of(reader) == path]
    found = [span for each in steps if (span := span_at(text, 0, each))]
    return _without(text, found).encode("utf-8", "surrogateescape")


def _without(text: str, spans: Collection[Span]) -> str:
    parts, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            parts += [text[at : max(start, at)], LEFT_OUT]
            at = end
    return "".join([*parts, text[at:]])


def spans(output: str, reader: str) -> Iterator[Span]:
    """Where the values that a reader reads stand in an output; of `tests` the times beside them.

    Raises:
        Malformed: a regular expression takes too long on this output.
    """
    if reader == "tests":
        for pattern in _DURATIONS:
            for found in pattern.finditer(output):
                yield from (found.span(group) for group in range(1, pattern.groups + 1))
    elif reader.startswith("$"):
        for begin, _, _ in documents(output):
            span = span_at(output, begin, steps_of(reader))
            if span:
                yield span
    elif reader not in READERS and not file_of(reader):
        yield from spans_in(output, reader)


def span_at(text: str, begin: int, steps: Sequence[str | int]) -> Span | None:
    """Where the value at a path stands in the JSON document that begins at `begin`; None if there is none."""
    at: int | None = _after_blanks(text, begin)
    try:
        for step in steps:
            at = _member(text, at, step) if at is not None else None
        return None if at is None else (at, _end_of(text, at))
    except (ValueError, IndexError, RecursionError):  # it is no JSON
        return None


def _member(text: str, at: int, step: str | int) -> int | None:
    """Where the value of one step begins, in the object or list at `at`; of equal names the last one counts."""
    kind = {"{": str, "[": int}.get(text[at : at + 1])
    if kind is None or not isinstance(step, kind):
        return None
    values: list[tuple[object, int]] = []
    at = _after_blanks(text, at + 1)
    while text[at] not in "]}":
        name: object = len(values)
        if kind is str:
            name, at = _DECODER.raw_decode(text, at)
            at = _after_blanks(text, _after_blanks(text, at) + 1)  # after the colon
        values.append((name, at))
        at = _after_blanks(text, _end_of(text, at))
        if text[at] == ",":
            at = _after_blanks(text, at + 1)
    wanted = step + len(values) if isinstance(step, int) and step < 0 else step
    return next((place for name, place in reversed(values) if name == wanted), None)


def _end_of(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at

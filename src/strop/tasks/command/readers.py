"""Read scores from what a command printed, wrote or used.

The output is untrusted: everything here is limited in time and memory, and anything but one plain finite number raises
`Malformed` with a sentence that names the metric.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.command.line_search import groups_in
from strop.tasks.command.objective import READERS
from strop.tasks.command.pass_rate import pass_rate

MIB = 1 << 20
MOST_FILE = 1 << 20
"""Most bytes of a JSON file that a command writes."""
MOST_TRIES = 20_000
"""Most lines of an output that are searched for JSON."""
MOST_FAILED = 16 << 20
"""Most characters of an output that are parsed without finding JSON: each line may begin a document that is invalid only at its
end."""
OUTPUT_GIVES = "the output gives"
"""Most characters of a message that lists the contents of an output."""
_MOST_NAMES = 10
"""Most names that are listed if a value is missing."""
_DECODER = json.JSONDecoder()
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\['([^'\]]*)'\]|\[\"([^\"\]]*)\"\]")
_FILE = re.compile(r"([^\s:$^*+?()\[\]{}|\\]+\.json):(\$.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Printed:
    """What one run of a command left behind."""

    output: str
    errors: str
    passed: bool
    """Whether it exited with status 0."""
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    file: Callable[[str], bytes | None]
    """The content of a file that it wrote, by path; None if there is none."""


def check_reader(name: str, reader: str) -> None:
    """Check a reader before anything runs.

    Raises:
        ConfigurationError: it is not a reader.
    """
    try:
        if reader in READERS:
            return
        path = reader if reader.startswith("$") else file_of(reader) and reader.partition(":")[2]
        if path:
            steps_of(path)
            return
        groups = re.compile(reader).groups
    except re.error as error:
        raise ConfigurationError(f"score {name}: {reader!r} is no regular expression: {error}") from error
    if groups != 1:
        raise ConfigurationError(
            f"score {name}: the regular expression {reader!r} needs one group (...) around the number, it has {groups}; "
            f"other scores are {', '.join(READERS)}, $.path.into.json and FILE.json:$.path"
        )


def file_of(reader: str) -> str:
    """The path of the JSON file that a reader reads; empty if it reads none."""
    found = _FILE.fullmatch(reader)
    return found[1] if found else ""


def read_value(name: str, reader: str, printed: Printed) -> float:
    """The value of one metric: a finite number. `memory` is in MiB, `time` and `wall` in seconds.

    Raises:
        Malformed: there is none, there are several, or it is not a finite number.
    """
    known: Mapping[str, Callable[[], float | None]] = {
        "time": lambda: printed.cpu_seconds,
        "wall": lambda: printed.wall_seconds,
        "memory": lambda: printed.memory_bytes / MIB,
        "passed": lambda: float(printed.passed),
        "tests": lambda: pass_rate(f"{printed.output}\n{printed.errors}"),
    }
    if reader in known:
        value = known[reader]()
        if value is None:
            raise Malformed(f"no score: {name}: the output has no summary of a test tool that strop knows")
        return value
    if reader.startswith("$"):
        found = _in_output(name, reader, printed.output)
        return _one(name, found, "" if found else _absent(reader, printed.output))
    path = file_of(reader)
    if path:
        return _one(name, [_in_file(name, path, reader.partition(":")[2], printed)], "")
    return _one(name, _matches(name, reader, printed.output), f"nothing in the output matches {reader!r}")


def _one(name: str, found: list[float], none: str) -> float:
    different = list(dict.fromkeys(found))
    if not different:
        raise Malformed(f"no score: {name}: {none}")
    if len(different) > 1:
        shown = ", ".join(f"{value:g}" for value in different[:3])
        raise Malformed(f"{len(different)} different scores: {name} is {shown}; it must be there once")
    return different[0]


def _matches(name: str, pattern: str, output: str) -> list[float]:
    try:
        found = groups_in(output, pattern)
    except Malformed as error:
        raise Malformed(f"score {name}: {error}") from error
    return [_number(name, text.strip()) for text in found]


def _number(name: str, text: str) -> float:
    if _NOT_FINITE.fullmatch(text):
        raise Malformed(f"score {name} is {text}, which is no finite number")
    if not _NUMBER.fullmatch(text):
        raise Malformed(f"score {name} is {text!a:.60}, which is no number")
    return _finite(name, float(text))


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise Malformed(f"score {name} is {value}, which is no finite number")
    return value


def _in_output(name: str, path: str, output: str) -> list[float]:
    """The values at a path of every JSON document in an output: the whole output, or each of its lines."""
    return [_plain(name, value) for _, _, document in documents(output) for value in _at(document, path)]


def _absent(path: str, output: str) -> str:
    """The names that an output has, for a message about a missing path."""
    steps = steps_of(path)
    places = (place for _, _, document in documents(output) for place in _walked(document, steps[:-1]))
    around = next(places, None)
    if not isinstance(around, dict) or not around or not steps:
        return f"no JSON in the output has {path}"
    names = [f"{name:.40}" for name in list(around)[:_MOST_NAMES]]
    if len(around) > _MOST_NAMES:
        names.append(f"{len(around) - _MOST_NAMES} more")
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{OUTPUT_GIVES} {listed}, not {steps[-1]}"


def documents(output: str) -> Iterator[tuple[int, int, object]]:
    """Every JSON object and list of an output that begins on its own line, or the whole output as one document.

    Each with its start and end.
    """
    whole = _parsed(output)
    if whole is not None:
        yield 0, len(output), whole
        return
    at = tries = failed = 0
    while at < len(output) and tries < MOST_TRIES and failed < MOST_FAILED:
        after = output.find("\n", at) + 1 or len(output)
        if output[at:after].lstrip()[:1] in ("{", "["):
            tries += 1
            try:
                begin = at + len(output[at:after]) - len(output[at:after].lstrip())
                document, end = _DECODER.raw_decode(output, begin)
                yield begin, end, document
                after = max(after, output.find("\n", end) + 1 or len(output))
            except json.JSONDecodeError as error:
                failed += error.pos - at
            except (ValueError, RecursionError):  # which do not say how far the parser read
                failed += len(output) - at
        at = after


def _in_file(name: str, file: str, path: str, printed: Printed) -> float:
    content = printed.file(file)
    if content is None:
        raise Malformed(f"no score: {name}: the command wrote no file {file}")
    if len(content) >= MOST_FILE:
        raise Malformed(f"score {name}: {file} has more than {MOST_FILE // MIB} MiB")
    document = _parsed(content.decode("utf-8", "replace"))
    if document is None:
        raise Malformed(f"no score: {name}: {file} holds no JSON")
    values = list(_at(document, path))
    if not values:
        raise Malformed(f"no score: {name}: {file} has no {path}")
    return _plain(name, values[0])


def _parsed(text: str) -> object:
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document


def _plain(name: str, value: object) -> float:
    """A JSON value as a number; true and false are 1 and 0."""
    if not isinstance(value, (int, float)):
        raise Malformed(f"score {name} is {json.dumps(value)[:60]}, which is no number")
    try:
        return _finite(name, float(value))
    except OverflowError:
        raise Malformed(f"score {name} is a whole number too large to be one") from None


def _at(document: object, path: str) -> Iterator[object]:
    """The values at `path`, if there are any."""
    yield from _walked(document, steps_of(path))


def _walked(document: object, steps: Sequence[str | int]) -> Iterator[object]:
    for step in steps:
        in_dict = isinstance(step, str) and isinstance(document, dict) and step in document
        in_list = isinstance(step, int) and isinstance(document, list) and -len(document) <= step < len(document)
        if not (in_dict or in_list):
            return
        document = document[step]  # type: ignore[index]
    yield document


def steps_of(path: str) -> list[str | int]:
    """The steps of `$.a.b[0]["c d"]`; none for `$`.

    Raises:
        ConfigurationError: it is not such a path.
    """
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ConfigurationError(f"{path!r} is no path into JSON of the form $.results[0].mean")
        index = found[2]
        steps.append(
            int(index) if index is not None else next(part for part in found.group(1, 3, 4) if part is not None)
        )
        at = found.end()
    return steps

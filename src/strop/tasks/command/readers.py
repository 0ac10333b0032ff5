"""Read scores from what a command printed, wrote or used.

The output is untrusted: everything here is limited in time and memory, and anything but one plain finite number raises
`Malformed` with a sentence that names the metric.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.command.line_search import numbers_in
from strop.tasks.command.objective import READERS, Objective
from strop.tasks.command.pass_rate import Counts, test_counts
from strop.tasks.command.written_number import PLAINLY

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


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; a name that is given twice has no number."""
    document = dict(pairs)
    if len(document) < len(pairs):
        document |= {
            name: f"{name} is given twice" for name, times in Counter(name for name, _ in pairs).items() if times > 1
        }
    return document


def _written(text: str) -> float | str:
    """A number with a point or an exponent; its text if it is so small that it would be 0."""
    value = float(text)
    return text if value == 0 and re.match(r"-?[0.]*[1-9]", text) else value


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_written)
_ABSENT = object()
TRUTH = "true or false"
"""Instead of a unit."""
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\['([^'\]]*)'\]|\[\"([^\"\]]*)\"\]")
_FILE = re.compile(r"([^\s:$^*+?()\[\]{}|\\]+\.json):(\$.*)", re.DOTALL)


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


@dataclass(frozen=True)
class Reading:
    """The value of one score, and what it is a value of: two values compare only if that is the same."""

    value: float
    """A finite number. `memory` is in MiB, `time` and `wall` in seconds, as is a printed time with a unit."""
    source: str
    """The text that was read, or where, for people."""
    unit: str = ""
    factor: float = 1.0
    """What a printed 1 is in this unit: 0.001 for ms."""
    commas: int = 0
    """Number of commas between its thousands. A single one may be a decimal comma, unless the original has two."""
    tests: tuple[int, ...] = ()
    """How many tests passed or failed, for each kind of summary; only of the reader `tests`."""


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
        raise ConfigurationError(f"score {name}: invalid regular expression {reader!r}: {error}") from error
    others = f"{', '.join(READERS)}, $.path.into.json and FILE.json:$.path"
    if groups == 0 and re.fullmatch(r"[\w-]+", reader):
        close = difflib.get_close_matches(reader, READERS, n=1)
        meant = f"did you mean {close[0]}? " if close else ""
        raise ConfigurationError(
            f"score {name}: there is no score {reader!r}; {meant}Scores are {others}, and a regular expression with one group "
            f"around the number, such as '{reader}: (\\S+)'"
        )
    if groups != 1:
        raise ConfigurationError(
            f"score {name}: the regular expression {reader!r} needs one group (...) around the number, it has {groups}; "
            f"other scores are {others}"
        )


def file_of(reader: str) -> str:
    """The path of the JSON file that a reader reads; empty if it reads none."""
    found = _FILE.fullmatch(reader)
    return found[1] if found else ""


def read_score(name: str, reader: str, printed: Printed) -> Reading:
    """The value of one score.

    Raises:
        Malformed: there is none, there are several, or it is not a finite number.
    """
    kernel = {
        "time": Reading(printed.cpu_seconds, "CPU time, counted by the kernel", "s"),
        "wall": Reading(printed.wall_seconds, "the clock", "s"),
        "memory": Reading(printed.memory_bytes / MIB, "memory, counted by the kernel", "MiB"),
        "passed": Reading(float(printed.passed), "the exit status"),
    }
    if reader in kernel:
        return kernel[reader]
    if reader == "tests":
        return _tests(name, test_counts(f"{printed.output}\n{printed.errors}"))
    if reader.startswith("$"):
        found = _in_output(name, reader, printed.output)
        return _one(name, found, "" if found else _absent(reader, printed.output))
    path = file_of(reader)
    if path:
        return _in_file(name, path, reader.partition(":")[2], printed)
    found = _matches(name, reader, printed.output)
    return _one(name, found, "" if found else f"nothing in the output matches {reader!r}{_elsewhere(reader, printed)}")


def check_alike(readings: Mapping[str, Reading], original: Mapping[str, Reading]) -> None:
    """Check that each value is of the same as the original's: the same unit, the same metric, no fewer tests.

    Raises:
        Malformed: one is not; the message names it.
    """
    for name, first in original.items():
        mine = readings[name]
        if mine.unit != first.unit:
            raise Malformed(f"score {name} is {_unit(mine)}, the original's is {_unit(first)}")
        if mine.commas == 1 and first.commas < 2:
            raise _one_comma(name, mine)
        counts = zip(mine.tests, first.tests, strict=True)
        fewer = next(((ran, all_) for ran, all_ in counts if ran < all_), None)
        if fewer:
            raise Malformed(
                f"score {name}: {fewer[0]} passed or failed, of the original {fewer[1]}; a skipped test does not count as passed"
            )


def check_original(objective: Objective, readings: Mapping[str, Reading]) -> None:
    """Check that the original's numbers have one reading, and that constraints are in their units.

    Raises:
        Malformed: something is not; the message says how to write it.
    """
    for name, reading in readings.items():
        if reading.commas == 1:
            raise _one_comma(name, reading)
    for constraint in objective.constraints:
        reading = readings[constraint.name]
        is_right = reading.factor == 1 if not constraint.unit else constraint.unit == reading.unit
        if not is_right:
            given = f"is in {constraint.unit}, which" if constraint.unit else "has no unit;"
            wanted = (
                f"such as {constraint.name}{constraint.relation}100ms" if reading.unit == "s" else f"in {reading.unit}"
            )
            raise Malformed(f"constraint {constraint} {given} {reading.source} is {_unit(reading)}: write it {wanted}")


def _one_comma(name: str, reading: Reading) -> Malformed:
    return Malformed(f"score {name}: the comma in {reading.source} may be a decimal comma; {PLAINLY}")


def in_words(objective: Objective, name: str, reading: Reading) -> str:
    """What was read, where, and whether less or more of it is better."""
    goals = [metric.goal for metric in objective.metrics if metric.name == name]
    better = {"max": "higher is better", "min": "lower is better"}[goals[0]] if goals else "required"
    is_told = reading.unit in ("", TRUTH, name) or reading.unit in reading.source
    unit = "" if is_told else f" {reading.unit}"
    return f"score {name}: {reading.value:.6g}{unit} from {reading.source} ({better})"


def _unit(reading: Reading) -> str:
    return "true or false" if reading.unit == TRUTH else f"in {reading.unit}" if reading.unit else "without a unit"


def _tests(name: str, counts: Sequence[Counts]) -> Reading:
    rates = [passed / (passed + failed) for passed, failed in counts if passed + failed]
    if not rates:
        raise Malformed(f"no score: {name}: the output has no summary of a test tool that strop knows")
    passed, failed = (sum(each) for each in zip(*counts, strict=True))
    ran = tuple(sum(each) for each in counts)
    return Reading(min(rates), f"{passed} passed, {failed} failed", tests=ran)


def _one(name: str, found: list[Reading], none: str) -> Reading:
    different = list(dict.fromkeys((each.value, each.unit) for each in found))
    if not different:
        raise Malformed(f"no score: {name}: {none}")
    if len(different) > 1:
        shown = ", ".join(f"{value:.12g} {unit}".strip() for value, unit in different[:3])
        raise Malformed(f"found {len(different)} values for score {name} ({shown}); print it once")
    return found[0]


def _matches(name: str, pattern: str, output: str) -> list[Reading]:
    try:
        return [
            Reading(
                found.number.value,
                f'"{found.text.strip():.80}"',
                found.number.unit,
                found.number.factor,
                found.number.commas,
            )
            for found in numbers_in(output, pattern)
        ]
    except Malformed as error:
        raise Malformed(f"score {name} {error}") from error


def _elsewhere(reader: str, printed: Printed) -> str:
    """Advice if standard error has a score."""
    try:
        there = any(True for _ in numbers_in(printed.errors, reader))
    except Malformed:
        there = False
    return "; standard error has it: print it on standard output, or add 2>&1 to the command" if there else ""


def _in_output(name: str, path: str, output: str) -> list[Reading]:
    """The values at a path of every JSON document in an output: the whole output, or each of its lines."""
    found = (_at(name, document, path, f"{path} of the output") for _, _, document in documents(output))
    return [reading for reading in found if reading is not None]


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


def _in_file(name: str, file: str, path: str, printed: Printed) -> Reading:
    content = printed.file(file)
    if content is None:
        raise Malformed(f"no score: {name}: the command wrote no file {file}")
    if len(content) >= MOST_FILE:
        raise Malformed(f"score {name}: {file} has {MOST_FILE // MIB} MiB or more")
    document = _parsed(content.decode("utf-8", "replace"))
    if document is None:
        raise Malformed(f"no score: {name}: {file} contains no JSON")
    found = _at(name, document, path, f"{path} of {file}")
    if found is None:
        raise Malformed(f"no score: {name}: {file} has no {path}")
    return found


def _parsed(text: str) -> object:
    try:
        document: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return document


def _at(name: str, document: object, path: str, source: str) -> Reading | None:
    """The value at `path`, with the unit that stands beside it; None if there is none. True and false are 1 and 0."""
    steps = steps_of(path)
    value = next(_walked(document, steps), _ABSENT)
    if value is _ABSENT:
        return None
    if not isinstance(value, (int, float)):
        raise Malformed(f"score {name} is not a number: {json.dumps(value)[:60]}")
    around = next(_walked(document, steps[:-1]), None) if steps else None
    if failed := _said_to_fail(around):
        raise Malformed(f"score {name}: the JSON says beside it that the run failed: {failed}")
    try:
        number = float(value)
    except OverflowError:
        raise Malformed(f"score {name} is a whole number that is too large") from None
    if not math.isfinite(number):
        raise Malformed(f"score {name} is not a finite number: {number}")
    return Reading(number, source, TRUTH if isinstance(value, bool) else _beside(document, steps))


def _said_to_fail(around: object) -> str:
    """What says, beside a value, that it is not one of a run that succeeded; empty: nothing. As an evaluator says it, too."""
    beside = around if isinstance(around, dict) else {}
    texts = (name for name in ("error", "exception") if isinstance(beside.get(name), str) and beside[name].strip())
    flags = (name for name in ("valid", "success", "ok") if beside.get(name) is False)
    name = next(chain(texts, flags), "")
    return f"{name} is {json.dumps(beside[name])[:60]}" if name else ""


def _beside(document: object, steps: Sequence[str | int]) -> str:
    """A text beside a value that says what it is: `unit`, `time_unit`, `NAME_unit`, or `NAME_is` of the evaluator's runner."""
    around = next(_walked(document, steps[:-1]), None) if steps else None
    names = ("unit", "units", "time_unit", f"{steps[-1]}_unit", f"{steps[-1]}_is") if steps else ()
    texts = (around[name] for name in names if isinstance(around, dict) and name in around)
    return next((text for text in texts if isinstance(text, str)), "")


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
            raise ConfigurationError(f"invalid JSON path {path!r}, expected e.g. $.results[0].mean")
        index = found[2]
        steps.append(
            int(index) if index is not None else next(part for part in found.group(1, 3, 4) if part is not None)
        )
        at = found.end()
    return steps

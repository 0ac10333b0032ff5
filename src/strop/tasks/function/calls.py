"""Real calls of a function, as a command of the user's made them: data of the host's, who opens no argument."""

from __future__ import annotations

import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, field, replace
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from strop.base import private
from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.surface import switched
from strop.sandbox import strop_plain_data as plain_data
from strop.tasks.command.bundle import is_inside
from strop.tasks.command.tree import MOST_FILES

LEAST_CALLS = 12
"""Different calls that strop needs, so that half of them can be held out."""
MOST_CALLS = 200
"""Calls that are kept."""
MOST_BYTES, MOST_BYTES_OF_ONE = 24 << 20, 8 << 20
"""Most bytes of the arguments and outcomes of all kept calls, which go into one document of plain data, and of a single one."""
MOST_OF_THE_TIME = 0.9
"""The share of the time of a function's calls that the functions which may change should have."""
_FORMAT = "recorded calls 1"
MOST_SECONDS_OF_ONE = 60.0
"""CPU seconds that a call is believed to take, whatever its file says."""
_MOST_TOLD, _MOST_LINES = 400, 40
"""Characters of the forms of a parameter, or of a caller, that a model is told; and how many of them."""
_MOST_TEXT, _MOST_ITEMS, _MOST_NUMBER = 4096, 10_000, 1 << 53
_SIZE = re.compile(r"(.+ of )([\d,]+)(?: to ([\d,]+))?( .+)")
"""A form with a size: `list of 12 to 450 str`."""


def by_program() -> str:
    """What to do about a function whose calls cannot be used."""
    return f"measure it by its program: {switched('fixed_input')}"


@dataclass(frozen=True)
class RecordedCall:
    """A recorded call of a function."""

    index: int
    """Number of the call in its process, from 0."""
    process: int
    """Number of the process in the run, from 0."""
    arguments: bytes
    """A pickle of {name: value}, with `{"*args": [...]}` for what `*args` takes. Only guests open it."""
    outcome: bytes
    """Plain data: [kind, answer, arguments after the call], from `strop_behaviour.take_batch`; empty if nobody knows it.
    Then the call is not used."""
    seconds: float
    """CPU seconds of the call in the run."""
    shown: Mapping[str, str]
    """The beginning of each argument in words. For `--show-calls` alone."""
    digest: bytes = b""
    """Digest of the description of the arguments, the same for equal arguments. Empty if it is not known."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command whose calls were recorded, with what it needs to run again."""

    text: str
    folder: str = "."
    """Where it ran, as a path from the project's top; it begins with `..` for a folder outside of the project."""
    status: int = 0
    """Its exit status, negative if a signal ended it."""
    input: bytes | None = b""
    """What it could read from standard input; empty also for a terminal, and None if it is too much to keep."""


@dataclass(frozen=True)
class RecordedCalls:
    """The calls that commands made."""

    file: str
    """The function's file, as a path from the project's top."""
    name: str
    """The function's qualified name."""
    commands: tuple[RecordedCommand, ...]
    calls: tuple[RecordedCall, ...]
    """Different calls, in the order of the runs."""
    made: int
    """How many outermost calls were made."""
    different: int
    """How many different calls were among those looked at."""
    looked_at: int
    left_out: Mapping[str, int]
    """Reason in words → how many of the calls looked at were left out for it."""
    seconds: float
    """CPU seconds of all calls, by samples of the whole run; 0 if nobody knows."""
    program_seconds: float
    """CPU seconds of the command's whole tree of processes, without what recording took; 0 if nobody knows."""
    callers: Mapping[str, int]
    """Caller as `module:qualname` → how many of the calls looked at it made."""
    forms: Mapping[str, tuple[str, ...]]
    """Parameter → forms seen: `list of 12 to 450 str`, `Matcher`, `None`."""
    inside: Mapping[str, float]
    """Function that the calls call → its share of their time; empty if it was not measured."""
    digest: str = ""
    """SHA-256 of the function's file with which the original was seen to repeat the calls; empty before that was tried."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Reason in words → how many calls the original did not repeat for it."""
    unreached: tuple[str, ...] = ()
    """Lines of the functions that may change which no call reached: `12: raise ValueError(text)`."""
    files: tuple[str, ...] = ()
    """Modules of the project that were imported although a .gitignore names them, as paths from its top."""
    imported: tuple[str, ...] = ()
    """The files of modules and the folders of packages, neither installed nor in a package, that were imported: paths from the
    project's top, absolute ones elsewhere."""

    @property
    def beside(self) -> list[str]:
        """What was imported outside of the project."""
        return [path for path in self.imported if path.startswith("/")]

    @property
    def longest(self) -> float:
        """CPU seconds of the longest call. A file that comes from elsewhere may say anything, so it is `MOST_SECONDS_OF_ONE` at
        most."""
        return min(max(call.seconds for call in self.calls), MOST_SECONDS_OF_ONE)

    @property
    def told_forms(self) -> list[str]:
        """One line for each parameter: its name and its forms, cut to a length that fits into a prompt."""
        told = (f"{name[:_MOST_TOLD]}: {', '.join(forms)[:_MOST_TOLD]}" for name, forms in self.forms.items())
        return [*islice(told, _MOST_LINES)]

    @property
    def told_callers(self) -> list[str]:
        """One line for each caller: its name and its number of calls, cut to a length that fits into a prompt."""
        told = (f"{caller[:_MOST_TOLD]} ({quantity(count, 'time')})" for caller, count in self.callers.items())
        return [*islice(told, _MOST_LINES)]

    @property
    def share(self) -> float:
        """The share of the calls in the CPU time of the command, in [0, 1]."""
        return min(self.seconds / self.program_seconds, 1.0) if self.program_seconds else 0.0

    def files_with_most_time(self, path: str) -> list[str]:
        """The file `path` of the function, and those others of the project, the largest first, that have most of the calls' time
        with it."""
        shares = defaultdict[str, float](float)
        for function, share in self.inside.items():
            shares[function.rpartition(":")[0]] += share
        others = sorted(shares.keys() - {path}, key=lambda file: (-shares[file], file))
        covered = accumulate(shares[file] for file in (path, *others))
        return [path, *(file for file, share in zip(others, covered, strict=False) if share < MOST_OF_THE_TIME)]

    def write(self, path: Path) -> None:
        """Write a file for its owner alone, whole or not at all. Raises ConfigurationError: it cannot be written."""
        draft = path.with_name(f"{path.name}.part")
        try:
            private.write(draft, plain_data.encode({"format": _FORMAT, **_plain(asdict(self))}))
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error


def read_calls(path: Path) -> RecordedCalls:
    """The calls of a file, which may come from elsewhere.

    Raises:
        ConfigurationError: it cannot be read, or has no calls in it.
    """
    try:
        content = path.read_bytes() if path.stat().st_size <= plain_data.MOST_BYTES + 1024 else b""
        table = _table(plain_data.decode(content, hashed=False))
        if table.pop("format", None) != _FORMAT:
            raise ValueError("format")
        return checked_calls(table)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{path} has no recorded calls that strop can read ({error}); record them again"
        ) from error


def checked_calls(untrusted: Mapping[str, Any]) -> RecordedCalls:
    """Recorded calls from untrusted fields. Raises ValueError, which names the first wrong field."""
    fields = _checked(_CALLS, untrusted)
    calls = fields["calls"]
    if sum(map(_size, calls)) > MOST_BYTES:
        raise ValueError("calls: too large")
    if (
        fields["made"] < fields["looked_at"]
        or fields["looked_at"] < fields["different"]
        or fields["different"] < len(calls)
    ):
        raise ValueError("made, looked_at and different do not agree")
    return RecordedCalls(**fields)


def merged(*recorded: RecordedCalls) -> RecordedCalls:
    """The calls of several runs or processes as those of one run. Equal calls are there once; of too many there is an evenly
    spread choice.

    Raises:
        ValueError: the calls are of different functions, or there are none.
    """
    if len({(run.file, run.name) for run in recorded}) != 1:
        raise ValueError("calls of one function can be merged")
    calls, seen, processes, equal = list[RecordedCall](), set[bytes](), 0, 0
    for run in recorded:
        for call in run.calls:
            same = {call.arguments, call.digest} - {b""}
            if seen.isdisjoint(same):
                calls.append(replace(call, process=call.process + processes))
            else:
                equal += 1
            seen |= same
        processes += 1 + max((call.process for call in run.calls), default=0)
    return RecordedCalls(
        file=recorded[0].file,
        name=recorded[0].name,
        commands=tuple(dict.fromkeys(command for run in recorded for command in run.commands)),
        calls=_spread(calls),
        made=sum(run.made for run in recorded),
        different=sum(run.different for run in recorded) - equal,
        looked_at=sum(run.looked_at for run in recorded),
        left_out=_sums([run.left_out for run in recorded]),
        seconds=sum(run.seconds for run in recorded),
        program_seconds=sum(run.program_seconds for run in recorded),
        callers=_sums([run.callers for run in recorded]),
        forms=_forms([run.forms for run in recorded]),
        inside=_weighted([(run.inside, run.seconds) for run in recorded]),
        files=tuple(sorted({file for run in recorded for file in run.files})),
        imported=tuple(sorted({path for run in recorded for path in run.imported})),
    )


def _spread(calls: Sequence[RecordedCall]) -> tuple[RecordedCall, ...]:
    """A choice of as many calls as may be kept, one from each part of the run."""
    number = min(MOST_CALLS, len(calls))
    while True:
        chance = random.Random(0)
        bounds = [len(calls) * part // max(number, 1) for part in range(number + 1)]
        chosen = [calls[chance.randrange(*bounds[part : part + 2])] for part in range(number)]
        if sum(map(_size, chosen)) <= MOST_BYTES:
            return tuple(chosen)
        number = number * 9 // 10


def _size(call: RecordedCall) -> int:
    return len(call.arguments) + len(call.outcome)


def _sums(tables: Sequence[Mapping[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for table in tables:
        for name, number in table.items():
            totals[name] = totals.get(name, 0) + number
    return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))


def _weighted(tables: Sequence[tuple[Mapping[str, float], float]]) -> dict[str, float]:
    """Name → mean of its shares, weighted by seconds."""
    total_seconds = sum(seconds for table, seconds in tables if table)
    means: dict[str, float] = {}
    for table, seconds in tables:
        for name, share in table.items():
            means[name] = means.get(name, 0.0) + (share * seconds / total_seconds if total_seconds else 0.0)
    return means


def _forms(tables: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, tuple[str, ...]]:
    """Parameter → its forms. Forms that differ only in sizes are merged."""
    sizes_by_form: dict[str, dict[tuple[str, str], list[int]]] = {}
    for table in tables:
        for name, forms in table.items():
            for form in forms:
                match = _SIZE.fullmatch(form)
                parts = (match[1], match[4]) if match else (form, "")
                sizes = [int(size.replace(",", "")) for size in match.group(2, 3) if size] if match else []
                sizes_by_form.setdefault(name, {}).setdefault(parts, []).extend(sizes)
    return {
        name: tuple(_form(*parts, sizes) for parts, sizes in forms.items()) for name, forms in sizes_by_form.items()
    }


def _form(before: str, after: str, sizes: Sequence[int]) -> str:
    least, most = (min(sizes), max(sizes)) if sizes else (0, 0)
    return f"{before}{f'{least:,}' if least == most else f'{least:,} to {most:,}'}{after}" if sizes else before


def _plain(value: Any) -> Any:
    """The value with lists in place of tuples, and dicts in place of other mappings."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _checked(fields: Mapping[str, Callable[[Any], Any]], table: Mapping[str, Any]) -> dict[str, Any]:
    if table.keys() != fields.keys():
        raise ValueError("its fields")
    checked = {}
    for name, check in fields.items():
        try:
            checked[name] = check(table[name])
        except ValueError as error:
            raise ValueError(name if not str(error) else f"{name}: {error}") from None
    return checked


def _table(value: Any) -> dict[str, Any]:
    """A checked dict whose keys are short texts. The decoder hashed no key of the file, which may be hostile; hashes of texts
    cannot be foreseen."""
    if not isinstance(value, (dict, plain_data.Unhashed)) or len(value) > _MOST_ITEMS:
        raise ValueError
    pairs = list(value.items())
    return {_text(name): item for name, item in pairs}


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > _MOST_TEXT or not value.isprintable():
        raise ValueError
    return value


def _module(value: Any) -> str:
    """A checked path of a module below a project."""
    if not _text(value).endswith((".py", ".so")) or not is_inside(value):
        raise ValueError
    return str(value)


def _command(value: Any) -> str:
    if type(value) is not str or len(value) > 1 << 20:
        raise ValueError
    return value


def _status(value: Any) -> int:
    if type(value) is not int or abs(value) > 255:
        raise ValueError
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST_NUMBER:
        raise ValueError
    return value


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= _MOST_NUMBER:
        raise ValueError
    return float(value)


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes or len(value) > MOST_BYTES_OF_ONE:
        raise ValueError
    return value


def _outcome(value: Any) -> bytes:
    """A checked outcome of a call."""
    if not (data := _bytes(value)):
        return data
    outcome = plain_data.decode(data, hashed=False)
    if type(outcome) is not list or len(outcome) != 3 or type(outcome[0]) is not str:
        raise ValueError
    return data


def _list_of(check: Callable[[Any], Any], most: int = _MOST_ITEMS) -> Callable[[Any], tuple[Any, ...]]:
    def checked(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > most:
            raise ValueError
        return tuple(map(check, value))

    return checked


def _table_of(check: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: check(item) for name, item in _table(value).items()}


_CALL: Mapping[str, Callable[[Any], Any]] = {
    "index": _count,
    "process": _count,
    "arguments": _bytes,
    "outcome": _outcome,
    "seconds": _seconds,
    "shown": _table_of(_text),
    "digest": _bytes,
}
_COMMAND: Mapping[str, Callable[[Any], Any]] = {
    "text": _command,
    "folder": _text,
    "status": _status,
    "input": lambda value: None if value is None else _bytes(value),
}
_CALLS: Mapping[str, Callable[[Any], Any]] = {
    "file": _text,
    "name": _text,
    "commands": _list_of(lambda value: RecordedCommand(**_checked(_COMMAND, _table(value)))),
    "calls": _list_of(lambda value: RecordedCall(**_checked(_CALL, _table(value))), MOST_CALLS),
    "made": _count,
    "different": _count,
    "looked_at": _count,
    "left_out": _table_of(_count),
    "seconds": _seconds,
    "program_seconds": _seconds,
    "callers": _table_of(_count),
    "forms": _table_of(_list_of(_text)),
    "inside": _table_of(_seconds),
    "digest": _text,
    "lost": _table_of(_count),
    "unreached": _list_of(_text),
    "files": _list_of(_module, MOST_FILES),
    "imported": _list_of(_text),
}

"""How what one run of a program printed and wrote differs from what another run did, token by token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

from strop.base.alignment import opcodes
from strop.base.results import LEAST_REPEATED

Outputs: TypeAlias = Mapping[str, tuple[str, ...]]
"""What a run left: the name of each stream, such as `standard output`, and its lines."""
END = "the end"
"""How the name of the stream begins that says how a command ended."""
MOST_ALIGNED = 1_000
"""Lines that are aligned; more are compared line by line."""
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*(?:[eE][+-]?\d+)?|\w+|\s+|[^\w\s]")
_DIGITS = re.compile(r"\d+")
_MOST_QUOTED = 80
_NOTHING, _WHOLE = "nothing", -1


class Place(NamedTuple):
    """A place in what the original left."""

    stream: str
    line: int
    """From 0; -1 for the stream as a whole."""
    token: int
    """From 0; -1 for the line as a whole, -2 for what follows it."""


class OutputsCompared(NamedTuple):
    """How runs of a program differ from runs of the original."""

    repeated: float
    """The share of the original's tokens that all its runs have."""
    where: str
    """The first place in which each run of the program differs, and no run of the original, such as `line 3 of standard output`;
    empty if there is none."""
    quoted: str = ""
    """What the program has there, and what the original has."""


def compared(originals: Sequence[Outputs], programs: Sequence[Outputs]) -> OutputsCompared:
    """Compare runs of a program with runs of the original. A place that varies between the original's runs is no part of it."""
    first, *others = originals
    varying = {place for other in others for place in differences(first, other)}
    repeated = 1 - len(varying) / max(_size(first), len(varying)) if varying else 1.0
    if repeated < LEAST_REPEATED or not programs:
        return OutputsCompared(repeated, "")
    found = differences(first, programs[0])
    common = found.keys() - varying
    for program in programs[1:]:
        common = common and common & differences(first, program).keys()
    if not common:
        return OutputsCompared(repeated, "")
    place = min(common)
    here = f"line {place.line + 1} of {place.stream}" if place.line >= 0 else place.stream
    return OutputsCompared(repeated, _shortened(here), "{1} in place of {0}".format(*map(_shortened, found[place])))


def differences(original: Outputs, other: Outputs) -> dict[Place, tuple[str, str]]:
    """The places of the original in which another run differs → what each of them has there."""
    found = dict[Place, tuple[str, str]]()
    for name in sorted({*original, *other}):
        one, two = original.get(name), other.get(name)
        if one is None or two is None:
            found[Place(name, _WHOLE, 0)] = (_there(one), _there(two))
        elif one != two:
            for line, before, after in _aligned(one, two):
                found |= {Place(name, line, token): pair for token, pair in _in_line(before, after)}
    return found


def _aligned(one: Sequence[str], two: Sequence[str]) -> Iterator[tuple[int, str | None, str | None]]:
    """The lines that differ: the number in the first text, and both lines. None stands for a line that one of them lacks."""
    if len(one) == len(two):
        yield from ((line, *pair) for line, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1])
        return
    before, after = ([_DIGITS.sub("0", line) for line in text] for text in (one, two))
    for _, start, end, other_start, other_end in opcodes(before, after, MOST_ALIGNED):
        pairs = zip_longest(one[start:end], two[other_start:other_end])
        yield from ((min(start + n, end), *pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])


def _in_line(before: str | None, after: str | None) -> Iterator[tuple[int, tuple[str, str]]]:
    """The tokens of a line that differ: their number, and what both lines have."""
    if before is None or after is None:
        yield (-2 if before is None else -1), (_line(before), _line(after))
        return
    one, two = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(one) == len(two):
        yield from ((token, pair) for token, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1])
        return
    head = next((n for n, pair in enumerate(zip_longest(one, two)) if pair[0] != pair[1]), 0)
    shortest = min(len(one), len(two)) - head
    tail = next((n for n in range(shortest) if one[-1 - n] != two[-1 - n]), shortest)
    pair = repr(before), repr(after)
    yield from ((token, pair) for token in range(head, max(len(one) - tail, head + 1)))


def _size(outputs: Outputs) -> int:
    """The number of tokens, without spaces; the end of a run is no part of what it left."""
    lines = (line for name, text in outputs.items() if not name.startswith(END) for line in text)
    return sum(not token.isspace() for line in lines for token in _TOKEN.findall(line))


def _there(lines: Sequence[str] | None) -> str:
    return _NOTHING if lines is None else f"{len(lines):,} line{'s' * (len(lines) != 1)}"


def _line(line: str | None) -> str:
    return _NOTHING if line is None else repr(line)


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."

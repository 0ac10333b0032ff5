"""The number that stands at a place of a line: the whole of it and its unit, or Malformed.

A regular expression such as `ops/s: ([0-9.]+)` may cut a number: it matches 1.2 in `1.2e+06`. So the number is read from the
line, not from the group: sign, digits with separators between thousands, decimals and exponent. What has two readings is refused:
`1,200` is 1.2 in half of the world.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, localcontext

from strop.base.errors import Malformed
from strop.tasks.command.units import CURRENCIES, unit_after, unit_before

_MINUS = "-\u2212"
_DASHES = _MINUS + "+\u2012\u2013\u2014"
_SPACES = "\u00a0\u2009\u202f"
"""Spaces that stand inside of numbers and not between columns."""
_RUN = re.compile(
    rf"[0-9]+(?:[.,'\u2019_:{_SPACES}][0-9]+)*(?:\.(?=[eE][{_MINUS}+]?[0-9]))?"
    rf"(?:[eE][{_MINUS}+]?[0-9]+|[dD][{_MINUS}+][0-9]+)?"
)
"""Digits and what may join them, with an exponent; Fortran's has a D."""
_PARTS = re.compile(rf"(?P<mantissa>[^eEdD]*)(?:[eEdD](?P<exponent>[{_MINUS}+]?[0-9]+))?")
_PLAIN = re.compile(r"[0-9]*\.?[0-9]*")
_GROUPED = re.compile(rf"[1-9][0-9]{{0,2}}(?P<mark>['\u2019_{_SPACES}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*(?:\.[0-9]*)?")
_COMMAS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_LIST = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:,[0-9]+(?:\.[0-9]*)?)+")
_OTHER = re.compile(
    r"[0-9]+,[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]*)?"
)
"""A decimal comma, two things between commas, or thousands of India."""
_COLUMNS = re.compile(r"(?<![\w.,:'/])[0-9]+(?: [0-9]+)+(?![\w:/])")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+")
_NOT_FINITE = re.compile(rf"[{_MINUS}+]?(nan|inf|infinity)", re.IGNORECASE)
_GOES_ON = re.compile(
    r"[^\W\d_]*\d|_|[.'\u2019:]\d|/\d+(?:[/A-Za-z_]|\.\d)|\.\.\d|\.?#|\^|\*\*[-+(]?\d|\(\d+\)|\s*[x\u00d7*\u00b7\u22c5]\s*10\s*(?:\^|\*\*|[\u00b9\u00b2\u00b3\u2070-\u207b])"
    rf"|[{_DASHES}]\d|[eE][{_DASHES}]|[eEdD](?!\w)|\s[eE][{_DASHES}]?\d+(?!\w)|[\u00b9\u00b2\u00b3\u2070-\u207b]"
    r"|\s*(?:d|days?|h|hours?|m|mins?|minutes?),?\s+\d+(?:\.\d+)?\s*(?:h|m|s|ms|hours?|mins?|minutes?|secs?|seconds?)(?!\w)"
)
"""What shows, after a number, that it was not all: 0x1F, 1.2.3, 2024/01/05, 10-20, 2^10, 1.2 x 10^6, 1.2 e6, 1 m 5 s."""
_PREFIXED = re.compile(r"0[xXbBoO][0-9a-fA-F]")
_WRAPPING = " \t,;()[]{}\"'|="
_NEAR = 80
"""Characters before a number that are looked at."""
_SHOWN = 40
PLAINLY = "print it plainly, such as 1200.5 or 1.2e+06"


@dataclass(frozen=True)
class WrittenNumber:
    """A finite number as it stands in a line."""

    value: float
    """In seconds or bytes if its unit is one of time, or of bytes by powers of 1024."""
    unit: str
    """`s`, `B`, `s/op`, or another unit as it is written, with one that stands before the number: `ops/s`. Empty: none."""
    factor: float
    """The value in `unit` of what is written as 1."""
    start: int
    end: int
    """End of the number in the line."""
    unit_end: int
    """The end of the unit after it."""
    commas: int = 0
    """Commas between its thousands. A single one may be a decimal comma: it is read as a separator, if others are, too."""


def number_at(line: str, group: tuple[int, int], match: tuple[int, int]) -> WrittenNumber:
    """The number of which `group` is a part, in a match of a regular expression.

    Raises:
        Malformed: there is none, it is not finite, or it can be read in two ways; without the name of the score.
    """
    text = line[slice(*group)]
    begin = group[0] + len(text) - len(text.lstrip(_WRAPPING))
    text = text.strip(_WRAPPING).rstrip("." + _WRAPPING)
    finish = begin + len(text)
    if _NOT_FINITE.fullmatch(text):
        raise Malformed(f"is not a finite number: {text}")
    first = next((at for at in range(begin, finish) if line[at] in "0123456789"), None)
    if first is None:
        raise Malformed(f"is not a number: {text!a:.60}")
    start, end, digits = _digits(line, first, (begin, finish), match)
    start, sign = _sign(line, start)
    more = _GOES_ON.match(line, end)
    if more or _begins_before(line, start) or _PREFIXED.match(line, start):
        raise _unclear(line, start, more.end() if more else end)
    after = unit_after(line, end)
    if after is None:
        raise _unclear(line, start, end + len(" min 5 "))
    if begin < start or finish > after.end:
        raise Malformed(f"is not a number: {text!a:.60}")
    before = unit_before(line, start)
    unit = " ".join(part for part in (before, after.unit) if part)
    value, commas = _value(sign + digits, after.factor), 0 if "." in digits else line.count(",", start, end)
    return WrittenNumber(value, unit, after.factor, start, end, after.end, commas)


def _digits(line: str, first: int, group: tuple[int, int], match: tuple[int, int]) -> tuple[int, int, str]:
    """Start, end and plain text of the number without its sign that has a digit at `first`."""
    for columns in _COLUMNS.finditer(line):
        if columns.start() <= first < columns.end() and _THOUSANDS.fullmatch(columns[0]):
            decimals = re.compile(r"(?:\.[0-9]*)?").match(line, columns.end())
            end = decimals.end() if decimals else columns.end()
            if group[0] > columns.start() or group[1] < end:  # columns of three digits look the same
                raise _unclear(line, columns.start(), end)
            return columns.start(), end, line[columns.start() : end].replace(" ", "")
    run = next(run for run in _RUN.finditer(line) if run.start() <= first < run.end())
    start, end, text = run.start(), run.end(), run[0]
    if line[:start].endswith(".") and not re.search(r"[\w.]\.$", line[:start]):
        start, text = start - 1, f".{text}"
    parts = _PARTS.fullmatch(text)
    mantissa = parts["mantissa"] if parts else text
    exponent = f"e{parts['exponent']}".replace("\u2212", "-") if parts and parts["exponent"] else ""
    if _PLAIN.fullmatch(mantissa):
        return start, end, mantissa + exponent
    is_seen = any(
        line[at] == "," for at in (*range(match[0], group[0]), *range(group[1], match[1])) if start <= at < end
    )
    is_seen = is_seen or line[:start].endswith(("[", "{", "("))
    thousands = _COMMAS.fullmatch(mantissa)
    if _GROUPED.fullmatch(mantissa) or (thousands and not is_seen):
        return start, end, re.sub(r"[^0-9.]", "", mantissa) + exponent
    if _LIST.fullmatch(mantissa) and not thousands and not _OTHER.fullmatch(mantissa):
        return _item(line, (start, end), first)
    raise _unclear(line, start, end)


def _item(line: str, span: tuple[int, int], first: int) -> tuple[int, int, str]:
    """The number of a list without spaces, such as 5,1200,33, that has a digit at `first`."""
    begin = line.rfind(",", span[0], first) + 1 or span[0]
    comma = line.find(",", first, span[1])
    finish = comma if comma >= 0 else span[1]
    return begin, finish, line[begin:finish]


def _sign(line: str, start: int) -> tuple[int, str]:
    """Where the number begins with its sign, and the sign."""
    head = line[max(start - _NEAR, 0) : start]
    if not head or head[-1] not in _DASHES:
        apart = re.search(rf"[:=(]\s*[{_DASHES}]\s+$|(?<![\w)])[{_DASHES}]\s?[{CURRENCIES}]\s?$", head)
        if apart:  # is that a sign?
            raise _unclear(line, start - len(head) + apart.start() + 1, start)
        return start, ""
    before = head[-2:-1]
    if head[-1] not in f"+{_MINUS}" or before.isalnum() or (before and before in f"_).]/%{_DASHES}"):
        raise _unclear(line, start - 1, start)
    return start - 1, "-" if head[-1] in _MINUS else ""


def _begins_before(line: str, start: int) -> bool:
    """Whether the text before a number shows that it is not all: 0x10, 2/10, <5, No.5, 1.2.3."""
    head = line[max(start - _NEAR, 0) : start]
    word = re.search(r"\w*$", head)
    is_within = word is not None and word[0][:1].isdigit()
    return is_within or re.search(r"(?:\d/|[<\u2264\u2265^]|[\w)]\.|[\w)]\*\*)$", head) is not None


def _value(text: str, factor: float) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Malformed(f"is not a finite number: {text:.60}")
    if value == 0 and re.search(r"[1-9]", re.split("[eE]", text)[0]):
        raise Malformed(f"is too small: {text:.60}")
    if factor == 1 or value == 0:
        return value
    with localcontext() as context:  # so that 1100 ms are exactly 1.1 s
        context.prec = len(text) + 40
        return float(Decimal(text) * Decimal(repr(factor)))


def _unclear(line: str, start: int, end: int) -> Malformed:
    """The refusal of what stands around a place."""
    while start > 0 and not line[start - 1].isspace():
        start -= 1
    while end < len(line) and not line[end].isspace():
        end += 1
    return Malformed(f"cannot be read as one number: {line[start:end][:_SHOWN]!a}; {PLAINLY}")

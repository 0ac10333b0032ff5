"""Units beside a printed number. Times, and bytes by powers of 1024, are converted; others are compared as they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TIMES: Mapping[str, float] = {
    **dict.fromkeys(("ps", "picosecond", "picoseconds"), 1e-12),
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs", "usec", "usecs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
}
_BYTES: Mapping[str, float] = {
    **dict.fromkeys(("B", "byte", "bytes"), 1.0),
    **{f"{prefix}iB": 1024.0**power for power, prefix in enumerate("KMGTP", 1)},
}
"""kB and MB are powers of 1000 in one program and of 1024 in the next: they are not converted."""
_LETTERS = r"[^\W\d_]"
CURRENCIES = "$\u20ac\u00a3\u00a5\u20b9\u20bd\u20a9\u20bf\u00a2"
_CODES = "USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|BRL|KRW|MXN|ZAR|SGD|HKD"
_EACH = r"(?:[numk\u00b5\u03bc]?s|sec|secs|seconds?|min|minute|h|hour|ops?|iter|iterations?|it|calls?|items?|elements?|bytes?|B)"
_NAMED = (
    r"(?:[kKMGTPmunp\u00b5\u03bc]|[KMGTP]i)?(?:B|b|bits?|bytes?|Hz|FLOPS?|flops?|ops?|rps|qps|fps|W|J|V|A|g)|[kKMGTP]|thousand|million"
    r"|billion|percent|(?:kilo|mega|giga|tera|milli|micro|nano)[a-z]+"
)
_SPACED = re.compile(
    rf"({_LETTERS}+(?:/|[ ]per[ ]){_EACH}|per[ ]{_EACH}|{_NAMED}|{'|'.join(_TIMES)}|{_CODES})(?!\w)"
    rf"|[%\u2030\u00b0{CURRENCIES}]{_LETTERS}*"
)
"""Units that are known when a space stands before them: another word may follow a number."""
_GLUED = re.compile(rf"[%\u2030\u00b0{CURRENCIES}]?{_LETTERS}*(?:/{_LETTERS}+|(?:/[0-9]+)+)?")
_OPENING = re.compile(r"[ \t\u00a0\u202f]{1,2}[(\[]?|[(\[]")
_CELL = re.compile(rf"[ ]*[|,;\t][ ]*(s|h|%|{_LETTERS}{{2,}}(?:/{_EACH})?)[ ]*(?=[|,;\t]|$)")
"""A word in the next cell of a table."""
_CURRENCY = re.compile(rf"([{CURRENCIES}]|\b(?:{_CODES}))\s?$")
_LABEL = re.compile(
    rf"((?:(?:thousand|million|billion|[kKMGT])[ ])?[\w%\u00b5\u03bc]+(?:(?:/|[ ]per[ ]){_LETTERS}+)?|%)"
    r"[)\]\"']*(?:\s|[:=|(\[\"'>~]|->|is )*$"
)
_SMALLER = re.compile(rf"\s+[0-9.]+\s*({'|'.join(_TIMES)}|m)(?!\w)")


@dataclass(frozen=True)
class Unit:
    """A unit after a number."""

    unit: str
    factor: float
    end: int


def unit_after(line: str, at: int) -> Unit | None:
    """The unit after a number that ends at `at`; None if another number belongs to it, as in 1 min 5 s."""
    found = _GLUED.match(line, at)
    if not found or not found[0]:
        opening = _OPENING.match(line, at)
        cell = _CELL.match(line, at)
        begin = cell.start(1) if cell else opening.end() if opening else None
        found = _SPACED.match(line, begin) if begin is not None else None
    if not found:
        return Unit("", 1.0, at)
    written = found[0].replace(" per ", "/")
    word, slash, each = written.partition("/")
    base, factor = _converted(word)
    smaller = _SMALLER.match(line, found.end())
    mine = _TIMES.get(word, 60.0 if word == "m" else 0.0)
    if smaller and mine > _TIMES.get(smaller[1], 60.0):
        return None
    return Unit(base + slash + each, factor, found.end())


def unit_before(line: str, at: int) -> str:
    """The unit before a number that begins at `at`: ops/s in `ops/s: 5`, ms in `latency_ms=5` and `time (ms): 5`, $ in `$5`."""
    currency = _CURRENCY.search(line[max(at - 80, 0) : at])
    if currency:
        return currency[1]
    found = _LABEL.search(line[max(at - 80, 0) : at])
    if not found or re.search(r"\d\s*$", found.string[: found.start(1)]):  # that of another number
        return ""
    label = found[1].replace(" per ", "/").strip("_")
    last = label.rpartition("_")[2]
    if "/" in label:
        return last if re.fullmatch(rf".+/{_EACH}", last) else ""
    return last if _SPACED.fullmatch(last) else ""


def _converted(word: str) -> tuple[str, float]:
    if word in _TIMES:
        return "s", _TIMES[word]
    return ("B", _BYTES[word]) if word in _BYTES else (word, 1.0)

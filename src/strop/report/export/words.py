"""Texts of others as a text file, a spreadsheet and a terminal can take them."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line ends, and lone surrogates, which UTF-8 does not have."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), and the apostrophe that says it is none."""


def encodable(text: str) -> str:
    r"""The text with lone surrogates as `\udXXX`, six characters each."""
    return _SURROGATE.sub(_escape, text)


def cell(text: str) -> str:
    r"""The text as a cell of CSV: what would begin a formula has an apostrophe before it, and so has an apostrophe, so that
    taking one away gives the text back; control characters and lone surrogates are `\xNN` and `\udXXX`."""
    shown = _UNSAFE.sub(_escape, text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")

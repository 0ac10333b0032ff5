"""Text of models and programs, made harmless to text files, spreadsheets and terminals."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab and line ends, and lone surrogates, which UTF-8 does not have."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"), and the apostrophe that prevents it."""


def encodable(text: str) -> str:
    r"""The text with lone surrogates as `\udXXX`, six characters each."""
    return _SURROGATE.sub(_escape, text)


def cell(text: str) -> str:
    r"""The text as a cell of CSV. A text that would begin a formula, or that begins with an apostrophe, gets an apostrophe before
    it: taking one away gives the text back. Control characters and lone surrogates become `\xNN` and `\udXXX`."""
    shown = _UNSAFE.sub(_escape, text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")

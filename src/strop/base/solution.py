"""Program text and its identity."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property

from strop.base.later import dataclass

_PUNCTUATION = r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f"
_PART = rf"(?!\d)[^{_PUNCTUATION}]++"
_MANY_DOTS = 100
_LONG_PATH = re.compile(rf"(?<![^{_PUNCTUATION}]){_PART}(?:[\s\\]*+\.[\s\\]*+{_PART}){{{_MANY_DOTS}}}")
"""A dotted name of more than 100 parts. CPython's parser builds the module of an `import` part by part and keeps every step:
200,000 characters of `import a.a.a` take 10 GiB and half a minute in which no other thread runs (3.11 to 3.13)."""
_F_STRING = re.compile(r"\b(?:[fF][rR]?|[rR][fF])['\"]")
_MOST_BRACES = 10_000
"""In a text with f-strings: CPython joins the values of an f-string pair by pair and blocks all threads for seconds (3.11)."""


LONGEST = 1_000_000
"""Characters of one candidate or prompt: both are recorded and must not fill the disk."""
NAMED_BY = 12
"""How many hexadecimal digits of a program's digest people are shown."""


def digest_of(text: str) -> str:
    """The identity of a text: SHA-256 of its UTF-8 bytes, 64 hexadecimal digits.

    Lone surrogates, which no source file can contain but a guest may send, are hashed unchanged.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def short(digest: str | None) -> str:
    """The first digits of a program's digest; `none` if there is no program text."""
    return "none" if digest is None else digest[:NAMED_BY]


def is_costly_to_parse(text: str) -> bool:
    """Whether `ast.parse` is too expensive for the host on this untrusted text."""
    if text.count("{") > _MOST_BRACES and _F_STRING.search(text) is not None:
        return True
    return text.count(".") >= _MANY_DOTS and _LONG_PATH.search(text) is not None


@dataclass(frozen=True)
class Solution:
    """The text of a program. An improver is a solution, too."""

    text: str
    """Text of the program."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text. Equal texts are the same solution."""
        return digest_of(self.text)

    def __repr__(self) -> str:
        return f"Solution({self.digest[:12]}, {len(self.text)} characters)"

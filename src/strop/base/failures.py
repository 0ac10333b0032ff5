"""What an error says, in one line or one word."""

from __future__ import annotations

import re

_EXCEPTION = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Interrupt|Exit|Iteration|Warning)|SystemExit)\b")
"""The name of an exception in an error."""
BUILD_FAILED = "the build failed"
NAMES_ERROR = re.compile(r"\berror\b|not found|no such file|undefined", re.IGNORECASE)
"""Matches a line of output that says what is wrong. If it is the first line, later lines only follow from it."""
_EXIT = re.compile(r"(instance \d+: )?exit status \d+")


def gist(error: str) -> str:
    """An error in one line: the line that names it; else its first line, and its last one if that says more."""
    lines = [line.strip() for line in error.splitlines() if line.strip()] or [""]
    first, last = lines[0], lines[-1]
    if last in first or NAMES_ERROR.search(first):
        return first
    return last if _EXIT.fullmatch(first) and _EXCEPTION.match(last) else f"{first} ... {last}"


def failure(verdict: str, error: str) -> str:
    """The kind of a failure: the type of the exception if one is named, such as `UnboundLocalError`, else the verdict."""
    if error.startswith(BUILD_FAILED):
        return "build error"
    named = _EXCEPTION.findall(gist(error)) if verdict in ("raised", "malformed") else []
    return named[-1] if named else verdict

"""Search an untrusted text with a regular expression, in a process that is killed if it takes too long.

The program chooses the text that a user's expression searches. Nested repeats can take exponential time on a line, several
unbounded ones cubic time; `re` cannot be interrupted and would block the host for ever.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
from dataclasses import dataclass
from typing import TypeAlias

from strop.base import interpreter
from strop.base.errors import Malformed, SandboxError
from strop.tasks.command.written_number import WrittenNumber, number_at

LINE_CHARACTERS = 1000
"""Characters of one line that are searched."""
MOST_MATCHES = 1000
SECONDS = 5
"""CPU time of one search: a busy machine must not fail a program."""
_WALL_SECONDS = 300.0
_SEARCH = """
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1]) + 1))
pattern, text, most, matches = json.load(sys.stdin)
compiled = re.compile(pattern)
found, begin = [], 0
for number, line in enumerate(text.splitlines(keepends=True), 1):
    body = "".join(line.splitlines())
    for match in compiled.finditer(body[:most]):
        if match[1] is not None:
            found.append((number, begin, body[:most + 1], match.span(), match.span(1)))
        if len(found) > matches:
            break
    if len(found) > matches:
        break
    begin += len(line)
json.dump(found, sys.stdout)
"""
_LEFT_OUT = re.compile(r"\[\.\.\. \d+ bytes left out \.\.\.\]")
"""The line that stands for the middle of a long output (sandbox/workspace/output.py)."""


@dataclass(frozen=True)
class Found:
    """A number that a regular expression found."""

    number: WrittenNumber
    line: int
    """Line number, from 1."""
    text: str
    """The match with the whole number."""
    start: int
    end: int
    """The place of the number in the searched text."""


def numbers_in(text: str, pattern: str, seconds: int = SECONDS) -> list[Found]:
    """The numbers of which the first group of a match is a part, in order; `pattern` must compile and have one group.

    Raises:
        Malformed: a group holds no number, a line is too long to be searched, or the search took longer than `seconds`.
        SandboxError: the host could not start a process for it.
    """
    lines = text.splitlines()
    found: dict[int, Found] = {}
    for line, begin, body, match, group in _matches(text, pattern, seconds):
        if len(body) > LINE_CHARACTERS:
            raise Malformed(
                f"is in line {line}, which is longer than {LINE_CHARACTERS} characters; print it on its own line"
            )
        if any(_LEFT_OUT.fullmatch(beside) for beside in lines[max(line - 2, 0) : line + 1]):
            raise Malformed(f"is in line {line}, where the output was cut; print less")
        number = number_at(body, group, match)
        shown = body[min(match[0], number.start) : max(match[1], number.unit_end)]
        found.setdefault(
            begin + number.start, Found(number, line, shown, begin + number.start, begin + number.unit_end)
        )
    return list(found.values())


def spans_in(text: str, pattern: str) -> list[tuple[int, int]]:
    """The places of these numbers in the text, with their units: start and end. Raises the same errors as `numbers_in`."""
    return [(found.start, found.end) for found in numbers_in(text, pattern)]


_Match: TypeAlias = tuple[int, int, str, tuple[int, int], tuple[int, int]]
"""Number, start and text of a line, and the places of a match and of its group in it."""


def _matches(text: str, pattern: str, seconds: int) -> list[_Match]:
    asked = json.dumps([pattern, text, LINE_CHARACTERS, MOST_MATCHES])
    command = interpreter.python("-I", "-S", "-c", _SEARCH, str(seconds))
    try:
        ended = subprocess.run(
            command, input=asked, capture_output=True, text=True, timeout=_WALL_SECONDS, check=True, env={}
        )
    except (OSError, subprocess.SubprocessError) as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode == -signal.SIGXCPU:
            raise Malformed(
                f"is not found: the regular expression {pattern!a:.90} takes more than {seconds} s on this output"
            ) from None
        raise SandboxError(f"the output of a command cannot be searched: {type(error).__name__}") from error
    found: list[_Match] = json.loads(ended.stdout)
    if len(found) > MOST_MATCHES:
        raise Malformed(f"appears more than {MOST_MATCHES} times; print it once")
    return found

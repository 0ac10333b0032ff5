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

from strop.base import interpreter
from strop.base.errors import Malformed, SandboxError

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
found = []
for number, line in enumerate(text.splitlines(), 1):
    for match in compiled.finditer(line[:most]):
        if match[1] is not None:
            found.append((number, line[:most + 1], *match.span(1)))
        if len(found) > matches:
            break
    if len(found) > matches:
        break
json.dump(found, sys.stdout)
"""
_LEFT_OUT = re.compile(r"\[\.\.\. \d+ bytes left out \.\.\.\]")
"""The line that stands for the middle of a long output (sandbox/workspace/output.py)."""


@dataclass(frozen=True)
class Match:
    """A line and the place of a group in it."""

    line: str
    start: int
    end: int


def matches_in(text: str, pattern: str, seconds: int = SECONDS) -> list[Match]:
    """What the first group matches, in order; `pattern` must compile and have one group.

    Raises:
        Malformed: a line is too long to be searched, the output was cut beside it, there are too many matches, or the search took
            longer than `seconds`; without the name of the score.
        SandboxError: the host could not start a process for it.
    """
    lines, found = text.splitlines(), []
    for number, line, start, end in _searched(text, pattern, seconds):
        if len(line) > LINE_CHARACTERS:
            raise Malformed(
                f"is in line {number}, which is longer than {LINE_CHARACTERS} characters; print it on its own line"
            )
        if any(_LEFT_OUT.fullmatch(near) for near in lines[max(number - 2, 0) : number + 1]):
            raise Malformed(f"is in line {number}, where the output was cut; print less")
        found.append(Match(line, start, end))
    return found


def _searched(text: str, pattern: str, seconds: int) -> list[tuple[int, str, int, int]]:
    """Number and text of a line, start and end of the group."""
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
    found: list[tuple[int, str, int, int]] = json.loads(ended.stdout)
    if len(found) > MOST_MATCHES:
        raise Malformed(f"appears more than {MOST_MATCHES} times; print it once")
    return found

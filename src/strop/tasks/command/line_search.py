"""Search an untrusted text with a regular expression, in a process that is killed if it takes too long.

The program chooses the text that a user's expression searches. Nested repeats can take exponential time on a line, several
unbounded ones cubic time; `re` cannot be interrupted and would block the host for ever.
"""

from __future__ import annotations

import json
import subprocess
import sys

from strop.base.errors import Malformed, SandboxError

LINE_CHARACTERS = 1000
"""Characters of one line that are searched."""
SECONDS = 5.0
"""Wall time of one search."""
_SEARCH = """
import json, re, sys
pattern, text, most = json.load(sys.stdin)
compiled = re.compile(pattern)
found, begin = [], 0
for line in text.splitlines(keepends=True):
    for match in compiled.finditer("".join(line.splitlines())[:most]):
        if match[1] is not None:
            found.append((begin + match.start(1), begin + match.end(1)))
    begin += len(line)
json.dump(found, sys.stdout)
"""


def groups_in(text: str, pattern: str, seconds: float = SECONDS) -> list[str]:
    """The first group of every match, line by line; `pattern` must compile and have one group.

    Raises:
        Malformed: the search took longer than `seconds`.
        SandboxError: the host could not start a process for it.
    """
    return [text[start:end] for start, end in spans_in(text, pattern, seconds)]


def spans_in(text: str, pattern: str, seconds: float = SECONDS) -> list[tuple[int, int]]:
    """The positions of those groups in the text: start and end. Raises the same errors as `groups_in`."""
    asked = json.dumps([pattern, text, LINE_CHARACTERS])
    command = [sys.executable, "-I", "-S", "-c", _SEARCH]
    try:
        ended = subprocess.run(
            command, input=asked, capture_output=True, text=True, timeout=seconds, check=True, env={}
        )
    except subprocess.TimeoutExpired:
        raise Malformed(
            f"the regular expression {pattern!a:.90} takes more than {seconds:g} s on this output"
        ) from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise SandboxError(f"the output of a command cannot be searched: {error}") from error
    return [(start, end) for start, end in json.loads(ended.stdout)]

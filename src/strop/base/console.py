"""Standard output, which is for results alone, and notices on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TextIO

_streams: list[TextIO] = []


def results_stream() -> TextIO:
    """Where results are printed: standard output as it was when the command began."""
    return _streams[-1] if _streams else sys.stdout


@contextmanager
def results_alone() -> Iterator[None]:
    """Within the block, standard output is for `results_stream` alone. What a user's code prints is not a result and goes to
    standard error, whether it prints through Python, through C or from a program that it starts."""
    sys.stdout.flush()
    original = os.dup(1)
    stream = os.fdopen(os.dup(original), "w", encoding=sys.stdout.encoding, errors="backslashreplace")
    _streams.append(stream)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
        stream.flush()
    finally:
        _streams.pop()
        os.dup2(original, 1)
        os.close(original)
        with suppress(OSError):  # the reader has gone
            stream.close()


def notify(line: str) -> None:
    """Print `line`, which must be safe for a terminal. Failures to write are ignored."""
    with suppress(OSError, ValueError):  # a closed pipe or terminal
        sys.stderr.write(f"strop: {line}\n")
        sys.stderr.flush()

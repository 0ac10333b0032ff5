"""Run a program of the user once: the conversation goes in, the answer comes out, and nothing of it is left behind.

The program is no guest: it has the user's rights and environment. What it is not given is a terminal, strop's own folder, or
more time and output than was said.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from strop.lm.process_reaper import CANNOT_START

KEEPER = Path(__file__).with_name("process_reaper.py")
LOOK_SECONDS = 0.1
"""How soon a stop is heard of while the program is silent."""
KEEPER_SECONDS = 10.0
"""How long ending a program may take."""
KEPT_OF_ERRORS = 4096
"""Bytes of the end of standard error that are kept."""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    how: Literal["by itself", "timeout", "stopped", "oversized"]
    code: int
    """Its exit code, 128 + n after signal n; says nothing unless it ended by itself."""
    output: bytes
    """What it wrote to standard output, at most as much as was allowed."""
    errors: bytes
    """The end of what it wrote to standard error."""

    @property
    def never_ran(self) -> bool:
        """Whether it, or the program that a shell should have run, could not be started."""
        return self.how == "by itself" and self.code in (CANNOT_START - 1, CANNOT_START)


@dataclass(frozen=True)
class Limits:
    """What one run of a program may take."""

    seconds: float = 600.0
    output_bytes: int = 1 << 20


def run_program(
    words: Sequence[str], text: bytes, environ: Mapping[str, str], limits: Limits, stop: threading.Event
) -> Ended:
    """Run `words` in a new empty folder, with `text` as its standard input. Whatever it started has ended on return.

    Raises:
        OSError: the system has no processes, files or memory left.
    """
    read_end, lifeline = os.pipe()
    try:
        with tempfile.TemporaryFile() as asked:
            asked.write(text)
            asked.seek(0)
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(KEEPER), str(read_end), *words],
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environ),
                pass_fds=(read_end,),
                start_new_session=True,  # Ctrl-C at the terminal is strop's to hear
            )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(read_end)
    with process:
        try:
            how, output, errors = _read(process, limits, stop)
        finally:
            os.close(lifeline)
        try:
            code = process.wait(KEEPER_SECONDS)
        except subprocess.TimeoutExpired:  # something hangs in the kernel, on a dead disk say
            process.kill()
            code = process.wait()
        return Ended(how, code, output, errors)


def _read(
    process: subprocess.Popen[bytes], limits: Limits, stop: threading.Event
) -> tuple[Literal["by itself", "timeout", "stopped", "oversized"], bytes, bytes]:
    assert process.stdout is not None and process.stderr is not None
    deadline = time.monotonic() + limits.seconds
    output, errors = bytearray(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if stop.is_set() or left <= 0:
                return "stopped" if stop.is_set() else "timeout", bytes(output), errors
            for key, _ in selector.select(min(left, LOOK_SECONDS)):
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    errors = (errors + chunk)[-KEPT_OF_ERRORS:]
                else:
                    output += chunk
            if len(output) > limits.output_bytes:
                return "oversized", bytes(output[: limits.output_bytes]), errors
    return "by itself", bytes(output), errors

"""Run a program of the user once: the conversation goes in, the answer comes out, and no process or file of it is left.

The program is not a guest: it has the user's rights and environment. It gets no terminal, an empty folder, and limits of time and
output.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from strop.base import interpreter
from strop.base.private import users_umask
from strop.lm.process_reaper import CANNOT_START

_REAPER = Path(__file__).with_name("process_reaper.py")
_REAPER_SECONDS = 10.0
"""How long ending a program may take."""
_ERROR_BYTES = 4096
"""Bytes of the end of standard error that are kept."""

Ending: TypeAlias = Literal["exited", "timeout", "stopped", "oversized"]


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended."""

    how: Ending
    code: int
    """Its exit code, 128 + n after signal n; means nothing unless it exited by itself."""
    output: bytes
    """What it wrote to standard output, at most as much as was allowed."""
    errors: bytes
    """The end of what it wrote to standard error."""

    @property
    def never_ran(self) -> bool:
        """Whether it, or the program that a shell should have run, could not be started."""
        return self.how == "exited" and self.code in (CANNOT_START - 1, CANNOT_START)


@dataclass(frozen=True)
class ProgramLimits:
    """Limits of one run of a program."""

    seconds: float = 600.0
    output_bytes: int = 1 << 20


async def run_program(
    words: Sequence[str], text: bytes, environ: Mapping[str, str], limits: ProgramLimits
) -> ProgramEnd:
    """Run `words` in a new empty folder, with `text` as its standard input. Every process that it started has ended on return.

    Cancelling the task stops the program.

    Raises:
        OSError: the system has no processes, files or memory left.
    """
    read_end, lifeline = os.pipe()
    try:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(text)
            stdin.seek(0)
            process = await asyncio.create_subprocess_exec(
                *interpreter.python("-I", "-S", str(_REAPER), str(read_end), *words),
                stdin=stdin,
                stdout=PIPE,
                stderr=PIPE,
                env=dict(environ),
                pass_fds=(read_end,),
                start_new_session=True,  # Ctrl-C at the terminal is for strop
                umask=users_umask(),
            )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(read_end)
    output, errors = bytearray(), bytearray()
    try:
        how = await _read(process, limits, output, errors)
    finally:
        os.close(lifeline)
    code = await _exit_code(process)
    return ProgramEnd(how, code, bytes(output[: limits.output_bytes]), bytes(errors[-_ERROR_BYTES:]))


async def _read(process: Process, limits: ProgramLimits, output: bytearray, errors: bytearray) -> Ending:
    """Read both streams until they end or a limit is reached."""
    assert process.stdout is not None and process.stderr is not None
    reading_errors = asyncio.ensure_future(_collect(process.stderr, errors, None))
    try:
        async with asyncio.timeout(limits.seconds):
            if await _collect(process.stdout, output, limits.output_bytes):
                return "oversized"
            await reading_errors
    except TimeoutError:
        return "timeout"
    except asyncio.CancelledError:
        return "stopped"
    finally:
        reading_errors.cancel()
        await asyncio.wait([reading_errors])
    return "exited"


async def _collect(stream: asyncio.StreamReader, data: bytearray, most: int | None) -> bool:
    """Add the stream to `data`; whether it is larger than `most`. Without `most`, only the end of the stream is kept."""
    while chunk := await stream.read(1 << 16):
        data += chunk
        if most is None:
            del data[:-_ERROR_BYTES]
        elif len(data) > most:
            return True
    return False


async def _exit_code(process: Process) -> int:
    """Wait for the end of the process, and read what is left in its streams: a stream closes at its end only."""
    assert process.stdout is not None and process.stderr is not None
    try:
        async with asyncio.timeout(_REAPER_SECONDS):
            await asyncio.gather(*(_collect(stream, bytearray(), None) for stream in (process.stdout, process.stderr)))
            return await process.wait()
    except TimeoutError:  # something hangs in the kernel, for example on a dead disk
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()

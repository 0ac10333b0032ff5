"""Any program as the model: it reads the conversation on standard input and prints the answer on standard output.

It runs in an empty folder and a process group of its own, which is killed when the program ends or its time is up. It is not a
guest: it has the user's rights and environment. docs/models.md describes its input and what counts as an answer.
"""

from __future__ import annotations

import asyncio
import errno
import math
import os
import random
import shlex
import shutil
import signal
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.private import users_umask
from strop.base.terminal_text import escape
from strop.lm.async_model import AsyncModel, model_closed
from strop.lm.base import Completion, CompletionBatch, Fault, Request
from strop.lm.options import ModelSpec
from strop.lm.pace import Clock, Outage, RetryPolicy
from strop.lm.providers import hide_keys
from strop.sandbox.guest.helpers import without_thoughts

HEAD = "command:"
_CANNOT_START = (126, 127)
"""Exit codes of a shell whose program cannot be started."""
_SHORT_OF = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC)
"""Errors of a system that has no processes, memory, descriptors or disk left, and may have some later."""
_ERROR_BYTES = 4096
"""Bytes of the end of standard error that are kept."""
_DRAIN_SECONDS = 1.0
"""How long a process that has left the group may hold the streams open."""


@dataclass(frozen=True)
class CommandSettings:
    """How a program is run."""

    connections: int = 4
    """Programs that run at once."""
    seconds: float = 600.0
    """Longest time of one run."""
    output_bytes: int = 1 << 20
    """A program that prints more is ended, and its answer is cut to this."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class CommandModel(AsyncModel):
    """A model that is a program. Closing it ends every program that runs."""

    def __init__(
        self,
        spec: str,
        environ: Mapping[str, str],
        settings: CommandSettings | None = None,
        *,
        jitter: random.Random,
        clock: Clock | None = None,
    ) -> None:
        """`spec` is `command:` and a command line, split as a shell would, but not run by one. `clock` is for tests.

        Raises:
            ConfigurationError: the command line cannot be read or holds a key, or its program does not exist.
        """
        super().__init__(spec)
        self._words, self._environ, self._settings = _words(spec, environ), environ, settings or CommandSettings()
        self._folder = Path.cwd()
        self._slots = asyncio.Semaphore(self._settings.connections)
        self._outage = Outage(self._settings.retry, escape(spec, 80), clock, jitter=jitter)

    async def answer(self, request: Request) -> Completion:
        """What the program prints, run again until it answers or another attempt cannot help.

        Raises:
            LanguageModelError: there is no answer, or the model was closed.
        """
        with self._outage.attempts() as attempts:
            try:
                while True:
                    async with self._slots:
                        if self._finished:
                            raise model_closed(attempts.faults)
                        attempts.number += 1
                        result = await self._run(request, attempts.number)
                    if isinstance(result, Completion):
                        self._outage.answered(attempts)
                        return replace(result, faults=(*attempts.faults, *result.faults))
                    fault, is_final = result
                    if is_final:
                        attempts.add(fault)
                    if is_final or not await self._outage.retry(attempts, fault):
                        why = f"{fault.detail}{self._outage.attempts_text(attempts)}"
                        raise LanguageModelError(why, attempts.faults)
            except asyncio.CancelledError:
                raise model_closed(attempts.faults) from None

    async def _run(self, request: Request, attempt: int) -> Completion | tuple[Fault, bool]:
        """The answer of one run, or (why there is none, whether another run cannot help)."""
        started, output, errors = time.monotonic(), bytearray(), bytearray()
        try:
            code = await self._ended(request, output, errors)
        except TimeoutError:
            return Fault("timeout", f"no response in {self._settings.seconds:g} s", attempt, maybe_billed=True), False
        except asyncio.CancelledError:
            why = "the model was closed while the program ran"
            return Fault("connection", why, attempt, maybe_billed=True), True
        except OSError as error:
            detail = self._in_words(f"it could not be started: {error}")
            return Fault("connection", detail, attempt), error.errno not in _SHORT_OF
        is_cut = len(output) > self._settings.output_bytes
        if code and not is_cut:
            last_line = errors.decode("utf-8", "replace").strip().split("\n")[-1] or "it printed no error"
            number = f"{code}" if code > 0 else f"{128 - code} (signal {-code})"
            detail, never_ran = self._in_words(f"exit code {number}: {last_line}"), code in _CANNOT_START
            return Fault("server_error", detail, attempt, maybe_billed=not never_ran), never_ran
        text = output[: self._settings.output_bytes].decode("utf-8", "ignore" if is_cut else "replace")
        thoughts, answer = without_thoughts(hide_keys(text.removesuffix("\n"), self._environ))[:2]
        faults = []
        if is_cut:
            faults = [Fault("oversized", f"the program was ended after {self._settings.output_bytes} bytes", attempt)]
        elif not text.strip():
            faults = [Fault("empty", "the program printed nothing and exited with code 0, kept", attempt)]
        return Completion(
            text=answer,
            reasoning=thoughts,
            model=self.name.removeprefix(HEAD).strip(),
            finish_reason="length" if is_cut else "stop",
            seconds=time.monotonic() - started,
            faults=tuple(faults),
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )

    async def _ended(self, request: Request, output: bytearray, errors: bytearray) -> int:
        """Run the program; its exit code, negative after a signal. What it prints is added to `output` and `errors`.

        Raises:
            TimeoutError: it took too long.
            OSError: it cannot be started.
        """
        conversation = "\n\n".join(text for text in (request.expertise, request.message) if text)
        # The host wrote all of the variables; text of a model is on standard input only.
        facts = {
            "STROP_TEMPERATURE": repr(float(request.temperature)),
            "STROP_SAMPLE": str(request.sample),
            "STROP_SYSTEM_BYTES": str(len(request.expertise.encode("utf-8", "replace"))),
        }
        folder = tempfile.TemporaryDirectory("", "strop-command-", ignore_cleanup_errors=True)
        with folder as place, tempfile.TemporaryFile() as stdin:
            stdin.write(conversation.encode("utf-8", "replace"))
            stdin.seek(0)
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=stdin,
                stdout=PIPE,
                stderr=PIPE,
                cwd=place,
                env={**self._environ, **facts},
                umask=users_umask(),
                start_new_session=True,  # away from the terminal, whose Ctrl-C is for strop
            )

            reading = asyncio.gather(self._read_output(process, output), _read_end(process.stderr, errors))
            try:
                async with asyncio.timeout(self._settings.seconds):
                    while process.returncode is None:  # `wait` waits for the streams, which others may hold open
                        await asyncio.sleep(0.01)
                return process.returncode
            finally:
                _kill_group(process)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_DRAIN_SECONDS):
                        await asyncio.gather(reading, process.wait())
                process._transport.close()  # type: ignore[attr-defined]

    async def _read_output(self, process: Process, output: bytearray) -> None:
        """Add what the program prints to `output`, and end it when that is too much."""
        most = self._settings.output_bytes
        while process.stdout and (chunk := await process.stdout.read(1 << 16)):
            output += chunk[: most + 1 - len(output)]
            if len(output) > most:
                _kill_group(process)

    def _end_waits(self) -> None:
        self._outage.finish()

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of a call that failed with `error`."""
        relative = next((word for word in self._words[1:] if word[:1] != "/" and (self._folder / word).is_file()), None)
        hint = f". It runs in an empty folder: write the full path of {relative}" if relative else ""
        return f"{super().failure_message(error, batch)}{hint}"

    def _in_words(self, text: str) -> str:
        return escape(hide_keys(text, self._environ), 300)


def from_spec(spec: ModelSpec) -> CommandModel:
    """The model `command:PROGRAM ARGUMENTS`. Raises ConfigurationError as `CommandModel` does."""
    defaults, options = CommandSettings(), spec.settings
    settings = CommandSettings(
        connections=options.connections or defaults.connections,
        seconds=options.timeout or defaults.seconds,
        retry=RetryPolicy(options.give_up_after),
    )
    return CommandModel(spec.text, spec.environ, settings, jitter=random.Random(spec.seed))


async def _read_end(stream: asyncio.StreamReader | None, end: bytearray) -> None:
    while stream and (chunk := await stream.read(1 << 16)):
        end += chunk
        del end[:-_ERROR_BYTES]


def _kill_group(process: Process) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it has ended; it is another user's, by sudo
        os.killpg(process.pid, signal.SIGKILL)


def _words(spec: str, environ: Mapping[str, str]) -> list[str]:
    line = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
    if not line.isprintable():
        raise ConfigurationError("--model command: the command line must be one line of printable text")
    if hide_keys(line, environ) != line:
        raise ConfigurationError(
            "--model command: the command line, which is recorded, holds a key of your environment; let the program read the "
            "variable itself"
        )
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(f"--model {spec}: invalid command line: {error}") from error
    if not words:
        raise ConfigurationError('--model command needs a program: --model "command:llm -m gpt-4o"')
    program = shutil.which(words[0], path=environ.get("PATH"))
    if program is None:
        raise ConfigurationError(f"--model {spec}: there is no program {words[0]!r}")
    return [str(Path(program).absolute()), *words[1:]]

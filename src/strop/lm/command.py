"""Any program as the model: it reads the conversation on standard input and prints the answer on standard output.

docs/models.md describes its input and what counts as an answer. Several run at once, up to a limit that all callers share.

A program gets no terminal, an empty folder, and limits of time and output; no process or file of it is left. It is not a guest:
it has the user's rights and environment. Not here: budgets and records (the caller's).
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import shlex
import shutil
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from strop.base import interpreter
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.private import users_umask
from strop.base.terminal_text import escape
from strop.lm.async_model import AsyncModel, model_closed
from strop.lm.base import Completion, CompletionBatch, Fault, Request, split_thoughts
from strop.lm.options import ModelSpec
from strop.lm.pace import Attempts, Clock, GiveUp, Outage, RetryPolicy
from strop.lm.process_reaper import CANNOT_START
from strop.lm.secrets import Secrets

_REAPER = Path(__file__).with_name("process_reaper.py")
_REAPER_SECONDS = 10.0
"""How long ending a program may take."""
_ERROR_BYTES = 4096
"""Bytes of the end of standard error that are kept."""

_LONGEST_DETAIL = 300
HEAD = "command:"


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


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended."""

    how: Literal["exited", "timeout", "stopped", "oversized"]
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


async def run_program(
    words: Sequence[str], text: bytes, environ: Mapping[str, str], limits: CommandSettings
) -> ProgramEnd:
    """Run `words` in a new empty folder, with `text` as its standard input. Every process that it started has ended on return.

    Cancelling the task stops the program.

    Raises:
        OSError: the system has no processes, files or memory left.
    """
    process, lifeline = await _started(words, text, environ)
    assert process.stdout is not None and process.stderr is not None
    output, errors = bytearray(), bytearray()
    how: Literal["exited", "timeout", "stopped", "oversized"] = "exited"
    reading_errors = asyncio.ensure_future(_read(process.stderr, errors))
    try:
        async with asyncio.timeout(limits.seconds):
            if await _read(process.stdout, output, limits.output_bytes):
                how = "oversized"
            else:
                await reading_errors
    except TimeoutError:
        how = "timeout"
    except asyncio.CancelledError:
        how = "stopped"
    finally:
        os.close(lifeline)
        reading_errors.cancel()
        await asyncio.wait([reading_errors])
    try:
        async with asyncio.timeout(_REAPER_SECONDS):  # a stream closes at its end only
            await asyncio.gather(*(_read(stream, bytearray()) for stream in (process.stdout, process.stderr)))
            code = await process.wait()
    except TimeoutError:  # something hangs in the kernel, for example on a dead disk
        with suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
    return ProgramEnd(how, code, bytes(output[: limits.output_bytes]), bytes(errors[-_ERROR_BYTES:]))


async def _started(words: Sequence[str], text: bytes, environ: Mapping[str, str]) -> tuple[Process, int]:
    """A process apart from the terminal, whose Ctrl-C is for strop; closing the descriptor ends all that it started."""
    read_end, lifeline = os.pipe()
    try:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(text)
            stdin.seek(0)
            reaped = interpreter.python("-I", "-S", str(_REAPER), str(read_end), *words)
            more: Any = {"env": dict(environ), "pass_fds": (read_end,), "umask": users_umask(), "stdin": stdin}
            more |= {"stdout": PIPE, "stderr": PIPE, "start_new_session": True}
            process = await asyncio.create_subprocess_exec(*reaped, **more)
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(read_end)
    return process, lifeline


async def _read(stream: asyncio.StreamReader, data: bytearray, most: int | None = None) -> bool:
    """Add the stream to `data`; whether it is larger than `most`. Without `most`, only the end of the stream is kept."""
    while chunk := await stream.read(1 << 16):
        data += chunk
        if most is None:
            del data[:-_ERROR_BYTES]
        elif len(data) > most:
            return True
    return False


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
            ConfigurationError: the command line cannot be read, or its program does not exist.
        """
        super().__init__(spec)
        self._settings = settings or CommandSettings()
        self._words = _words(spec, environ)
        self._environ = environ
        self._secrets = Secrets(environ)
        if self._secrets.are_in(spec):
            raise ConfigurationError(
                "--model command: the command line, which is recorded, holds a key of your environment; let the program read "
                "the variable itself"
            )
        self._folder = Path.cwd()
        self._slots = asyncio.Semaphore(self._settings.connections)
        self._outage = Outage(self._settings.retry, escape(self._secrets.masked(spec), 80), clock, jitter=jitter)

    async def answer(self, request: Request) -> Completion:
        """What the program prints, run again until it answers or another attempt cannot help.

        Raises:
            LanguageModelError: there is no answer, or the model was closed.
        """
        with self._outage.attempts() as attempts:
            try:
                return await self._answer(request, attempts)
            except asyncio.CancelledError:
                raise model_closed(attempts.faults) from None

    async def _answer(self, request: Request, attempts: Attempts) -> Completion:
        given_up: GiveUp | None = None
        while given_up is None:
            try:
                ended, seconds = await self._run(request, attempts)
            except OSError as error:
                fault = Fault("connection", self._in_words(f"it could not be started: {error}"), attempts.number)
            else:
                if ended.how == "oversized" or (ended.how == "exited" and ended.code == 0):
                    self._outage.answered(attempts)
                    return self._completion(request, ended, seconds, attempts)
                fault = self._fault(ended, attempts.number)
                if ended.never_ran or ended.how == "stopped":
                    raise LanguageModelError(fault.detail, (None,), (*attempts.faults, fault))
            given_up = await self._outage.retry(attempts, fault, reached=False)
        if given_up is GiveUp.ALONE:
            return Completion("", self._model, finish_reason="refused", faults=attempts.faults)
        raise LanguageModelError(f"{fault.detail}{self._outage.attempts_text(attempts)}", (None,), attempts.faults)

    async def _run(self, request: Request, attempts: Attempts) -> tuple[ProgramEnd, float]:
        """(how one run of the program ended, seconds that it took)."""
        # The host wrote all of the variables; text of a model is on standard input only.
        environ = {
            **self._environ,
            "STROP_TEMPERATURE": repr(float(request.temperature)),
            "STROP_SAMPLE": str(request.sample),
            "STROP_SCOPE": request.scope,
            "STROP_SYSTEM_BYTES": str(len(request.expertise.encode("utf-8", "replace"))),
        }
        conversation = "\n\n".join(text for text in (request.expertise, request.message) if text)
        async with self._slots:
            if self._finished:
                raise model_closed(attempts.faults)
            attempts.number += 1
            started = time.monotonic()
            ended = await run_program(self._words, conversation.encode("utf-8", "replace"), environ, self._settings)
            return ended, time.monotonic() - started

    def _end_waits(self) -> None:
        self._outage.finish()

    @property
    def _model(self) -> str:
        return self.name.removeprefix(HEAD).strip()

    def _completion(self, request: Request, ended: ProgramEnd, seconds: float, attempts: Attempts) -> Completion:
        attempt = attempts.number
        text, remarks = ended.output.decode("utf-8", "replace"), list(attempts.faults)
        if ended.how == "oversized":
            text = ended.output.decode("utf-8", "ignore")
            remarks.append(Fault("oversized", f"the program was ended after {len(ended.output)} bytes", attempt))
        elif "�" in text and text.encode() != ended.output:
            remarks.append(Fault("bad_response", "the answer is not UTF-8: the rest is shown as �", attempt))
        if not text.strip():
            remarks.append(Fault("empty", "the program printed nothing and exited with code 0, kept", attempt))
        thoughts, answer = split_thoughts(
            self._secrets.masked(text.removesuffix("\n"), is_cut=ended.how == "oversized")
        )
        return Completion(
            text=answer,
            reasoning=thoughts,
            model=self._model,
            finish_reason="length" if ended.how == "oversized" else "stop",
            seconds=seconds,
            faults=tuple(remarks),
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )

    def _fault(self, ended: ProgramEnd, attempt: int) -> Fault:
        if ended.how == "timeout":
            return Fault("timeout", f"no answer after {self._settings.seconds:g} s", attempt, maybe_billed=True)
        if ended.how == "stopped":
            return Fault("connection", "the model was closed while the program ran", attempt, maybe_billed=True)
        last_line = ended.errors.decode("utf-8", "replace").strip().split("\n")[-1] or "it printed no error"
        signal = f" (signal {ended.code - 128})" if ended.code > 128 else ""
        detail = self._in_words(f"exit code {ended.code}{signal}: {last_line}")
        return Fault("server_error", detail, attempt, maybe_billed=not ended.never_ran)

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of a call that failed with `error`."""
        relative = next((word for word in self._words[1:] if word[:1] != "/" and (self._folder / word).is_file()), None)
        hint = f". It runs in an empty folder: write the full path of {relative}" if relative else ""
        return f"{self._secrets.masked(super().failure_message(error, batch))}{hint}"

    def _in_words(self, text: str) -> str:
        return escape(self._secrets.masked(text), _LONGEST_DETAIL)


def from_spec(spec: ModelSpec) -> CommandModel:
    """The model `command:PROGRAM ARGUMENTS`.

    Raises:
        ConfigurationError: the command line cannot be read, or its program does not exist.
    """
    defaults, options = CommandSettings(), spec.settings
    settings = CommandSettings(
        connections=options.connections or defaults.connections,
        seconds=options.timeout or defaults.seconds,
        retry=RetryPolicy(options.give_up_after),
    )
    return CommandModel(spec.text, spec.environ, settings, jitter=random.Random(spec.seed))


def _words(spec: str, environ: Mapping[str, str]) -> list[str]:
    line = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
    if not line.isprintable():
        raise ConfigurationError("--model command: the command line must be one line of printable text")
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

"""Any program as the model: it reads the conversation on standard input and prints the answer on standard output.

It runs in an empty folder and a process group of its own, which is killed when the program ends or its time is up. It is not a
guest: it has the user's rights and environment. docs/reference/models.md describes its input and what counts as an answer.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import shlex
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.private import users_umask
from strop.base.responses import without_thoughts
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.lm.async_model import STOPPED, AsyncModel, model_closed
from strop.lm.base import Completion, Fault, Request
from strop.lm.options import ModelSpec
from strop.lm.pace import Outage, RetryPolicy
from strop.lm.providers import hide_keys

HEAD = "command:"
LARGEST_ANSWER = 1 << 20
"""Most bytes of an answer; the rest is cut. A program that prints 64 times as much, or as many errors, is ended."""


class CommandModel(AsyncModel):
    """A model that is a program. Closing it ends every program that runs."""

    def __init__(self, spec: str, environ: Mapping[str, str], outage: Outage, connections: int, seconds: float) -> None:
        """`spec` is `command:` and a command line; at most `connections` programs run at once, each for at most `seconds`.

        Raises:
            ConfigurationError: the command line cannot be read or holds a key, or its program does not exist.
        """
        super().__init__(spec)
        self._arguments, self._environ = _command_line(spec, environ), environ
        self._outage: Outage = outage
        self._slots, self._seconds = asyncio.Semaphore(connections), seconds

    async def answer(self, request: Request) -> Completion:
        """What the program prints. It is run again until it answers. Raises LanguageModelError where another run cannot help."""
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
                        return replace(result, faults=attempts.faults)
                    if result.fault == "connection":
                        attempts.add(result)
                    elif await self._outage.retry(attempts, result):
                        continue
                    raise LanguageModelError(f"{result.detail}{self._outage.attempts_text(attempts)}", attempts.faults)
            except asyncio.CancelledError:
                raise model_closed(attempts.faults) from None

    async def _run(self, request: Request, attempt: int) -> Completion | Fault:
        """The answer of one run, or the fault that explains why there is none; `connection` where another run cannot help."""
        started = time.monotonic()
        try:
            with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
                code = await self._exit_code(request, output, errors)
                printed = os.pread(output.fileno(), LARGEST_ANSWER + 1, 0)
                end = os.pread(errors.fileno(), 4096, max(0, os.fstat(errors.fileno()).st_size - 4096))
                last_line = end.decode("utf-8", "replace").strip().split("\n")[-1] or "it printed no error"
        except TimeoutError:
            return Fault("timeout", f"no response in {self._seconds:g} s", attempt, maybe_billed=True)
        except asyncio.CancelledError:
            return Fault("connection", STOPPED, attempt, maybe_billed=True)
        except OSError as error:
            return Fault("connection", self._printable(f"it could not be started: {error}"), attempt)
        is_cut = len(printed) > LARGEST_ANSWER
        if code and not is_cut:
            number = f"{code}" if code > 0 else f"{128 - code} (signal {-code})"
            never_ran = code in (126, 127)  # those of a shell whose program cannot be started
            detail = self._printable(f"exit code {number}: {last_line}")
            return Fault("connection" if never_ran else "server_error", detail, attempt, maybe_billed=not never_ran)
        text = printed[:LARGEST_ANSWER].decode("utf-8", "ignore" if is_cut else "replace").removesuffix("\n")
        thoughts, answer = without_thoughts(hide_keys(text, self._environ))[:2]
        return Completion(
            text=answer,
            reasoning=thoughts,
            model=self.name.removeprefix(HEAD).strip(),
            finish_reason="length" if is_cut else "stop",
            seconds=time.monotonic() - started,
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )

    async def _exit_code(self, request: Request, *files: IO[bytes]) -> int:
        """The exit code of the program, negative after a signal. `files` are not read to their end: other processes may hold them
        open."""
        conversation = "\n\n".join(text for text in (request.expertise, request.message) if text)
        # The host wrote the variables; text of a model is on standard input only.
        facts = {"STROP_TEMPERATURE": repr(float(request.temperature)), "STROP_SAMPLE": str(request.sample)}
        folder = tempfile.TemporaryDirectory("", "strop-command-", ignore_cleanup_errors=True)
        with folder as path, tempfile.TemporaryFile() as stdin:
            stdin.write(conversation.encode("utf-8", "replace"))
            stdin.seek(0)
            process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=stdin,
                stdout=files[0],
                stderr=files[1],
                cwd=path,
                env={**self._environ, **facts},
                umask=users_umask(),
                start_new_session=True,  # away from the terminal, whose Ctrl-C is for strop
            )
            try:
                async with asyncio.timeout(self._seconds):
                    most = LARGEST_ANSWER << 6
                    while process.returncode is None and all(os.fstat(file.fileno()).st_size < most for file in files):
                        await asyncio.sleep(0.01)
                return -signal.SIGKILL if process.returncode is None else process.returncode
            finally:
                with suppress(ProcessLookupError, PermissionError):  # it has ended; it is another user's, by sudo
                    os.killpg(process.pid, signal.SIGKILL)
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), 1.0)

    def _printable(self, text: str) -> str:
        return escape(hide_keys(text, self._environ), 300)


def from_spec(spec: ModelSpec) -> CommandModel:
    """The model `command:PROGRAM ARGUMENTS`. Raises ConfigurationError as `CommandModel` does."""
    options = spec.settings
    outage = Outage(RetryPolicy(options.give_up_after), escape(spec.text, 80), jitter=random.Random(spec.seed))
    return CommandModel(spec.text, spec.environ, outage, options.connections or 4, options.timeout or 600.0)


def _command_line(spec: str, environ: Mapping[str, str]) -> list[str]:
    line = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
    if not line.isprintable():
        raise ConfigurationError(f"{option('model')} command: the command line must be one line of printable text")
    if hide_keys(line, environ) != line:
        raise ConfigurationError(
            f"{option('model')} command: the command line, which is recorded, holds a key of your environment; "
            "let the program read the "
            "variable itself"
        )
    try:
        arguments = shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(f"{option('model')} {spec}: invalid command line: {error}") from error
    if not arguments:
        raise ConfigurationError(
            f'{option("model")} command needs a program: {option("model")} "command:llm -m gpt-4o"'
        )
    program = shutil.which(arguments[0], path=environ.get("PATH"))
    if program is None:
        raise ConfigurationError(f"{option('model')} {spec}: there is no program {arguments[0]!r}")
    if relative_file := next(
        (word for word in arguments[1:] if "." in word and not word.startswith("/") and Path(word).is_file()), ""
    ):
        raise ConfigurationError(
            f"{option('model')} {spec}: the program runs in an empty folder; write {Path(relative_file).absolute()}"
        )
    return [str(Path(program).absolute()), *arguments[1:]]

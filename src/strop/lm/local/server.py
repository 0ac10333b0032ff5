"""llama.cpp in a process of its own, on the loopback, with a key that only this run knows.

The process is a child of the thread of the event loop: Linux ends a child with the *thread* that started it. It ends with the run
whatever happens to the run: by `stop`, by the kernel (`PR_SET_PDEATHSIG`), and by the end of its standard input.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import secrets
import shutil
import signal
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from strop.base import interpreter
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.async_model import event_loop

EXTRA = ("xllamacpp", "huggingface_hub")
"""What the extra `local` installs."""
_TAIL_BYTES = 4096
_LONGEST_TAIL = 400
_PRIVATE = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""Parts of the names of variables that llama.cpp does not get: it needs no key."""


@dataclass(frozen=True)
class Launch:
    """What is served, and how."""

    path: Path
    """The model's file; of several parts the first."""
    parallel: int
    """Responses written at the same time, 1 and up."""
    context: int
    """Tokens of one prompt and its response together; llama.cpp caps it at what the model was trained for."""
    alias: str
    """The model's name in its answers."""
    threads: int | None = None
    """None: llama.cpp's default."""


def require_extra(spec: str) -> None:
    """Raises ConfigurationError where the extra `local` is not installed."""
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"--model {spec} needs the extra `local` ({' and '.join(missing)} not installed): pip install 'strop[local]'"
        )


class Server:
    """Serves from the moment it is made until `stop`. `name` is for messages.

    Raises:
        LanguageModelError: llama.cpp did not start; the message has the end of its log.
    """

    def __init__(self, launch: Launch, name: str) -> None:
        self.launch, self.key = launch, secrets.token_urlsafe(32)
        self.on_exit: Callable[[], object] = lambda: None
        """Called in the event loop when the process ends."""
        self._name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._process: Process | None = None
        self._exit: asyncio.Task[None] | None = None
        self._stopping = False
        self._obituary = ""
        try:
            self.url = asyncio.run_coroutine_threadsafe(self._start(), event_loop()).result()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def died(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process is not None and self._process.returncode is not None and not self._stopping

    def stop(self) -> None:
        """End the process and wait for that. Idempotent."""
        self._stopping = True
        asyncio.run_coroutine_threadsafe(self._stop(), event_loop()).result()
        self._log.close()

    def obituary(self) -> str:
        """One line: how the process ended, the end of its log, and the file that holds all of the log."""
        self._obituary = self._obituary or f"{self._name}: llama.cpp has ended {self._ending()}. {self._log_tail()}"
        return self._obituary

    async def _start(self) -> str:
        """Start the process; its address, once it answers. A large model takes minutes to load."""
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *interpreter.python("-m", "strop.lm.local.serve"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=self._log,
                start_new_session=True,  # Ctrl-C is for the run, which ends the process when its answers have arrived
                env={
                    name: value
                    for name, value in interpreter.environment().items()
                    if not any(part in name for part in _PRIVATE)
                },
            )
        except OSError as error:
            raise LanguageModelError(f"{self._name}: llama.cpp could not be started: {error}") from error
        self._exit = asyncio.ensure_future(self._watch(process))
        order = asdict(self.launch) | {"path": str(self.launch.path), "key": self.key, "parent": os.getpid()}
        assert process.stdin is not None and process.stdout is not None
        with suppress(BrokenPipeError, ConnectionResetError):  # it ended at once; there is no line then
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            await process.wait()
            raise LanguageModelError(
                f"{self._name}: llama.cpp could not load {self.launch.path} (it ended {self._ending()}). {self._log_tail()}"
            )
        return str(json.loads(line)["url"])

    async def _watch(self, process: Process) -> None:
        await process.wait()
        self.on_exit()

    async def _stop(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()  # it holds nothing that could be lost; while it loads, it ignores milder signals
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        if self._exit is not None:
            await self._exit

    def _ending(self) -> str:
        return ending_of(self._process.returncode if self._process else None)

    def _log_tail(self) -> str:
        """The end of the log in one line, and the file in the temporary folder that holds all of it."""
        if self._log.closed:
            return "Its log is gone."
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), _TAIL_BYTES, max(size - _TAIL_BYTES, 0)).decode("utf-8", "replace")
        text = " | ".join("".join(c if c.isprintable() else " " for c in line) for line in tail.splitlines() if line)
        if not text:
            return "Its log is empty."
        end = text if len(text) <= _LONGEST_TAIL else f"…{text[-_LONGEST_TAIL:]}"
        return f"Its log ends with: {end} (full log: {self._copy_log()})"

    def _copy_log(self) -> str:
        try:
            with tempfile.NamedTemporaryFile(prefix="strop-llamacpp-", suffix=".log", delete=False) as copy:
                self._log.seek(0)  # its writer has ended
                shutil.copyfileobj(self._log, copy)
            return copy.name
        except OSError as error:
            return f"not kept, {error}"


def ending_of(code: int | None) -> str:
    """How a process ended: `with exit code 3`, `by SIGTERM`. `code` is negative for a signal, as in subprocess."""
    if code is None or code >= 0:
        return f"with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"by {name}{' (out of memory?)' if -code == signal.SIGKILL else ''}"

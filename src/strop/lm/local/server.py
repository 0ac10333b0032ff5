"""llama.cpp in a process of its own, on the loopback, with a key that only this run knows.

A thread starts the process and stays until its end: Linux ends a child with the *thread* that started it, and the run learns
of a server that died without asking. The process ends with the run whatever happens to the run: by `stop`, by the kernel
(`PR_SET_PDEATHSIG`), and by the end of its standard input.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from strop.base.errors import ConfigurationError, LanguageModelError

EXTRA = ("xllamacpp", "huggingface_hub")
"""What the extra `local` installs."""
_TAIL_BYTES = 4096
_LONGEST_WORDS = 400
_PRIVATE = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""Parts of the names of variables that llama.cpp is not given: it needs no key of anybody."""


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
    """What the model calls itself in its answers."""
    threads: int | None = None
    """None: as llama.cpp chooses."""


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
        LanguageModelError: llama.cpp did not start, with its last words.
    """

    def __init__(self, launch: Launch, name: str) -> None:
        self.launch, self.key = launch, secrets.token_urlsafe(32)
        self.url = ""
        self._name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._started, self._ended, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._told = ""
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], object]] = []
        self._keeper = threading.Thread(target=self._keep, name="llama.cpp", daemon=True)
        self._keeper.start()
        try:
            self.url = self._address()
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
        """Whether it has ended without being told to."""
        return self._ended.is_set() and not self._stopping.is_set()

    def when_ended(self, listener: Callable[[], object]) -> None:
        """`listener` is called once, from another thread, when the process ends; at once if it has."""
        with self._lock:
            if not self._ended.is_set():
                self._listeners.append(listener)
                return
        listener()

    def stop(self) -> None:
        """End the process and wait for that. Idempotent."""
        self._stopping.set()
        self._started.wait()
        if self._process is not None:
            self._process.kill()  # it holds nothing that could be lost; loading, it would hear nothing milder
        self._keeper.join()
        for end in (self._process.stdin, self._process.stdout) if self._process else ():
            if end is not None:
                with suppress(BrokenPipeError):
                    end.close()
        self._log.close()

    def obituary(self) -> str:
        """One line: how it ended, its last words, and the file in which all of them were kept."""
        with self._lock:
            self._told = self._told or f"{self._name}: llama.cpp has ended {self._how()}. {self._last_words()}"
            return self._told

    def _keep(self) -> None:
        """Start the process and see it through."""
        try:
            self._process = self._begin()
        except OSError as error:
            self._failure = error
        finally:
            self._started.set()
        if self._process is not None:
            self._process.wait()
        with self._lock:
            self._ended.set()
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def _begin(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "strop.lm.local.serve"],  # -P: no module of the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for the run, which ends it when its answers are in
            env={name: value for name, value in os.environ.items() if not any(part in name for part in _PRIVATE)},
        )
        order = asdict(self.launch) | {"path": str(self.launch.path), "key": self.key, "parent": os.getpid()}
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it ended at once; the silence that follows says so
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        return process

    def _address(self) -> str:
        """Where it answers, once it does; a large model takes minutes."""
        self._started.wait()
        if self._process is None:
            raise LanguageModelError(f"{self._name}: llama.cpp could not be started: {self._failure}")
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._keeper.join()
            raise LanguageModelError(
                f"{self._name}: llama.cpp could not load {self.launch.path} (it ended {self._how()}). {self._last_words()}"
            )
        return str(json.loads(line)["url"])

    def _how(self) -> str:
        code = self._process.returncode if self._process else None
        if code is None or code >= 0:
            return f"with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"by {name}{' (out of memory?)' if -code == signal.SIGKILL else ''}"

    def _last_words(self) -> str:
        """The end of the log in one line; all of it is kept in a file of the temporary folder, which is named."""
        if self._log.closed:
            return "Its log is gone."
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), _TAIL_BYTES, max(size - _TAIL_BYTES, 0)).decode("utf-8", "replace")
        words = " | ".join("".join(c if c.isprintable() else " " for c in line) for line in tail.splitlines() if line)
        if not words:
            return "It said nothing."
        said = words if len(words) <= _LONGEST_WORDS else f"…{words[-_LONGEST_WORDS:]}"
        return f"It said: {said} (all of it: {self._kept_log()})"

    def _kept_log(self) -> str:
        try:
            with tempfile.NamedTemporaryFile(prefix="strop-llamacpp-", suffix=".log", delete=False) as copy:
                self._log.seek(0)  # its writer has ended
                shutil.copyfileobj(self._log, copy)
            return copy.name
        except OSError as error:
            return f"not kept, {error}"

"""People as the model: each request is a file in a folder, each answer a file that somebody puts beside it.

It waits as long as it takes, in looks at the folder that get rarer while nothing changes. A request that was answered once is
never put again, and a folder that a stopped run has left is gone on with. What the files look like: `inbox_files.py`.

Not here: budgets and records (the caller's).
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.pluralize import quantity
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.batch import CompletionBatch
from strop.lm.inbox_files import Read, read_answer
from strop.lm.inbox_folder import Folder, Found
from strop.lm.options import ModelSpec
from strop.lm.replay import key_of

HEAD = "inbox:"


@dataclass(frozen=True)
class Settings:
    """How to wait."""

    settle_seconds: float = 1.0
    """How long an answer's file must stay as it is before it counts as whole."""
    first_look_seconds: float = 0.1
    rarest_look_seconds: float = 2.0
    say_seconds: float = 5.0
    """Between two lines about what is waited for, at least."""
    largest_answer_bytes: int = 1 << 20
    """Longer answers are cut to this."""


class Inbox:
    """A model that is a folder. Nothing is made or locked before the first request."""

    is_language_model = True

    def __init__(
        self, spec: str, settings: Settings | None = None, *, seed: int = 0, notify: Callable[[str], object] = notify
    ) -> None:
        """`spec` is `inbox:` and a folder, which is made where there is none. Runs of another `seed` ask requests of their own.

        Raises:
            ConfigurationError: no folder is named, or something else has its name.
        """
        path = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
        if not path.strip() or not path.isprintable():
            raise ConfigurationError("--model inbox needs a folder for requests and answers: inbox:DIR")
        folder = Path(path).expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise ConfigurationError(f"--model {spec}: {path} is not a folder")
        self.name = spec
        self._settings = settings or Settings()
        self._say = notify
        self._seed = seed
        self._news = _News(self.name, self._settings.say_seconds, notify)
        self._folder = Folder(folder, shown=path)
        self._finished = threading.Event()

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order. Returns when each has its answer.

        Raises:
            LanguageModelError: the folder cannot be used, or the model was finished before every answer was there; requests
                without an answer stay in the folder.
        """
        batch = CompletionBatch(requests, keep)
        keys = [self._key(request) for request in requests]
        try:
            if requests and not self._finished.is_set():
                waiting = self._folder.put(dict(zip(keys, requests, strict=True)))
                self._news.add(waiting, len(requests) - len(waiting))
                self._wait(batch, keys)
        except LanguageModelError as error:
            error.completions = tuple(batch.answers)
            raise
        except OSError as error:
            raise batch.failure(f"{self.name}: {error.strerror or error}") from error
        if batch.missing:
            raise batch.failure(
                f"{self.name}: {quantity(len(batch.missing), 'request')} of {len(requests)} unanswered when the run was "
                "stopped; what was put into the folder stays there"
            )
        return batch.completions()

    def finish(self) -> None:
        """Wait no longer and put no more requests; those in the folder stay. Idempotent."""
        self._finished.set()

    def close(self) -> None:
        """Finish, and let another strop have the folder. Idempotent."""
        self.finish()
        self._news.end()
        self._folder.close()

    def _key(self, request: Request) -> str:
        """The key of a request, which tells it from the same one in a run of another seed."""
        key = key_of(request)
        return hashlib.sha256(f"{self._seed} {key}".encode()).hexdigest() if self._seed else key

    def _wait(self, batch: CompletionBatch, keys: Sequence[str]) -> None:
        """Fill `batch` until no answer is missing or the model is finished."""
        since = time.monotonic()
        pause = self._settings.first_look_seconds
        is_last = False
        while batch.missing and not is_last:
            is_last = self._finished.is_set()  # what came before the end still counts
            changed = self._folder.look(self._settings.settle_seconds)
            for position in batch.missing:
                file = self._folder.answer(keys[position])
                read = read_answer(file.path, self._settings.largest_answer_bytes, file.stamp) if file else None
                if file and read:
                    seconds = time.monotonic() - since
                    batch.add(position, self._completion(batch.requests[position], file, read, seconds))
                    self._folder.take(keys[position], file)
            self._news.tell()
            if batch.missing:
                for name in self._folder.strays():
                    self._say(f"{self.name}: {name} answers no open request; requests say how their answers are named")
                pause = self._settings.first_look_seconds if changed else pause * 1.5
                self._finished.wait(min(pause, self._settings.rarest_look_seconds))

    def _completion(self, request: Request, found: Found, read: Read, seconds: float) -> Completion:
        faults = []
        if read.is_cut:
            faults.append(Fault("oversized", f"the answer was cut to {self._settings.largest_answer_bytes} bytes", 1))
        if not read.is_text:
            faults.append(Fault("bad_response", "the answer is not UTF-8: what cannot be read is shown as �", 1))
        for fault in faults if found.stamp else ():
            self._say(f"{self.name}: {found.path.name}: {fault.detail}")
        return Completion(
            text=read.text,
            model=found.who or "inbox",
            finish_reason="length" if read.is_cut else "stop",
            seconds=seconds if found.stamp else 0.0,
            faults=tuple(faults),
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )


def from_spec(spec: ModelSpec) -> Inbox:
    """The model `inbox:DIR`."""
    return Inbox(spec.text, seed=spec.seed)


class _News:
    """Says how many requests were put and how many answers were there: now, or when some seconds have passed."""

    def __init__(self, name: str, seconds: float, notify: Callable[[str], object]) -> None:
        self._name, self._seconds, self._say = name, seconds, notify
        self._lock = threading.Lock()
        self._stems: list[str] = []
        self._taken = 0
        self._next = 0.0

    def add(self, stems: Sequence[str], taken: int) -> None:
        with self._lock:
            self._stems += stems
            self._taken += taken
        self.tell()

    def tell(self) -> None:
        """Say what is new, if it is time."""
        with self._lock:
            if time.monotonic() >= self._next:
                self._tell()

    def end(self) -> None:
        """Say what is left."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        stems, taken = self._stems, self._taken
        if not (stems or taken):
            return
        self._stems, self._taken, self._next = [], 0, time.monotonic() + self._seconds
        if taken:
            self._say(f"{self._name}: {quantity(taken, 'answer')} taken from done/")
        if stems:
            names = f"{stems[0]}.md" if len(stems) == 1 else f"{stems[0]}.md to {stems[-1]}.md"
            self._say(
                f"{self._name}: {quantity(len(stems), 'request')} to answer: {names}; write {stems[0]}.answer.md etc."
            )

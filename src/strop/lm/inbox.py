"""People as the model: each request is a file in a folder, each answer a file that somebody puts beside it.

It waits as long as it takes. A run continues with the questions and answers that a stopped run has left.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import re
import stat
import time
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.pluralize import quantity
from strop.base.private import FILE, make_folder, write
from strop.base.terminal_text import escape
from strop.lm.async_model import CLOSED, AsyncModel, Deliver, model_closed
from strop.lm.base import Completion, CompletionBatch, Request
from strop.lm.options import ModelSpec

HEAD = "inbox:"
LARGEST_ANSWER = 1 << 20
"""Bytes of an answer at most."""
Stamp = tuple[int, int, int]
"""Inode, size and time of writing of a file: what stays the same while nobody writes."""


@dataclass(frozen=True)
class InboxSettings:
    """How an inbox waits for answers."""

    settle_seconds: float = 1.0
    """How long an answer's file must stay the same before it counts as complete."""
    look_seconds: float = 0.25


class Inbox(AsyncModel):
    """A model that is a folder, which is made with the first request."""

    def __init__(
        self,
        spec: str,
        settings: InboxSettings | None = None,
        *,
        seed: int = 0,
        notify: Callable[[str], object] = notify,
    ) -> None:
        """`spec` is `inbox:` and a folder. Runs of another `seed` ask their own questions.

        Raises:
            ConfigurationError: no folder is named, or the name is not that of a folder.
        """
        path = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
        if not path.strip() or not path.isprintable():
            raise ConfigurationError("--model inbox needs a folder for requests and responses: inbox:DIR")
        self._folder = Path(path).expanduser().absolute()
        if self._folder.exists() and not self._folder.is_dir():
            raise ConfigurationError(f"--model {spec}: {path} is not a folder")
        super().__init__(spec)
        self._settings, self._seed, self._notify = settings or InboxSettings(), seed, notify
        self._stopped = asyncio.Event()
        self._told: set[tuple[Path, Stamp | None]] = set()

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Put the questions into the folder, and wait for their answers.

        Raises:
            LanguageModelError: the folder cannot be used, or the model was stopped before all answers came.
        """
        missing = {position: self._folder / f"{self._digits(request)}.md" for position, request in enumerate(requests)}
        seen: dict[Path, tuple[Stamp, float]] = {}
        started, is_first = time.monotonic(), True
        try:
            make_folder(self._folder)
            while True:
                is_last = self._stopped.is_set()
                for position, question in list(missing.items()):
                    text = self._answer_to(question, seen)
                    if text is not None:
                        del missing[position]
                        deliver(position, _completion(text, requests[position], time.monotonic() - started))
                        if question not in missing.values():
                            question.unlink(missing_ok=True)
                if not missing:
                    return
                if is_last:
                    raise model_closed()
                if is_first:
                    self._put({question: requests[position] for position, question in missing.items()}, seen)
                is_first = False
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.look_seconds):
                        await self._stopped.wait()
        except OSError as error:
            raise LanguageModelError(f"{self.name}: {error.strerror or error}") from error

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of a call that failed with `error`."""
        if str(error) != CLOSED:
            return str(error)
        return (
            f"{self.name}: {quantity(len(batch.missing), 'request')} of {len(batch.requests)} unanswered when the run was "
            "stopped; open requests stay in the folder"
        )

    def _end_waits(self) -> None:
        self._stopped.set()

    def _digits(self, request: Request) -> str:
        """What names a request, different in runs of another seed."""
        key = hashlib.sha256(f"{self._seed} {request.key}".encode()).hexdigest() if self._seed else request.key
        return key[:16]

    def _put(self, questions: dict[Path, Request], seen: Container[Path]) -> None:
        """Write the files of questions without an answer, each whole or not at all."""
        questions = {path: request for path, request in questions.items() if _answer_file(path) not in seen}
        if not questions:
            return
        shared = self._folder.stat().st_mode & 0o022  # others who may write in the folder read and answer
        for question, request in questions.items():
            draft = question.with_name(f".{question.stem}.draft")
            write(draft, question_text(request, question.stem).encode())
            draft.chmod(FILE | shared | shared << 1)
            draft.replace(question)
        first = next(iter(questions))
        more = f" and {len(questions) - 1} more" if len(questions) > 1 else ""
        count = quantity(len(questions), "request")
        self._notify(f"{self.name}: {count} to answer: {first.name}{more}; write {_answer_file(first).name} etc.")

    def _answer_to(self, question: Path, seen: dict[Path, tuple[Stamp, float]]) -> str | None:
        """The text in the file of an answer; None while there is none, while it changes, and where it cannot be taken."""
        path, now = _answer_file(question), time.monotonic()
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None
        stamp = status.st_ino, status.st_size, status.st_mtime_ns
        if not status.st_size:  # somebody works on it
            return None
        if path not in seen or seen[path][0] != stamp:
            seen[path] = stamp, now
        if now - seen[path][1] < self._settings.settle_seconds:
            return None
        try:
            return _read(path, stamp)
        except (ValueError, OSError) as error:
            why = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
            if (path, stamp) not in self._told:  # it is looked at again when it has changed
                self._told.add((path, stamp))
                self._notify(f"{self.name}: {path.name} {why}; write it again")
            return None


def from_spec(spec: ModelSpec) -> Inbox:
    """The model `inbox:DIR`."""
    return Inbox(spec.text, seed=spec.seed)


def _answer_file(question: Path) -> Path:
    return question.with_suffix(".answer.md")


def _read(path: Path, stamp: Stamp) -> str | None:
    """The text of a file; None if it changes, or holds only white space.

    Raises:
        ValueError: it cannot be an answer.
        OSError: it cannot be read.
    """
    # A link in a folder that people share may lead to any file of the user who runs strop.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        data, status = file.read(LARGEST_ANSWER + 1), os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise ValueError("is a link or no regular file")
    if (status.st_ino, status.st_size, status.st_mtime_ns) != stamp:
        return None
    if len(data) > LARGEST_ANSWER:
        raise ValueError(f"is longer than {LARGEST_ANSWER} bytes")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    return text if text.strip() else None


def _completion(text: str, request: Request, seconds: float) -> Completion:
    parameters = {"temperature": request.temperature} if math.isfinite(request.temperature) else {}
    return Completion(text, "inbox", seconds=seconds, parameters=parameters)


_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would act on a terminal or turn the text around, or that no file takes."""


def question_text(request: Request, stem: str) -> str:
    """The request in Markdown: how to answer, facts, system text, message.

    The fences are longer than any in the texts, so that no text can end them and pass for one of strop.
    """
    lines = [
        f"Write the whole response into the file `{stem}.answer.md` beside this one. Show others only the text in the fences.",
        "",
        f"Temperature {float(request.temperature)!r}, sample {request.sample}, scope {escape(request.scope)}.",
        "",
    ]
    for title, text in (("System", request.expertise), ("Message", request.message)):
        if text or title == "Message":
            fence = max(["```", *(f"{run}`" for run in re.findall("`+", text))], key=len)
            shown = _ACTING.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))
            lines += [f"# {title}", "", f"{fence}text", shown, fence, ""]
    return "\n".join(lines)

"""People as the model: each request is a file in a folder, each answer a file that somebody adds to the folder.

The model waits as long as it takes. A run continues with the questions and answers that a stopped run has left.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.pluralize import quantity
from strop.base.private import FILE, make_folder, write
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.lm.async_model import CLOSED, AsyncModel, Deliver, model_closed
from strop.lm.base import Completion, CompletionBatch, Request
from strop.lm.options import ModelSpec

HEAD = "inbox:"
LARGEST_ANSWER = 1 << 20
"""Most bytes of an answer."""


class Inbox(AsyncModel):
    """A model that is a folder, which is made with the first request."""

    def __init__(
        self, spec: str, seed: int = 0, settle_seconds: float = 1.0, notify: Callable[[str], object] = notify
    ) -> None:
        """`spec` is `inbox:` and a folder. Each `seed` asks questions of its own. An answer is complete when nobody has written
        it for `settle_seconds`. Raises ConfigurationError if no folder is named, or the name is not that of a folder."""
        path = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
        if not path.strip() or not path.isprintable():
            raise ConfigurationError(f"{option('model')} inbox needs a folder for requests and responses: inbox:DIR")
        self._folder = Path(path).expanduser().absolute()
        if self._folder.exists() and not self._folder.is_dir():
            raise ConfigurationError(f"{option('model')} {spec}: {path} is not a folder")
        super().__init__(spec)
        self._seed, self._settle_seconds, self._notify = seed, settle_seconds, notify
        self._stopped = asyncio.Event()
        self._reported: set[tuple[Path, str]] = set()

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Put the questions into the folder, and wait for their answers. Raises LanguageModelError where the folder cannot be
        used, or the model was stopped before all answers came."""
        missing = {position: self._question(request) for position, request in enumerate(requests)}
        started = time.monotonic()
        try:
            make_folder(self._folder)
            self._put({path: requests[i] for i, path in missing.items() if not path.with_suffix(".answer.md").exists()})
            while True:
                is_last = self._stopped.is_set()
                for position, question in list(missing.items()):
                    text = self._answer_to(question)
                    if text is not None:
                        del missing[position]
                        deliver(position, Completion(text, "inbox", seconds=time.monotonic() - started))
                        if question not in missing.values():
                            question.unlink(missing_ok=True)
                if not missing:
                    return
                if is_last:
                    raise model_closed()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), self._settle_seconds / 4)
        except OSError as error:
            raise LanguageModelError(f"{self.name}: {error.strerror or error}") from error

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of a call that failed with `error`."""
        if str(error) != CLOSED:
            return str(error)
        count = f"{quantity(len(batch.missing), 'request')} of {len(batch.requests)}"
        return f"{self.name}: {count} unanswered when the run was stopped; open requests stay in the folder"

    def _end_waits(self) -> None:
        super()._end_waits()
        self._stopped.set()

    def _question(self, request: Request) -> Path:
        """The file of a request; runs of another seed have another file."""
        key = hashlib.sha256(f"{self._seed} {request.key}".encode()).hexdigest() if self._seed else request.key
        return self._folder / f"{key[:16]}.md"

    def _put(self, questions: dict[Path, Request]) -> None:
        """Write the files of questions, each whole or not at all."""
        if not questions:
            return
        shared = self._folder.stat().st_mode & 0o022  # others who may write in the folder read and answer
        for question, request in questions.items():
            draft = question.with_name(f".{question.stem}.draft")
            write(draft, question_text(request, question.stem).encode())
            draft.chmod(FILE | shared | shared << 1)
            draft.replace(question)
        first, count = next(iter(questions)).stem, quantity(len(questions), "request")
        rest = ", and so on" * (len(questions) > 1)
        self._notify(
            f"{self.name}: {count} to respond to: read {first}.md in {self._folder}, and write the response beside it into "
            f"{first}.answer.md{rest}"
        )

    def _answer_to(self, question: Path) -> str | None:
        """The text in the file of an answer; None while there is none, while it changes, or if it cannot be read."""
        path = question.with_suffix(".answer.md")
        try:
            return _read(path, self._settle_seconds)
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            why = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
            if (path, why) not in self._reported:
                self._reported.add((path, why))
                self._notify(f"{self.name}: {path.name} {why}; write it again")
            return None


def from_spec(spec: ModelSpec) -> Inbox:
    """The model `inbox:DIR`."""
    return Inbox(spec.text, spec.seed)


def _read(path: Path, settle_seconds: float) -> str | None:
    """The text of a file; None if it was written just now, or is blank. Raises ValueError if it is no answer, and OSError."""
    # A link in a folder that people share may lead to any file of the user who runs strop.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
        data, status = file.read(LARGEST_ANSWER + 1), os.fstat(file.fileno())
    if abs(time.time() - status.st_mtime) < settle_seconds:
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise ValueError("is a link or no regular file")
    if len(data) > LARGEST_ANSWER:
        raise ValueError(f"is longer than {LARGEST_ANSWER} bytes")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    return text if text.strip() else None


_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would act on a terminal or turn the text around, or that no file takes."""


def question_text(request: Request, stem: str) -> str:
    """The request in Markdown. Its fences are longer than any in its texts, so that no text can end one and pass for strop's."""
    lines = [
        f"Write the whole response into the file `{stem}.answer.md` beside this one. Show others only the text in the fences.",
        "",
        f"Temperature {float(request.temperature)!r}, sample {request.sample}, scope {escape(request.scope)}.",
        "",
    ]
    for title, text in (("System", request.expertise), ("Message", request.message)):
        if text or title == "Message":
            fence = max(["```", *(f"{run}`" for run in re.findall("`+", text))], key=len)
            printable = _ACTING.sub(
                lambda match: match[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n")
            )
            lines += [f"# {title}", "", f"{fence}text", printable, fence, ""]
    return "\n".join(lines)

"""People as the model: each request is a file in a folder, each answer a file that somebody puts beside it.

It waits as long as it takes, and looks at the folder less often while nothing changes. A request that was answered once is never
put again, and a run continues with the folder that a stopped run has left (`inbox_folder.py`).

Not here: budgets and records (the caller's).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.pluralize import quantity
from strop.lm.async_model import CLOSED, AsyncModel, Deliver, model_closed
from strop.lm.base import Completion, Fault, Request, encodable
from strop.lm.batch import CompletionBatch
from strop.lm.inbox_folder import AnswerFile, AnswerText, Folder, read_answer
from strop.lm.options import ModelSpec

HEAD = "inbox:"


@dataclass(frozen=True)
class InboxSettings:
    """How an inbox waits for answers."""

    settle_seconds: float = 1.0
    """How long an answer's file must stay the same before it counts as complete."""
    first_look_seconds: float = 0.1
    rarest_look_seconds: float = 2.0
    say_seconds: float = 5.0
    """Between two lines about open requests, at least."""
    largest_answer_bytes: int = 1 << 20
    """Longer answers are cut to this."""


class Inbox(AsyncModel):
    """A model that is a folder. Nothing is made or locked before the first request."""

    def __init__(
        self,
        spec: str,
        settings: InboxSettings | None = None,
        *,
        seed: int = 0,
        notify: Callable[[str], object] = notify,
    ) -> None:
        """`spec` is `inbox:` and a folder, which is made if it does not exist. Runs of another `seed` ask their own requests.

        Raises:
            ConfigurationError: no folder is named, or the name is not that of a folder.
        """
        path = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
        if not path.strip() or not path.isprintable():
            raise ConfigurationError("--model inbox needs a folder for requests and answers: inbox:DIR")
        folder = Path(path).expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise ConfigurationError(f"--model {spec}: {path} is not a folder")
        super().__init__(spec)
        self._settings = settings or InboxSettings()
        self._notify = notify
        self._seed = seed
        self._notices = _Notices(self.name, self._settings.say_seconds, notify)
        self._folder = Folder(folder, path, request_document)
        self._stopped = asyncio.Event()

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Put the requests into the folder, and wait for their answers.

        Raises:
            LanguageModelError: the folder cannot be used, or the model was stopped before all answers came. Open requests stay in
                the folder.
        """
        missing = {position: self._key(request) for position, request in enumerate(requests)}
        since = time.monotonic()
        pause = self._settings.first_look_seconds
        try:
            waiting = self._folder.put({key: requests[position] for position, key in missing.items()})
            self._notices.add(waiting, len(requests) - len(waiting))
            while missing:
                is_last = self._stopped.is_set()
                changed = self._folder.look(self._settings.settle_seconds)
                for position, key in list(missing.items()):
                    if completion := self._take(key, requests[position], since):
                        del missing[position]
                        deliver(position, completion)
                self._notices.tell()
                if is_last and missing:
                    raise model_closed()
                if missing:
                    for name in self._folder.strays():
                        self._notify(
                            f"{self.name}: {name} answers no open request; each request names its answer's file"
                        )
                    pause = self._settings.first_look_seconds if changed else pause * 1.5
                    with suppress(TimeoutError):
                        async with asyncio.timeout(min(pause, self._settings.rarest_look_seconds)):
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

    async def _release(self) -> None:
        self._notices.end()
        self._folder.close()

    def _key(self, request: Request) -> str:
        """The key of a request, different in runs of another seed."""
        return hashlib.sha256(f"{self._seed} {request.key}".encode()).hexdigest() if self._seed else request.key

    def _take(self, key: str, request: Request, since: float) -> Completion | None:
        """The completion of a request, if its answer is complete; the answer moves to `done`."""
        file = self._folder.answer(key)
        answer = read_answer(file.path, self._settings.largest_answer_bytes, file.stamp) if file else None
        if file is None or answer is None:
            return None
        self._folder.take(key, file)
        return self._completion(request, file, answer, time.monotonic() - since)

    def _completion(self, request: Request, file: AnswerFile, answer: AnswerText, seconds: float) -> Completion:
        faults = []
        if answer.is_cut:
            faults.append(Fault("oversized", f"the answer was cut to {self._settings.largest_answer_bytes} bytes", 1))
        if not answer.is_utf:
            faults.append(Fault("bad_response", "the answer is not UTF-8: unreadable bytes are shown as �", 1))
        for fault in faults if file.stamp else ():
            self._notify(f"{self.name}: {file.path.name}: {fault.detail}")
        return Completion(
            text=answer.text,
            model=file.who or "inbox",
            finish_reason="length" if answer.is_cut else "stop",
            seconds=seconds if file.stamp else 0.0,
            faults=tuple(faults),
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )


def from_spec(spec: ModelSpec) -> Inbox:
    """The model `inbox:DIR`."""
    return Inbox(spec.text, seed=spec.seed)


class _Notices:
    """Reports how many requests were put and how many answers were taken, at most once in `seconds`."""

    def __init__(self, name: str, seconds: float, notify: Callable[[str], object]) -> None:
        self._name, self._seconds, self._notify = name, seconds, notify
        self._stems: list[str] = []
        self._taken = 0
        self._next = 0.0

    def add(self, stems: Sequence[str], taken: int) -> None:
        """Report these requests and so many answers, now or later."""
        self._stems += stems
        self._taken += taken
        self.tell()

    def tell(self) -> None:
        """Report, if it is time."""
        if time.monotonic() >= self._next:
            self.end()

    def end(self) -> None:
        """Report what is left."""
        stems, taken = self._stems, self._taken
        if not (stems or taken):
            return
        self._stems, self._taken, self._next = [], 0, time.monotonic() + self._seconds
        if taken:
            self._notify(f"{self._name}: {quantity(taken, 'answer')} taken from done/")
        if stems:
            names = f"{stems[0]}.md" if len(stems) == 1 else f"{stems[0]}.md to {stems[-1]}.md"
            self._notify(
                f"{self._name}: {quantity(len(stems), 'request')} to answer: {names}; write {stems[0]}.answer.md etc."
            )


_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ESCAPES: Mapping[int, str] = MappingProxyType(
    {ord(character): f"\\u{ord(character):04x}" for character in _BIDI}
    | {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
)
"""Characters that would act on a terminal or turn the text around, and how they are shown instead."""


def request_document(request: Request, stem: str, samples: Sequence[int] = ()) -> str:
    """The request in Markdown: facts, system text, message, how to answer. `samples` are all of this prompt in its call.

    The fences are longer than any in the texts, so that no text can end them and pass for one of strop.
    """
    system, escaped_in_system = _escape(request.expertise)
    message, escaped_in_message = _escape(request.message)
    escaped = escaped_in_system + escaped_in_message
    facts = {
        "answer": f"{stem}.answer.md",
        "scope": json.dumps(request.scope),
        "sample": request.sample,
        **({"samples_of_this_prompt": f"{min(samples)} to {max(samples)}"} if len(samples) > 1 else {}),
        "temperature": repr(float(request.temperature)),
        **({"characters_shown_as_escapes": escaped} if escaped else {}),
    }
    parts = ["---", *(f"{name}: {value}" for name, value in facts.items()), "---", ""]
    if system:
        parts += ["# System", "", *_fenced(system), ""]
    parts += ["# Message", "", *_fenced(message), "", "# How to answer", "", *_how_to_answer(request, stem, samples)]
    return "\n".join(parts) + "\n"


def _how_to_answer(request: Request, stem: str, samples: Sequence[int]) -> list[str]:
    lines = [
        f"Write the whole answer into a new file beside this one, named `{stem}.answer.md` (or `{stem}.answer.YOURNAME.md`",
        "to say who answered). Show the person or model that answers only the text in the fences above.",
    ]
    if len(samples) > 1:
        lines += [
            f"Samples {min(samples)} to {max(samples)} of this prompt are {len(samples)} requests in a row with the same text:",
            "paste it once and ask for as many answers. Give each answer by itself, without the others.",
        ]
    elif request.temperature > 0:
        lines += [
            "The same request may come several times, as sample 0, 1, 2, …: answer each by itself, without the others."
        ]
    return [*lines, "An empty file means that somebody works on it; it is not an answer yet."]


def _fenced(text: str) -> list[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


def _escape(text: str) -> tuple[str, int]:
    """The text without characters that act on a terminal, and how many are shown as escapes."""
    plain = encodable(text.replace("\r\n", "\n"))
    return plain.translate(_ESCAPES), sum(ord(character) in _ESCAPES for character in plain)

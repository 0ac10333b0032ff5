"""People as the model: each request is a file in a folder, each answer a file that somebody puts beside it.

It waits as long as it takes, and looks at the folder less often while nothing changes. A request that was answered once is never
put again, and a run continues with the folder that a stopped run has left.

Not here: budgets and records (the caller's).
"""

from __future__ import annotations

import asyncio
import codecs
import errno
import fcntl
import hashlib
import json
import math
import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.pluralize import quantity
from strop.base.private import FILE, make_folder, write
from strop.base.terminal_text import escape
from strop.lm.async_model import CLOSED, AsyncModel, Deliver, model_closed
from strop.lm.base import Completion, Fault, Request, encodable
from strop.lm.batch import CompletionBatch
from strop.lm.options import ModelSpec

DONE = "done"
DIGEST_DIGITS = 16
_REQUEST = re.compile(rf"(?P<number>[0-9]{{4,9}})-(?P<digest>[0-9a-f]{{{DIGEST_DIGITS}}})\.md")
_ANSWER = re.compile(
    rf"(?P<stem>[0-9]{{4,9}}-[0-9a-f]{{{DIGEST_DIGITS}}})\.answer(?:\.(?P<who>[A-Za-z0-9][A-Za-z0-9_-]{{0,39}}))?\.(?:md|txt)"
)
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
"""Errors of a file system without locks, on which several runs can use one folder."""

Stamp: TypeAlias = tuple[int, int, int]
"""A file's inode, size and time of writing. Nobody writes to a file whose stamp stays the same for a moment."""
Document: TypeAlias = Callable[[Request, str, Sequence[int]], str]
"""The text of a request's file: of (the request, the file's name without `.md`, all samples of this prompt in its call)."""


@dataclass(frozen=True)
class AnswerFile:
    """The file of an answer."""

    path: Path
    who: str
    """Who answered, by the file's name; empty if it does not say."""
    stamp: Stamp | None = None
    """None for an answer that was taken before."""


class Folder:
    """Requests and answers on disk. Used by one thread."""

    def __init__(self, path: Path, shown: str, document: Document, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is written before the first `put`. Messages call the folder `shown`; `now` is the clock, in seconds."""
        self._path = path
        self._shown = shown
        self._document = document
        self._now = now
        self._mode = FILE
        """Mode of files: others who may write in the folder read and answer requests."""
        self._lock_file: int | None = None
        self._number = 0
        self._open: dict[str, str] = {}
        """Digits of a request's digest → the stem of its file."""
        self._taken: dict[str, AnswerFile] = {}
        """Digits of a request's digest → its answer, which the run has."""
        self._seen: dict[str, tuple[Stamp, float]] = {}
        """Name of an answer's file → its stamp, and since when it has it."""
        self._complete: dict[str, AnswerFile] = {}
        """Stem of a request → its answer, which is complete."""
        self._reported: set[str] = set()

    def put(self, requests: Mapping[str, Request]) -> list[str]:
        """Write the new ones of the requests (by key); the stems of all that have no answer yet, in order.

        Raises:
            LanguageModelError: another strop holds the folder.
            OSError: it cannot be written.
        """
        if self._lock_file is None:
            self._begin()
        waiting = []
        samples: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for request in requests.values():
            samples[(request.scope, *request.prompt)].append(request.sample)
        for key, request in requests.items():
            digits = key[:DIGEST_DIGITS]
            if digits in self._taken and self._taken[digits].path.exists():
                continue
            self._taken.pop(digits, None)  # somebody has deleted it
            if digits not in self._open:
                self._number += 1
                stem = f"{self._number:04}-{digits}"
                self._write(stem, self._document(request, stem, samples[(request.scope, *request.prompt)]))
                self._open[digits] = stem
            waiting.append(self._open[digits])
        return waiting

    def look(self, settle_seconds: float) -> bool:
        """Look for answers; whether anything changed. An answer is complete when its file stayed the same for so long.

        Raises:
            OSError: the folder cannot be read.
        """
        now = self._now()
        before, self._seen, self._complete = self._seen, {}, {}
        with os.scandir(self._path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = _ANSWER.fullmatch(entry.name)
                if name is None:
                    continue
                with suppress(FileNotFoundError):
                    stamp = stamp_of(entry.stat(follow_symlinks=False))
                    if stamp is None:
                        continue
                    last = before.get(entry.name, (None, 0.0))
                    since = last[1] if last[0] == stamp else now
                    self._seen[entry.name] = (stamp, since)
                    if now - since >= settle_seconds:
                        answer = AnswerFile(self._path / entry.name, name["who"] or "", stamp)
                        self._complete.setdefault(name["stem"], answer)
        return self._seen != before

    def answer(self, key: str) -> AnswerFile | None:
        """The answer of a request that was put, if it was taken before or was complete at the last look."""
        digits = key[:DIGEST_DIGITS]
        return self._taken.get(digits) or self._complete.get(self._open.get(digits, ""))

    def take(self, key: str, answer: AnswerFile) -> None:
        """The run has this answer: move it and its request to `done`."""
        digits = key[:DIGEST_DIGITS]
        if digits in self._taken:
            return
        moved = self._path / DONE / answer.path.name
        # The answer first: a kill between the moves must not leave an answer without a request.
        with suppress(OSError):
            answer.path.replace(moved)
            self._seen.pop(answer.path.name, None)
        self._taken[digits] = AnswerFile(moved if moved.exists() else answer.path, answer.who)
        self._put_away(digits)

    def strays(self) -> list[str]:
        """Names of files in the folder that look like answers and answer no open request, each once."""
        stems = set(self._open.values())
        names = []
        for path in sorted(self._path.iterdir()):
            name, answer = path.name, _ANSWER.fullmatch(path.name)
            looks_like_answer = answer is not None or (
                "answer" in name.lower()
                and name.lower().endswith((".md", ".txt"))
                and not name.startswith((".", "~", "#"))
            )
            if looks_like_answer and name not in self._reported and not (answer and answer["stem"] in stems):
                self._reported.add(name)
                names.append(escape(name, 80))
        return names

    def close(self) -> None:
        """Let another strop have the folder. Idempotent."""
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _begin(self) -> None:
        make_folder(self._path)
        shared = self._path.stat().st_mode & 0o022
        self._mode = FILE | shared | shared << 1
        if (self._path / DONE).is_symlink():
            raise LanguageModelError(f"inbox:{self._shown}: {DONE} is a link; remove it")
        if not (self._path / DONE).exists():
            make_folder(self._path / DONE)
            (self._path / DONE).chmod(self._mode | (self._mode & 0o444) >> 2)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            lock_file = os.open(self._path / ".lock", flags, self._mode)
        except OSError as error:
            reason = "is a link" if (self._path / ".lock").is_symlink() else error.strerror
            raise LanguageModelError(f"inbox:{self._shown}: .lock {reason}; remove it") from error
        try:
            if not stat.S_ISREG(os.fstat(lock_file).st_mode):
                raise LanguageModelError(f"inbox:{self._shown}: .lock is not a regular file; remove it")
            _lock(lock_file, self._shown)
            self._read_state()
        except BaseException:
            os.close(lock_file)  # else the next call would rely on half of the state, and ask again
            raise
        self._lock_file = lock_file

    def _read_state(self) -> None:
        for path in sorted((self._path / DONE).iterdir()):
            answer = _ANSWER.fullmatch(path.name)
            if answer is not None:
                self._taken.setdefault(answer["stem"].rpartition("-")[2], AnswerFile(path, answer["who"] or ""))
        for path in sorted([*self._path.iterdir(), *(self._path / DONE).iterdir()]):
            request = _REQUEST.fullmatch(path.name)
            if request is not None:
                self._number = max(self._number, int(request["number"]))
                with suppress(FileNotFoundError):  # somebody may tidy up meanwhile
                    if path.parent == self._path and path.stat().st_size:  # a power cut leaves an empty one
                        self._open.setdefault(request["digest"], path.stem)
        for digits in self._taken:
            self._put_away(digits)

    def _put_away(self, digits: str) -> None:
        stem = self._open.pop(digits, None)
        if stem is not None:
            with suppress(OSError):
                (self._path / f"{stem}.md").replace(self._path / DONE / f"{stem}.md")

    def _write(self, stem: str, text: str) -> None:
        draft = self._path / f".{stem}.draft"
        write(draft, text.encode())  # over one of a strop that was killed, or somebody's link to another file
        draft.chmod(self._mode)
        draft.replace(self._path / f"{stem}.md")


@dataclass(frozen=True)
class AnswerText:
    """The contents of an answer's file."""

    text: str
    is_cut: bool
    """Whether the file is larger than allowed, and the text its beginning."""
    is_utf: bool
    """False where some bytes are not valid, and are shown as �."""


def read_answer(path: Path, most: int, stamp: Stamp | None = None) -> AnswerText | None:
    """An answer: at most `most` bytes of a regular file, which has this `stamp` (if given) before and after.

    None if the file is gone, is being written, is not a regular file, may not be read or holds only white space.
    """
    try:
        # A link in a folder that people share may lead to any file of the user who runs strop.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            before = stamp_of(os.fstat(file.fileno()))
            if before is None or before != (stamp or before):
                return None
            data = file.read(most + 1)
            if stamp_of(os.fstat(file.fileno())) != before:
                return None
    except OSError:
        return None
    is_cut = len(data) > most
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        # A character that the limit cut in two is left out.
        text, is_utf = codecs.getincrementaldecoder(encoding)("strict").decode(data[:most], not is_cut), True
    except UnicodeDecodeError:
        text, is_utf = data[:most].decode(encoding, "replace"), False
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return AnswerText(text, is_cut, is_utf) if text.strip() else None


def stamp_of(status: os.stat_result) -> Stamp | None:
    """The stamp of a regular file that is not empty; None of anything else, and of a hard link: it may be of any file."""
    if not stat.S_ISREG(status.st_mode) or status.st_size == 0 or status.st_nlink > 1:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _lock(lock_file: int, shown: str) -> None:
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LanguageModelError(
            f"inbox:{shown}: another strop waits in this folder; end it, or use another folder"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


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

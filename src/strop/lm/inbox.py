"""People as the model: each request is a file in a folder, each answer a file that somebody puts beside it.

It waits as long as it takes. The folder is the state: a request that was answered once is never put again, and a run continues
with the folder that a stopped run has left.

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
from dataclasses import dataclass, replace
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

HEAD = "inbox:"
DONE = "done"
DIGEST_DIGITS = 16
_REQUEST = re.compile(rf"(?P<number>[0-9]{{4,9}})-(?P<digest>[0-9a-f]{{{DIGEST_DIGITS}}})\.md")
_ANSWER = re.compile(
    rf"(?P<stem>[0-9]{{4,9}}-(?P<digest>[0-9a-f]{{{DIGEST_DIGITS}}}))\.answer"
    r"(?:\.(?P<who>[A-Za-z0-9][A-Za-z0-9_-]{0,39}))?\.(?:md|txt)"
)
_LOOKS_LIKE_ANSWER = re.compile(r"(?![.~#]).*answer.*\.(?:md|txt)", re.I | re.S)
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EBADF}
"""Errors of a file system without locks of folders (NFS), on which several runs can use one folder."""

Stamp: TypeAlias = tuple[int, int, int]
"""A file's inode, size and time of writing. Nobody writes to a file whose stamp stays the same for a moment."""


@dataclass(frozen=True)
class Answer:
    """The answer that a file holds."""

    text: str
    faults: tuple[Fault, ...] = ()
    """What could not be read of the file."""
    finish_reason: str = "stop"
    """`length` where the file is larger than allowed, and the text its beginning."""
    file_name: str = ""
    is_new: bool = True
    """False for an answer that was taken before."""

    @property
    def who(self) -> str:
        """Who answered, by the file's name; empty if it does not say."""
        name = _ANSWER.fullmatch(self.file_name)
        return (name and name["who"]) or ""


class Folder:
    """Requests and answers on disk; each request is named by its key, a hexadecimal digest. Used by one thread."""

    def __init__(self, path: Path, shown: str, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is written before the first `put`. Messages call the folder `shown`; `now` is the clock, in seconds."""
        self._path = path
        self._done = path / DONE
        self._shown = shown
        self._now = now
        self._mode = FILE
        """Mode of files: others who may write in the folder read and answer requests."""
        self._lock: int | None = None
        self._number = 0
        self._open: dict[str, str] = {}
        """Digits of a request without an answer → the stem of its file."""
        self._answers: dict[str, tuple[Path, Stamp | None]] = {}
        """Digits of a request → the file of its answer, which was complete with this stamp; None: it was taken before."""
        self._seen: dict[str, tuple[Stamp, float]] = {}
        """Name of an answer's file → its stamp, and since when it has it."""
        self._reported: set[str] = set()

    def put(self, requests: Mapping[str, Request]) -> list[str]:
        """Write the new ones of the requests (by key); the stems of all that have no answer yet, in order.

        Raises:
            LanguageModelError: another strop holds the folder.
            OSError: it cannot be written.
        """
        if self._lock is None:
            self._begin()
        samples: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for request in requests.values():
            samples[(request.scope, *request.prompt)].append(request.sample)
        waiting = []
        for key, request in requests.items():
            digits = key[:DIGEST_DIGITS]
            if digits in self._answers and self._answers[digits][0].exists():
                continue
            self._answers.pop(digits, None)  # somebody has deleted it
            if digits not in self._open:
                self._number += 1
                stem = f"{self._number:04}-{digits}"
                self._write(stem, request_document(request, stem, samples[(request.scope, *request.prompt)]))
                self._open[digits] = stem
            waiting.append(self._open[digits])
        return waiting

    def look(self, settle_seconds: float) -> list[str]:
        """Look for answers. One is complete when its file stayed the same for so long.

        Names of files that look like answers and answer no open request are returned, each once.

        Raises:
            OSError: the folder cannot be read.
        """
        before, self._seen = self._seen, {}
        strays = []
        for path in sorted(self._path.iterdir(), reverse=True):  # of several answers the first by name is taken
            name = _ANSWER.fullmatch(path.name)
            if name is not None and self._open.get(name["digest"]) == name["stem"]:
                with suppress(FileNotFoundError):
                    self._watch(path, name["digest"], before.get(path.name), settle_seconds)
            elif _LOOKS_LIKE_ANSWER.fullmatch(path.name) and path.name not in self._reported:
                self._reported.add(path.name)
                strays.append(escape(path.name, 80))
        return strays

    def take(self, key: str, most: int) -> Answer | None:
        """The answer of a request, if it was complete at the last look, at most `most` bytes; its files move to `done`."""
        digits = key[:DIGEST_DIGITS]
        path, stamp = self._answers.get(digits, (None, None))
        answer = read_answer(path, most, stamp) if path else None
        if path is None or answer is None:
            return None
        if stamp is not None:
            # The answer first: a kill between the moves must not leave an answer without a request.
            with suppress(OSError):
                moved = path.replace(self._done / path.name)
                self._answers[digits] = moved, None
            self._put_away(digits)
        return replace(answer, file_name=path.name, is_new=stamp is not None)

    def close(self) -> None:
        """Let another strop have the folder. Idempotent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _begin(self) -> None:
        make_folder(self._path)
        shared = self._path.stat().st_mode & 0o022
        self._mode = FILE | shared | shared << 1
        if self._done.is_symlink():
            raise LanguageModelError(f"inbox:{self._shown}: {DONE} is a link; remove it")
        if not self._done.exists():
            make_folder(self._done)
            self._done.chmod(self._mode | (self._mode & 0o444) >> 2)
        self._lock = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._take_lock(self._lock)
            self._read_state()
        except BaseException:
            self.close()  # else the next call would rely on half of the state, and ask again
            raise

    def _take_lock(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LanguageModelError(
                f"inbox:{self._shown}: another strop waits in this folder; end it, or use another folder"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise

    def _read_state(self) -> None:
        for path in sorted([*self._done.iterdir(), *self._path.iterdir()]):
            is_done = path.parent == self._done
            if request := _REQUEST.fullmatch(path.name):
                self._number = max(self._number, int(request["number"]))
                if not is_done and path.is_file() and path.stat().st_size:  # a power cut leaves an empty one
                    self._open.setdefault(request["digest"], path.stem)
            elif is_done and (answer := _ANSWER.fullmatch(path.name)):
                self._answers.setdefault(answer["digest"], (path, None))
        for digits in self._answers:
            self._put_away(digits)

    def _watch(self, path: Path, digits: str, last: tuple[Stamp, float] | None, settle_seconds: float) -> None:
        stamp, now = stamp_of(path.lstat()), self._now()
        if stamp is None:
            return
        since = last[1] if last and last[0] == stamp else now
        self._seen[path.name] = stamp, since
        if now - since >= settle_seconds:
            self._answers[digits] = path, stamp

    def _put_away(self, digits: str) -> None:
        stem = self._open.pop(digits, None)
        if stem is not None:
            with suppress(OSError):
                (self._path / f"{stem}.md").replace(self._done / f"{stem}.md")

    def _write(self, stem: str, text: str) -> None:
        draft = self._path / f".{stem}.draft"
        write(draft, text.encode())  # over one of a strop that was killed, or somebody's link to another file
        draft.chmod(self._mode)
        draft.replace(self._path / f"{stem}.md")


def read_answer(path: Path, most: int, stamp: Stamp | None = None) -> Answer | None:
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
    faults = [Fault("oversized", f"the answer was cut to {most} bytes", 1)] if is_cut else []
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        # A character that the limit cut in two is left out.
        text = codecs.getincrementaldecoder(encoding)("strict").decode(data[:most], not is_cut)
    except UnicodeDecodeError:
        text = data[:most].decode(encoding, "replace")
        faults.append(Fault("bad_response", "the answer is not UTF-8: unreadable bytes are shown as �", 1))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Answer(text, tuple(faults), "length" if is_cut else "stop") if text.strip() else None


def stamp_of(status: os.stat_result) -> Stamp | None:
    """The stamp of a regular file that is not empty; None of anything else, and of a hard link: it may be of any file."""
    if not stat.S_ISREG(status.st_mode) or status.st_size == 0 or status.st_nlink > 1:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class InboxSettings:
    """How an inbox waits for answers."""

    settle_seconds: float = 1.0
    """How long an answer's file must stay the same before it counts as complete."""
    look_seconds: float = 0.5
    """Between two looks at the folder."""
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
        self._folder = Folder(folder, path)
        self._stopped = asyncio.Event()

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Put the requests into the folder, and wait for their answers.

        Raises:
            LanguageModelError: the folder cannot be used, or the model was stopped before all answers came. Open requests stay in
                the folder.
        """
        missing = {position: self._key(request) for position, request in enumerate(requests)}
        since = time.monotonic()
        try:
            self._put({key: requests[position] for position, key in missing.items()})
            while missing:
                is_last = self._stopped.is_set()
                for name in self._folder.look(self._settings.settle_seconds):
                    self._say(f"{name} answers no open request; each request names its answer's file")
                for position, key in list(missing.items()):
                    if answer := self._folder.take(key, self._settings.largest_answer_bytes):
                        del missing[position]
                        for fault in answer.faults if answer.is_new else ():
                            self._say(f"{answer.file_name}: {fault.detail}")
                        deliver(position, self._completion(requests[position], answer, time.monotonic() - since))
                if is_last and missing:
                    raise model_closed()
                if missing:
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

    async def _release(self) -> None:
        self._folder.close()

    def _key(self, request: Request) -> str:
        """The key of a request, different in runs of another seed."""
        return hashlib.sha256(f"{self._seed} {request.key}".encode()).hexdigest() if self._seed else request.key

    def _put(self, requests: Mapping[str, Request]) -> None:
        stems = self._folder.put(requests)
        if taken := len(requests) - len(stems):
            self._say(f"{quantity(taken, 'answer')} taken from {DONE}/")
        if stems:
            names = f"{stems[0]}.md" if len(stems) == 1 else f"{stems[0]}.md to {stems[-1]}.md"
            self._say(f"{quantity(len(stems), 'request')} to answer: {names}; write {stems[0]}.answer.md etc.")

    def _say(self, line: str) -> None:
        self._notify(f"{self.name}: {line}")

    def _completion(self, request: Request, answer: Answer, seconds: float) -> Completion:
        return Completion(
            text=answer.text,
            model=answer.who or "inbox",
            finish_reason=answer.finish_reason,
            seconds=seconds if answer.is_new else 0.0,
            faults=answer.faults,
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )


def from_spec(spec: ModelSpec) -> Inbox:
    """The model `inbox:DIR`."""
    return Inbox(spec.text, seed=spec.seed)


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
    facts = {
        "answer": f"{stem}.answer.md",
        "scope": json.dumps(request.scope),
        "sample": request.sample,
        "temperature": repr(float(request.temperature)),
    }
    how = [
        f"Write the whole answer into a new file beside this one, named `{stem}.answer.md` (or `{stem}.answer.YOURNAME.md`",
        "to say who answered). Show the person or model that answers only the text in the fences above.",
    ]
    if len(samples) > 1:
        numbers = f"{min(samples)} to {max(samples)}"
        facts["samples_of_this_prompt"] = numbers
        how += [
            f"Samples {numbers} of this prompt are {len(samples)} requests in a row with the same text:",
            "paste it once and ask for as many answers. Give each answer by itself, without the others.",
        ]
    texts = [encodable(text.replace("\r\n", "\n")) for text in (request.expertise, request.message)]
    if escaped := sum(ord(character) in _ESCAPES for text in texts for character in text):
        facts["characters_shown_as_escapes"] = escaped
    system, message = (text.translate(_ESCAPES) for text in texts)
    parts = ["---", *(f"{name}: {value}" for name, value in facts.items()), "---", ""]
    if system:
        parts += ["# System", "", *_fenced(system), ""]
    parts += ["# Message", "", *_fenced(message), "", "# How to answer", "", *how]
    return "\n".join([*parts, "An empty file means that somebody works on it; it is not an answer yet."]) + "\n"


def _fenced(text: str) -> list[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]

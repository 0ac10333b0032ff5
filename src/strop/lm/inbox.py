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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from strop.base.console import notify
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.pluralize import quantity
from strop.base.private import FILE, make_folder, write
from strop.base.terminal_text import escape
from strop.lm.async_model import CLOSED, AsyncModel, Deliver, model_closed
from strop.lm.base import Completion, CompletionBatch, Fault, Request, encodable
from strop.lm.options import ModelSpec

HEAD = "inbox:"
DONE = "done"
DIGEST_DIGITS = 16
_REQUEST = re.compile(rf"(?P<number>[0-9]{{4,9}})-(?P<digest>[0-9a-f]{{{DIGEST_DIGITS}}})\.md")
_ANSWER = re.compile(
    rf"(?P<stem>[0-9]{{4,9}}-[0-9a-f]{{{DIGEST_DIGITS}}})\.answer(?:\.(?P<who>[A-Za-z0-9][A-Za-z0-9_-]{{0,39}}))?\.(?:md|txt)"
)
_LIKE_AN_ANSWER = re.compile(r"(?i)(?![.~#]).*answer.*\.(?:md|txt)")
_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
"""Errors of a file system without locks, on which several runs can use one folder."""


@dataclass(frozen=True)
class InboxSettings:
    """How an inbox waits for answers."""

    settle_seconds: float = 1.0
    """How long an answer's file must stay the same before it counts as complete."""
    first_look_seconds: float = 0.1
    rarest_look_seconds: float = 2.0
    largest_answer_bytes: int = 1 << 20
    """Longer answers are cut to this."""


@dataclass(frozen=True)
class AnswerFile:
    """The file of an answer: its inode, size and time of writing, and since when these stay the same."""

    path: Path
    who: str
    """Who answered, by the file's name; empty if it does not say."""
    stamp: tuple[int, int, int]
    since: float

    @classmethod
    def at(cls, path: Path, now: float) -> AnswerFile | None:
        """The answer in a file; None if it has another name, is empty, no regular file, or a hard link: it may be of any file."""
        name = _ANSWER.fullmatch(path.name)
        try:
            stamp = _stamp_of(path.lstat())
        except OSError:
            return None
        return None if name is None or stamp is None else cls(path, name["who"] or "", stamp, now)

    @property
    def stem(self) -> str:
        """That of its request."""
        return self.path.name.partition(".")[0]

    @property
    def digits(self) -> str:
        """Those of its request's digest."""
        return self.stem.rpartition("-")[2]


def _stamp_of(status: os.stat_result) -> tuple[int, int, int] | None:
    """What stays the same while nobody writes; None if it is no answer (see `AnswerFile.at`)."""
    if not stat.S_ISREG(status.st_mode) or not status.st_size or status.st_nlink > 1:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _lock(lock_file: int, name: str) -> None:
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LanguageModelError(f"{name}: another strop waits in this folder; end it, or use another folder") from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


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
        self._path = Path(path).expanduser().absolute()
        if self._path.exists() and not self._path.is_dir():
            raise ConfigurationError(f"--model {spec}: {path} is not a folder")
        super().__init__(spec)
        self._settings, self._seed, self._notify = settings or InboxSettings(), seed, notify
        self._stopped = asyncio.Event()
        self._lock_file: int | None = None
        self._mode = FILE
        """Mode of files: others who may write in the folder read and answer requests."""
        self._number = 0
        self._open: dict[str, str] = {}
        """Digits of a request's digest → the stem of its file."""
        self._taken: dict[str, Path] = {}
        """Digits of a request's digest → the file of its answer, which a run has."""
        self._seen: dict[Path, AnswerFile] = {}
        self._reported: set[str] = set()

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Put the requests into the folder, and wait for their answers.

        Raises:
            LanguageModelError: the folder cannot be used, or the model was stopped before all answers came. Open requests stay in
                the folder.
        """
        missing = {position: self._digits(request) for position, request in enumerate(requests)}
        since, pause = time.monotonic(), self._settings.first_look_seconds
        try:
            if self._lock_file is None:
                self._begin()
            self._deliver(missing, requests, deliver, since)
            self._put({digits: requests[position] for position, digits in missing.items()})
            while missing:
                is_last, before = self._stopped.is_set(), self._seen
                self._look()
                self._deliver(missing, requests, deliver, since)
                if is_last and missing:
                    raise model_closed()
                if missing:
                    pause = self._settings.first_look_seconds if self._seen != before else pause * 1.5
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
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _digits(self, request: Request) -> str:
        """What names a request, different in runs of another seed."""
        key = hashlib.sha256(f"{self._seed} {request.key}".encode()).hexdigest() if self._seed else request.key
        return key[:DIGEST_DIGITS]

    def _begin(self) -> None:
        """Make and lock the folder, and read which requests are open."""
        make_folder(self._path)
        shared = self._path.stat().st_mode & 0o022
        self._mode = FILE | shared | shared << 1
        done = self._path / DONE
        if done.is_symlink():
            raise LanguageModelError(f"{self.name}: {DONE} is a link; remove it")
        if not done.exists():
            make_folder(done)
            done.chmod(self._mode | (self._mode & 0o444) >> 2)
        try:
            lock_file = os.open(self._path / ".lock", os.O_RDWR | os.O_CREAT | _SAFELY, self._mode)
        except OSError as error:
            reason = "is a link" if (self._path / ".lock").is_symlink() else error.strerror
            raise LanguageModelError(f"{self.name}: .lock {reason}; remove it") from error
        try:
            if not stat.S_ISREG(os.fstat(lock_file).st_mode):
                raise LanguageModelError(f"{self.name}: .lock is not a regular file; remove it")
            _lock(lock_file, self.name)
            self._read_state(done)
        except BaseException:
            os.close(lock_file)  # else the next call would rely on half of the state, and ask again
            raise
        self._lock_file = lock_file

    def _read_state(self, done: Path) -> None:
        for path in sorted(done.iterdir()):
            if answer := _ANSWER.fullmatch(path.name):
                self._taken.setdefault(answer["stem"].rpartition("-")[2], path)
        for path in sorted([*self._path.iterdir(), *done.iterdir()]):
            if request := _REQUEST.fullmatch(path.name):
                self._number = max(self._number, int(request["number"]))
                with suppress(FileNotFoundError):  # somebody may tidy up meanwhile
                    if path.parent == self._path and path.stat().st_size:  # a power cut leaves an empty one
                        self._open.setdefault(request["digest"], path.stem)
        for digits in self._taken.keys() & self._open.keys():  # a kill left the request
            self._put_away(self._path / f"{self._open.pop(digits)}.md")

    def _put(self, requests: Mapping[str, Request]) -> None:
        """Write the requests, by digits, that are not open yet."""
        for digits, request in requests.items():
            if digits not in self._open:
                self._number += 1
                stem = f"{self._number:04}-{digits}"
                draft = self._path / f".{stem}.draft"
                # Over one of a strop that was killed, or somebody's link to another file.
                write(draft, request_document(request, stem).encode())
                draft.chmod(self._mode)
                draft.replace(self._path / f"{stem}.md")
                self._open[digits] = stem
        stems = [self._open[digits] for digits in requests]
        if stems:
            names = f"{stems[0]}.md" if len(stems) == 1 else f"{stems[0]}.md to {stems[-1]}.md"
            self._notify(
                f"{self.name}: {quantity(len(stems), 'request')} to answer: {names}; write {stems[0]}.answer.md etc."
            )

    def _look(self) -> None:
        """Read which answers are there; files that look like answers and answer no open request are reported once."""
        now, before, self._seen = time.monotonic(), self._seen, {}
        for path in sorted(self._path.iterdir()):
            file, name = AnswerFile.at(path, now), _ANSWER.fullmatch(path.name)
            if file is not None and self._open.get(file.digits) == file.stem:
                last = before.get(path)
                self._seen[path] = last if last is not None and last.stamp == file.stamp else file
            elif name is not None and name["stem"] in self._open.values():
                continue  # empty, or no regular file: not an answer yet
            elif _LIKE_AN_ANSWER.fullmatch(path.name) and path.name not in self._reported:
                self._reported.add(path.name)
                said = f"{escape(path.name, 80)} answers no open request; each request names its answer's file"
                self._notify(f"{self.name}: {said}")

    def _deliver(self, missing: dict[int, str], requests: Sequence[Request], deliver: Deliver, since: float) -> None:
        """Deliver the answers that are there and complete, and forget their positions in `missing`."""
        now = time.monotonic()
        complete: dict[str, AnswerFile] = {}
        for file in self._seen.values():
            if now - file.since >= self._settings.settle_seconds:
                complete.setdefault(file.digits, file)
        for position, digits in list(missing.items()):
            taken = self._taken.get(digits)
            answer = AnswerFile.at(taken, now) if taken else complete.get(digits)
            if answer is None:
                self._taken.pop(digits, None)  # somebody has deleted it: it is asked again
            elif completion := self._completion(requests[position], answer, 0.0 if taken else now - since):
                if not taken:  # the answer first: a kill between the moves must not leave an answer without a request
                    self._taken[digits] = self._put_away(answer.path)
                    self._put_away(self._path / f"{self._open.pop(digits)}.md")
                    self._seen.pop(answer.path, None)
                del missing[position]
                deliver(position, completion)

    def _put_away(self, path: Path) -> Path:
        """Move a file to `done`; where it is then."""
        with suppress(OSError):
            return path.replace(self._path / DONE / path.name)
        return path

    def _completion(self, request: Request, file: AnswerFile, seconds: float) -> Completion | None:
        """The answer in a file; None while it holds only white space, changes or may not be read."""
        most = self._settings.largest_answer_bytes
        try:
            # A link in a folder that people share may lead to any file of the user who runs strop.
            with os.fdopen(os.open(file.path, os.O_RDONLY | _SAFELY), "rb") as opened:
                # Of the file that is open: another may lie there for a moment.
                before, data = _stamp_of(os.fstat(opened.fileno())), opened.read(most + 1)
                if not before == file.stamp == _stamp_of(os.fstat(opened.fileno())):
                    return None
        except OSError:
            return None
        is_cut = len(data) > most
        encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        faults = [Fault("oversized", f"the answer was cut to {most} bytes", 1)] if is_cut else []
        try:  # a character that the limit cut in two is left out
            text = codecs.getincrementaldecoder(encoding)("strict").decode(data[:most], not is_cut)
        except UnicodeDecodeError:
            text = data[:most].decode(encoding, "replace")
            faults.append(Fault("bad_response", "the answer is not UTF-8: unreadable bytes are shown as �", 1))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            return None
        for fault in faults:
            self._notify(f"{self.name}: {file.path.name}: {fault.detail}")
        return Completion(
            text=text,
            model=file.who or "inbox",
            finish_reason="length" if is_cut else "stop",
            seconds=seconds,
            faults=tuple(faults),
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


def request_document(request: Request, stem: str) -> str:
    """The request in Markdown: facts, system text, message, how to answer.

    The fences are longer than any in the texts, so that no text can end them and pass for one of strop.
    """
    system, message = (encodable(text.replace("\r\n", "\n")) for text in (request.expertise, request.message))
    escaped = sum(ord(character) in _ESCAPES for character in system + message)
    lines = [
        "---",
        f"answer: {stem}.answer.md",
        f"scope: {json.dumps(request.scope)}",
        f"sample: {request.sample}",
        f"temperature: {float(request.temperature)!r}",
        *([f"characters_shown_as_escapes: {escaped}"] if escaped else []),
        "---",
        "",
    ]
    for title, text in (("System", system), ("Message", message)):
        if text or title == "Message":
            fence = max(["```", *(f"{run}`" for run in re.findall("`+", text))], key=len)
            lines += [f"# {title}", "", f"{fence}text", text.translate(_ESCAPES), fence, ""]
    lines += [
        "# How to answer",
        "",
        f"Write the whole answer into a new file beside this one, named `{stem}.answer.md` (or `{stem}.answer.YOURNAME.md`",
        "to say who answered). Show the person or model that answers only the text in the fences above. Samples of one scope",
        "and prompt need an answer each. An empty file means that somebody works on it; it is not an answer yet.",
        "",
    ]
    return "\n".join(lines)

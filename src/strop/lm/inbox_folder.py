"""The folder of an inbox: which requests are open, which are answered, and which answers are complete.

    0001-3f2a9c1b7d5e4a60.md                a request
    0001-3f2a9c1b7d5e4a60.answer.md         its answer; `.answer.NAME.md` says who answered; .txt works too
    done/                                   answered requests, with their answers
    .lock                                   held by the strop that waits here

Names hold a number and digits of a digest, never text of a model. One strop at a time holds the folder, by a lock that ends with
the process. All state is in the folder: a run that was killed at any moment finds there what it asked and what was answered.
"""

from __future__ import annotations

import codecs
import errno
import fcntl
import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from strop.base.errors import LanguageModelError
from strop.base.private import FILE, make_folder, write
from strop.base.terminal_text import escape
from strop.lm.base import Request

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

"""The folder of an inbox: which requests are open, which are answered, and which answers are whole.

One strop at a time holds it, by a lock that ends with the process. Everything it knows is in the folder: a run that was killed
in any moment finds there what it asked and what was answered.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.base.errors import LanguageModelError
from strop.base.terminal_text import escape
from strop.lm.base import Request
from strop.lm.inbox_files import DIGEST_DIGITS, Stamp, answer_of, request_of, request_text, stamp_of, stem_of

DONE = "done"
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
"""What a file system that knows no locks says: then nobody is kept out."""


@dataclass(frozen=True)
class Found:
    """The file of an answer."""

    path: Path
    who: str
    """Who answered, by the file's name; empty where it does not say."""
    stamp: Stamp | None
    """None for one that was taken before."""


class Folder:
    """Requests and answers on disk. Safe to use from many threads."""

    def __init__(self, path: Path, shown: str, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is touched before the first `put`. Messages call the folder `shown`; `now` is the clock, in seconds."""
        self._path = path
        self._shown = shown
        self._now = now
        self._lock = threading.Lock()
        self._held: int | None = None
        self._number = 0
        self._open: dict[str, str] = {}
        """Digits of a request's digest → the stem of its file."""
        self._taken: dict[str, Found] = {}
        """The same → its answer, which was given to the run."""
        self._seen: dict[str, tuple[Stamp, float]] = {}
        """Name of an answer's file → its stamp, and since when it has it."""
        self._settled: dict[str, Found] = {}
        """Stem of a request → its answer, which is whole."""
        self._told: set[str] = set()

    def put(self, requests: Mapping[str, Request]) -> list[str]:
        """Write those of the requests (by key) that are not there; the stems of all that have no answer yet, in order.

        Raises:
            LanguageModelError: another strop holds the folder.
            OSError: it cannot be written.
        """
        with self._lock:
            if self._held is None:
                self._begin()
            waiting = []
            samples: dict[tuple[str, str, str, float], list[int]] = defaultdict(list)
            for each in requests.values():
                samples[_prompt(each)].append(each.sample)
            for key, request in requests.items():
                digits = key[:DIGEST_DIGITS]
                if digits in self._taken and self._taken[digits].path.exists():
                    continue
                self._taken.pop(digits, None)  # somebody has deleted it
                if digits not in self._open:
                    self._number += 1
                    self._write(stem_of(self._number, key), request, samples[_prompt(request)])
                    self._open[digits] = stem_of(self._number, key)
                waiting.append(self._open[digits])
            return waiting

    def look(self, settle_seconds: float) -> bool:
        """Look what answers there are; whether anything changed. One is whole when its file stayed the same for that long.

        Raises:
            OSError: the folder cannot be read.
        """
        now = self._now()
        with self._lock, os.scandir(self._path) as entries:
            before, self._seen, self._settled = self._seen, {}, {}
            for entry in sorted(entries, key=lambda each: each.name):
                named = answer_of(entry.name)
                if named is None:
                    continue
                with suppress(FileNotFoundError):
                    stamp = stamp_of(entry.stat(follow_symlinks=False))
                    if stamp is None:
                        continue
                    stem, who = named
                    known = before.get(entry.name, (None, 0.0))
                    self._seen[entry.name] = (stamp, known[1] if known[0] == stamp else now)
                    if now - self._seen[entry.name][1] >= settle_seconds:
                        self._settled.setdefault(stem, Found(self._path / entry.name, who, stamp))
            return self._seen != before

    def answer(self, key: str) -> Found | None:
        """The answer of a request that was put, taken before or whole at the last look."""
        with self._lock:
            digits = key[:DIGEST_DIGITS]
            return self._taken.get(digits) or self._settled.get(self._open.get(digits, ""))

    def take(self, key: str, found: Found) -> None:
        """The run has this answer and waits for it no more: it and its request go to `done`."""
        with self._lock:
            digits = key[:DIGEST_DIGITS]
            if digits in self._taken:
                return
            moved = self._path / DONE / found.path.name
            # The answer first: were it the request, a kill in between would leave an answer to nothing.
            with suppress(OSError):
                found.path.replace(moved)
                self._seen.pop(found.path.name, None)
            self._taken[digits] = Found(moved if moved.exists() else found.path, found.who, None)
            self._put_away(digits)

    def strays(self) -> list[str]:
        """Names of whole files in the folder that are answers to nothing that is asked, each once."""
        with self._lock:
            known = {f"{stem}.md" for stem in self._open.values()}
            names = []
            for entry in sorted(self._path.iterdir()):
                name, named = entry.name, answer_of(entry.name)
                meant = named is not None or (
                    "answer" in name.lower()
                    and name.lower().endswith((".md", ".txt"))
                    and not name.startswith((".", "~", "#"))
                )
                if meant and name not in self._told and not (named and f"{named[0]}.md" in known):
                    self._told.add(name)
                    names.append(escape(name, 80))
            return names

    def close(self) -> None:
        """Let another strop have the folder. Idempotent."""
        with self._lock:
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _begin(self) -> None:
        (self._path / DONE).mkdir(parents=True, exist_ok=True)
        held = os.open(self._path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise LanguageModelError(
                f"inbox:{self._shown}: another strop waits in this folder; end it, or take another folder"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(held)
                raise
        try:
            self._find_what_is_there()
        except BaseException:
            os.close(held)  # else the next call would go by half of what is there, and ask again
            raise
        self._held = held

    def _find_what_is_there(self) -> None:
        for path in sorted((self._path / DONE).iterdir()):
            named = answer_of(path.name)
            if named is not None:
                self._taken.setdefault(named[0].rpartition("-")[2], Found(path, named[1], None))
        for path in sorted([*self._path.iterdir(), *(self._path / DONE).iterdir()]):
            asked = request_of(path.name)
            if asked is not None:
                number, digits = asked
                self._number = max(self._number, number)
                with suppress(FileNotFoundError):  # somebody tidies up meanwhile
                    if path.parent == self._path and path.stat().st_size:  # an empty one: the power went
                        self._open.setdefault(digits, path.stem)
        for digits in self._taken:
            self._put_away(digits)

    def _put_away(self, digits: str) -> None:
        stem = self._open.pop(digits, None)
        if stem is not None:
            with suppress(OSError):
                (self._path / f"{stem}.md").replace(self._path / DONE / f"{stem}.md")

    def _write(self, stem: str, request: Request, samples: Sequence[int]) -> None:
        draft = self._path / f".{stem}.draft"
        draft.unlink(missing_ok=True)  # of a strop that was killed, or somebody's link to another file
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(request_text(request, stem, samples))
        draft.replace(self._path / f"{stem}.md")


def _prompt(request: Request) -> tuple[str, str, str, float]:
    """What the samples of one prompt have in common."""
    return request.scope, request.expertise, request.message, request.temperature

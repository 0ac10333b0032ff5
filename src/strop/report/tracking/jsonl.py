"""Appends a line of JSON for each event to a file: for `tail -f`, `jq`, and log shippers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from strop.base.events import Event
from strop.base.from_json import read_json
from strop.base.private import FILE
from strop.report.export.json_lines import line_of
from strop.report.tracking.base import Subject
from strop.store import Stored

_TAIL = 1 << 16
_BEGINNING = b'{"run":"'


def make(subject: Subject, path: Path) -> JsonLines:
    """See the class."""
    return JsonLines(path, subject)


class JsonLines:
    """Appends `{"run": …, "seq": 1, "at": …, "kind": "RunStarted", "scope": "", …}` to a file; no line is written twice."""

    kinds: tuple[type[Event], ...] = ()

    def __init__(self, path: Path, subject: Subject) -> None:
        """`path` may be a new file, a file with events of this or other runs, a device or a pipe.

        Raises:
            ValueError: the file holds something else.
            OSError: it cannot be written.
        """
        self._content = subject.content
        self._run = subject.notes.setdefault("run", f"{subject.directory.absolute().name}-{secrets.token_hex(4)}")
        self._waiting: list[bytes] = []
        if path.is_symlink() and Path("/dev") not in path.parents:
            raise ValueError(f"{path} is a link; name the file that it leads to")
        self._last = _whole_lines(path, self._run) if path.is_file() else 0
        if not path.exists():
            path.touch(FILE)
        self._file = path.open("ab", buffering=0)

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Prepare a line."""
        if known or stored.seq <= self._last:
            return
        self._waiting.append(line_of(stored, quotes=self._content, run=self._run).encode("ascii") + b"\n")

    def flush(self) -> None:
        """Write the lines."""
        while self._waiting:
            line = self._waiting[0]
            written = self._file.write(line)
            self._waiting[:1] = [line[written:]] if written < len(line) else []

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _whole_lines(path: Path, run: str) -> int:
    """Remove a last line that a kill left unfinished; returns the number of the last event if it is of `run`, else 0."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        tail, start = b"", size
        while start > 0 and tail.count(b"\n") < 2:
            start = max(0, start - _TAIL)
            file.seek(start)
            tail = file.read(size - start)
        whole = tail.rfind(b"\n") + 1
        lines, half = tail[:whole].splitlines(), tail[whole:]
        if not all(part.startswith(_BEGINNING) for part in lines[-1:]) or not half.startswith(_BEGINNING[: len(half)]):
            raise ValueError(f"{path} holds something other than events; choose another file")
        file.truncate(start + whole)
    last = read_json(lines[-1]) if lines else {}
    return int(last["seq"]) if last.get("run") == run else 0

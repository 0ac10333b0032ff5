"""A tracker that writes one line of JSON for each event: for `tail -f`, `jq`, and whatever reads JSON lines."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from strop.base.events import Event
from strop.report.tracking.base import Subject, plain
from strop.store import Stored

_TAIL = 1 << 16
_BEGINNING = b'{"run":"'


class JsonLines:
    """Appends `{"run": …, "seq": 1, "at": …, "kind": "RunStarted", "scope": "", …}` to a file; no line is written twice."""

    kinds: tuple[type[Event], ...] = ()

    def __init__(self, path: Path, subject: Subject) -> None:
        """`path` may be a file that holds lines of this or of other runs, a device or a pipe.

        Raises:
            ValueError: it is a file of something else.
            OSError: it cannot be written.
        """
        self._content = subject.content
        self._run = subject.notes.setdefault("run", f"{subject.directory.absolute().name}-{secrets.token_hex(4)}")
        self._waiting: list[bytes] = []
        self._last = _whole_lines(path, self._run) if path.is_file() else 0
        self._file = path.open("ab", buffering=0)

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """A line for the event."""
        if known or stored.seq <= self._last:
            return
        fields: dict[str, Any] = {"run": self._run, "seq": stored.seq, "at": stored.at}
        fields |= {"kind": type(stored.event).__name__} | plain(stored.event, content=self._content)
        self._waiting.append(json.dumps(fields, separators=(",", ":")).encode("ascii") + b"\n")

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
    """Cut a last line that a kill left half written; the number of the last event of `run`, where the last line is of it."""
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
            raise ValueError(f"{path} holds something else than events; name another file")
        file.truncate(start + whole)
    last = json.loads(lines[-1]) if lines else {}
    return int(last["seq"]) if last.get("run") == run else 0

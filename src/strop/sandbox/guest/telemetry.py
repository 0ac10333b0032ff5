"""Report what an improver does in its own interpreter: program text that it executes, and forks.

The guest reports this through CPython's audit events. A program can avoid and forge it, but gains nothing, because nothing
depends on it. Only a few notes of each kind are sent, so that a loop over `exec` does not become slower.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

from channel import Channel

MOST_NOTES = 5
"""Notes of one kind in the life of a process."""


def watch(channel: Channel, file: str) -> None:
    """Report what the code of `file`, and code that it executes, does from now on. Cannot be undone, so use a separate
    process."""
    own = {file}
    left = {"dynamic_code": MOST_NOTES, "fork": MOST_NOTES}

    def note(kind: str, detail: str) -> None:
        if left[kind] > 0:
            left[kind] -= 1
            try:
                channel.note(kind, detail)
            except Exception:
                left[kind] = 0  # the call has ended: nobody listens

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec":
            # Imports, named tuples and dataclasses execute code too: only what the program itself executes counts.
            caller = sys._getframe(1)
            if caller.f_code.co_filename in own:
                own.add(_file_of(arguments[0]))
                name, where = _file_of(arguments[0]), caller.f_code.co_filename
                note("dynamic_code", f"{name[:80]!a} executed in {where[:80]!a} line {caller.f_lineno}")
        elif event in ("os.fork", "os.forkpty"):
            note("fork", event)

    sys.addaudithook(hook)


def _file_of(code: Any) -> str:
    return code.co_filename if isinstance(code, CodeType) else "<string>"

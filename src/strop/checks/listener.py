"""What the host itself does while it scores: files opened, processes started, code executed.

A scorer runs in the host, unconfined; it should compute and nothing else. Python's audit events (PEP 578) show whether it does.
They are telemetry, not a defence: a scorer in C raises none, and what an import opens is left out.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

MARKER = "strop_check_marker"
"""A name in the code that an attack gives as its answer."""
_OUTWARD = re.compile(
    r"subprocess\.Popen|os\.(system|exec|fork|forkpty|posix_spawn|remove|rename|mkdir|rmdir|truncate|chmod)"
    r"|socket\.(connect|getaddrinfo)|shutil\.(copyfile|rmtree)"
)
"""Audit events of acts that reach beyond the process."""
_CODE = (".py", ".pyc", ".so", ".pyd", ".pth", ".typed")
_HOMES = tuple({sys.prefix, sys.base_prefix})
_ears = threading.local()
_installed = threading.Lock()
_state = {"hooked": False}


class Heard:
    """What was heard while scores were computed."""

    def __init__(self) -> None:
        self.read: list[str] = []
        """Files opened for reading, there or not, in order."""
        self.acts: list[str] = []
        """Files written, processes started, connections."""
        self.slowest = 0.0
        """Seconds of the longest call."""
        self.executed = False
        """Whether the code of an answer was executed."""


@contextmanager
def listening(heard: Heard) -> Iterator[None]:
    """Hear what this thread does."""
    with _installed:
        if not _state["hooked"]:
            sys.addaudithook(_hook)  # there is no way to take it away; it does nothing while nobody listens
            _state["hooked"] = True
    _ears.heard = heard
    try:
        yield
    finally:
        _ears.heard = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    heard = getattr(_ears, "heard", None)
    if heard is None:
        return
    if event == "open":
        _opened(heard, arguments)
    elif event == "exec":
        if isinstance(arguments[0], CodeType) and MARKER in _words(arguments[0]):
            heard.executed = True
    elif _OUTWARD.fullmatch(event):
        heard.acts.append(f"{event} {arguments[0]!r:.80}")


def _opened(heard: Heard, arguments: tuple[Any, ...]) -> None:
    path, mode, flags = arguments
    if not isinstance(path, (str, bytes)):
        return
    name = path.decode(errors="replace") if isinstance(path, bytes) else path
    if name.endswith(_CODE) or name.startswith(_HOMES) or Path(name).parent == Path("/dev"):
        return
    writes = any(letter in (mode or "") for letter in "wax+") or (isinstance(flags, int) and flags & 0b11 and not mode)
    if writes:
        heard.acts.append(f"writes {name}")
    else:
        heard.read.append(name)


def _words(code: CodeType) -> set[str]:
    """Names and texts of a code object, and of those inside it."""
    words = {*code.co_names, *(each for each in code.co_consts if isinstance(each, str))}
    return words.union(*(_words(each) for each in code.co_consts if isinstance(each, CodeType)))

"""Targets on the host for a probe: a file, a folder, listeners, a piece of memory; and whether a probe reached them."""

from __future__ import annotations

import ctypes
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from strop.base.errors import SandboxError
from strop.base.temporary import TemporaryFolder
from strop.sandbox.base import Value

Traces = Callable[[], dict[str, str]]
"""Returns protection → what the host saw a guest do, whatever the guest reports."""

_LONGEST = 72
"""The longest path of a folder for sockets, in bytes: an address holds 108, and the names in it take about 30."""


@contextmanager
def laid_out(memory_bytes: int) -> Iterator[tuple[dict[str, Value], Traces]]:
    """Within the block: the targets to pass to a probe, and a function that looks for its traces. Every user may access the
    targets, so that only the jail protects them."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryFolder("strop-probe-", _short_folder()))
        folder.chmod(0o777)
        file = folder / "file"
        file.write_text(secrets.token_hex(8))
        file.chmod(0o666)
        canary = ctypes.create_string_buffer(secrets.token_bytes(32), 32)
        name = secrets.token_hex(8)
        tcp = stack.enter_context(_bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)))
        udp = stack.enter_context(_bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)))
        unix = stack.enter_context(_bound(socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "unix")))
        abstract = stack.enter_context(_bound(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + name))
        mail = stack.enter_context(_bound(socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "mail")))
        abstract_mail = stack.enter_context(_bound(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{name}-mail"))
        (folder / "unix").chmod(0o777)
        (folder / "mail").chmod(0o777)
        before = _state(folder)

        def traces() -> dict[str, str]:
            traces_found = {}
            if any(_was_reached(end) for end in (tcp, udp, unix, abstract, mail, abstract_mail)):
                traces_found["network"] = "the host was reached"
            if _state(folder) != before:
                traces_found["write"] = "the host's files have changed"
            return traces_found

        targets: dict[str, Value] = {
            "folder": str(folder),
            "file": str(file),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "unix": str(folder / "unix"),
            "abstract": name,
            "mail": str(folder / "mail"),
            "pid": os.getpid(),
            "address": ctypes.addressof(canary),
            "size": len(canary),
            "too_many_bytes": memory_bytes + (64 << 20),
        }
        yield targets, traces


def _short_folder() -> str:
    """The folder for temporary files, or, if its path is too long for a socket's address, another that anyone may write in.

    The probe must be able to name the sockets; otherwise it would report them as protected.
    """
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        if len(os.fsencode(folder)) <= _LONGEST and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise SandboxError(f"no folder for temporary files has a path of at most {_LONGEST} bytes; set TMPDIR to one")


def _bound(family: int, kind: int, address: tuple[str, int] | str) -> socket.socket:
    end = socket.socket(family, kind)
    end.bind(address)
    end.setblocking(False)
    if kind == socket.SOCK_STREAM:
        end.listen()
    return end


def _was_reached(end: socket.socket) -> bool:
    try:
        if end.type == socket.SOCK_STREAM:
            end.accept()[0].close()
        else:
            end.recv(16)
    except BlockingIOError:
        return False
    return True


def _state(folder: Path) -> list[tuple[str, int, int, int]]:
    """Names, modes, sizes and change times of the files in a folder."""
    entries = ((path, path.lstat()) for path in sorted(folder.iterdir()))
    return [(path.name, fact.st_mode, fact.st_size, fact.st_ctime_ns) for path, fact in entries]

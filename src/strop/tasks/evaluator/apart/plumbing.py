"""What both jails of an evaluation need: messages to the host, files as they were, no process left. Stand-alone."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import json
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import sys
import tempfile
import threading
from typing import Any

Message = dict[str, Any]

_LENGTH = struct.Struct("<I")
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_MOST_DESCRIPTORS = 4


class Hangup(Exception):
    """The other end is gone."""


def exactly(connection: socket.socket, size: int) -> bytes:
    """The next bytes. Raises Hangup."""
    chunks = []
    while size:
        chunk = connection.recv(min(size, 1 << 20))
        if not chunk:
            raise Hangup
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def send(connection: socket.socket, data: bytes) -> None:
    """Send these bytes with their length."""
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket, most: int) -> bytes:
    """What `send` sent. Raises Hangup, ValueError if it is longer than `most`."""
    (size,) = _LENGTH.unpack(exactly(connection, _LENGTH.size))
    if size > most:
        raise ValueError("too many bytes")
    return exactly(connection, size)


def send_message(connection: socket.socket, message: Message, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message of JSON, with descriptors."""
    data = json.dumps(message).encode("utf-8", "surrogatepass")
    sent = socket.send_fds(connection, [_LENGTH.pack(len(data)) + data], list(descriptors))
    connection.sendall((_LENGTH.pack(len(data)) + data)[sent:])


def receive_message(connection: socket.socket) -> tuple[Message, list[int]]:
    """The next message and its descriptors. Raises Hangup."""
    head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, _MOST_DESCRIPTORS)
    if not head:
        raise Hangup
    head += exactly(connection, _LENGTH.size - len(head))
    message: Message = json.loads(exactly(connection, _LENGTH.unpack(head)[0]).decode("utf-8", "surrogatepass"))
    return message, descriptors


def begin() -> socket.socket:
    """The channel to the host, which is standard input at the start; nobody can read this process's memory from now on."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    channel = socket.socket(fileno=os.dup(0))
    channel.set_inheritable(False)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.dont_write_bytecode = True
    return channel


def readable() -> None:
    """Let this process's own children look at it again, as they can in an ordinary process."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def preload(names: list[str]) -> None:
    """Import modules that evaluations will need, quietly; forks share them."""
    for name in names:
        if name not in sys.modules:
            with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(name)


def loaded(before: set[str], tree: str) -> list[str]:
    """The modules imported since there were only those of `before`, without the tree's own."""
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        if (
            name not in before
            and isinstance(file, str)
            and os.path.isabs(file)
            and not file.startswith((tree, "/tmp/"))
        ):
            found.append(name)
    return found[:2000]


def below(paths: set[str], folder: str) -> list[str]:
    """Those of these paths that lie below a folder, from there."""
    whole = {os.path.abspath(path) for path in paths}
    return sorted(path[len(folder) + 1 :] for path in whole if path.startswith(f"{folder}/"))[:2000]


def limit_cpu(seconds: float) -> None:
    """Limit this process's CPU time, and that of each one that it starts."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))


def end_all() -> tuple[float, int]:
    """Kill and reap every other process of this jail; their CPU seconds and largest resident set."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGKILL)
    seconds, largest = 0.0, 0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds, largest
        seconds += usage.ru_utime + usage.ru_stime
        largest = max(largest, usage.ru_maxrss << 10)


_READ_IO_PRIORITY = {"x86_64": 252, "aarch64": 31}


def marks() -> tuple[Any, ...]:
    """What other processes of this user can change of this process, or leave in the kernel, and the next evaluation would see."""
    objects = []
    for kind in ("msg", "sem", "shm"):
        with contextlib.suppress(OSError), open(f"/proc/sysvipc/{kind}", encoding="ascii") as listed:
            objects.append(len(listed.readlines()))
    call = _READ_IO_PRIORITY.get(os.uname().machine)
    io_priority = ctypes.CDLL(None).syscall(call, 1, 0) if call else None
    return os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0), os.sched_getscheduler(0), io_priority, objects


MOST_TAKEN = 64
"""Processes, threads and files of an evaluation after which its numbers would tell the next one something."""


def next_numbers() -> tuple[int, int]:
    """The numbers that the next process, or thread, and the next file of this jail get."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    with tempfile.TemporaryFile() as file:
        return thread.native_id or 0, os.fstat(file.fileno()).st_ino


def are_near(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether so few numbers were taken in between that they say little; they begin again at the end."""
    return all(0 <= later - earlier <= MOST_TAKEN for earlier, later in zip(before, after))


class Files:
    """The files of a jail's folders as they are now, and what must be done to have them so again."""

    def __init__(self, folders: list[str], but: str = "") -> None:
        """`but`: a file that may change, the program; then no time or attribute of another may tell the next one anything."""
        self._folders, self._but = folders, but
        self._known = {path: facts for path, facts, _ in self._walk()}
        for path, facts in self._known.items() if but else ():
            if stat.S_ISREG(facts[0]):
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    file.read(1)  # the time of the first reading alone is kept

    def restored(self) -> bool:
        """Remove what is new; whether everything else is unchanged."""
        found = set()
        for path, facts, is_folder in list(self._walk()):
            known = self._known.get(path)
            if known == facts or path == self._but:
                found.add(path)
            elif known is None:
                _remove(path, is_folder)
            elif is_folder and known[0] == facts[0]:
                found.add(path)
        for folder in self._folders if self._but else ():
            with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(dir=folder):
                pass  # its time is now, whatever was done there
        unlike = [folder for folder in self._changed_folders() if not self._put_back(folder)]
        return found | {self._but} >= self._known.keys() and not (unlike and self._but)

    def _changed_folders(self) -> list[str]:
        found = []
        for path, facts in self._known.items():
            if stat.S_ISDIR(facts[0]) and os.path.isdir(path):
                now = os.stat(path)
                if now.st_mtime_ns != facts[2] or (now.st_uid == os.getuid() and now.st_ctime_ns != facts[4]):
                    found.append(path)
        return found

    def _put_back(self, folder: str) -> bool:
        """Give a folder its time again; whether nothing else is left of it."""
        if os.stat(folder).st_uid != os.getuid():
            return False
        os.utime(folder, ns=(self._known[folder][2], self._known[folder][2]))
        return not (self._but and os.listxattr(folder))

    def _walk(self) -> Any:
        waiting = list(self._folders)
        while waiting:
            folder = waiting.pop()
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in list(entries):
                    facts = entry.stat(follow_symlinks=False)
                    is_folder = stat.S_ISDIR(facts.st_mode)
                    size = 0 if is_folder else facts.st_size
                    times = facts.st_mtime_ns, facts.st_ino, facts.st_ctime_ns
                    yield entry.path, (facts.st_mode, size, *times), is_folder
                    if is_folder and (entry.path in self._known if hasattr(self, "_known") else True):
                        waiting.append(entry.path)


def _remove(path: str, is_folder: bool) -> None:
    with contextlib.suppress(OSError, RecursionError):
        if is_folder:
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)


def tail(descriptor: int, most: int) -> str:
    """The end of a file."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, most, max(0, size - most)).decode("utf-8", "replace")

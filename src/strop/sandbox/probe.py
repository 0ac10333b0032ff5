"""Try what must not work, and report what worked: as program text of a guest, and as a command in a workspace.

Never imported by the host; needs no strop. `posture` interprets the report, and also looks for traces in the host, because a
report alone proves nothing.
"""
# ruff: noqa: PTH101, PTH108, PTH116, PTH123, PTH208, PTH211, SIM115, T201 - the calls themselves are what is tried
# mypy: allow-untyped-defs, allow-untyped-calls, allow-any-expr

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import subprocess
import sys
import time
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, create_connection, socket, socketpair

PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}


def append(path):
    with open(path, "a") as file:
        file.write("x")


def make_and_remove(path):
    open(path, "x").close()
    os.unlink(path)


def list_home(targets):
    names = set(targets["names"]) & set(os.listdir(targets["home"]))
    if not names:
        raise FileNotFoundError
    return len(names)


def send_by_pair(targets):
    ends = socketpair(AF_UNIX, SOCK_DGRAM)
    ends[0].sendto(b"x", targets["mail"])


def replace_self(targets):
    with contextlib.suppress(FileNotFoundError):
        os.execv("/nonexistent/strop-probe", ["strop-probe"])


def start_many(targets):
    started = []
    reader, writer = os.pipe()
    try:
        for _ in range(2 * targets["processes"]):
            started.append(os.fork())
            if started[-1] == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
    finally:
        os.close(writer)
        for pid in started:
            os.waitpid(pid, 0)
    return len(started)


def see_others(targets):
    session = os.getsid(0)
    others = [
        pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid != 1 and os.getsid(pid) != session
    ]
    if not others:
        raise ProcessLookupError
    return len(others)


def other(pid):
    if pid == os.getpid():
        raise ProcessLookupError  # in a pid namespace our own pid may equal the host's pid outside
    return pid


def read_memory(targets):
    size = targets["size"]
    here = ctypes.create_string_buffer(size)
    local, remote = ((ctypes.c_size_t * 2)(start, size) for start in (ctypes.addressof(here), targets["address"]))
    call, flags = PROCESS_VM_READV[os.uname().machine], ctypes.c_ulong(0)  # an int would leave half of it undefined
    if ctypes.CDLL(None).syscall(call, other(targets["pid"]), local, 1, remote, 1, flags) != size:
        raise OSError
    return here.raw.hex()


def read_memory_file(targets):
    with open(f"/proc/{other(targets['pid'])}/mem", "rb") as file:
        file.seek(targets["address"])
        return file.read(targets["size"]).hex()


def fill_disk(targets):
    pieces = targets["disk_bytes"] // (1 << 18) + 16
    for number in range(pieces):
        Path("." if number % 2 else os.environ["TMPDIR"], f"filler-{number}").write_bytes(bytes(1 << 18))
    return pieces << 18


BARE, TREE, BOTH, LATER = {"bare"}, {"tree"}, {"bare", "tree"}, {"later"}
"""The rooms: a guest's sandbox, which is bare; a workspace, which has a tree; and the workspace again, when the host has looked
for traces of writing, because a changed mode looks like one."""
ATTEMPTS = {
    "read": [
        (BOTH, "read a file: {}", lambda targets: Path(targets["file"]).read_text()),
        (BARE, "read /etc/passwd: {}", lambda targets: open("/etc/passwd").readline().strip()),
        (BOTH, "listed a folder: {}", lambda targets: " ".join(os.listdir(targets["folder"]))),
        (TREE, "saw {} names in the home folder", list_home),
        (TREE, "read {} bytes of /etc/shadow", lambda targets: len(Path("/etc/shadow").read_bytes())),
    ],
    "existence": [(BOTH, "saw a file of {} bytes", lambda targets: os.stat(targets["file"]).st_size)],
    "network": [
        (BOTH, "connected by TCP", lambda targets: create_connection(("127.0.0.1", targets["tcp"]), timeout=1)),
        (BOTH, "sent by UDP", lambda targets: socket(type=SOCK_DGRAM).sendto(b"x", ("127.0.0.1", targets["udp"]))),
        (BOTH, "connected to a unix socket", lambda targets: socket(AF_UNIX).connect(targets["unix"])),
        (
            BOTH,
            "connected to an abstract unix socket",
            lambda targets: socket(AF_UNIX).connect("\0" + targets["abstract"]),
        ),
        (BOTH, "sent to a unix socket by a pair", send_by_pair),
    ],
    "processes": [
        (BARE, "forked", lambda targets: os.fork() or os._exit(0)),
        (BARE, "ran a program", lambda targets: subprocess.run([sys.executable, "-c", ""], check=False)),
        (BARE, "may start programs", replace_self),
        (TREE, "started {} processes", start_many),
    ],
    "others": [(TREE, "saw {} processes of others", see_others)],
    "signals": [
        (BOTH, "may signal the host", lambda targets: os.kill(other(targets["pid"]), 0)),
        (BARE, "may signal its server", lambda targets: os.kill(os.getppid(), 0)),
    ],
    "tracing": [
        (BOTH, "read the host's memory: {}", read_memory),
        (BOTH, "read the host's memory: {}", read_memory_file),
        (
            BOTH,
            "read {} bytes of the host's environment",
            lambda targets: len(Path(f"/proc/{other(targets['pid'])}/environ").read_bytes()),
        ),
    ],
    "memory": [(BOTH, "took {} bytes", lambda targets: len(mmap.mmap(-1, targets["too_many_bytes"])))],
    "write": [
        (BOTH, "created a file", lambda targets: Path(targets["folder"], "made-by-guest").write_text("x")),
        (BOTH, "changed a file", lambda targets: append(targets["file"])),
        (BOTH, "made a symbolic link", lambda targets: os.symlink("/", targets["folder"] + "/link-by-guest")),
        (BARE, "made a file in memory", lambda targets: os.close(os.memfd_create("probe"))),
        (BARE, "changed a file's mode", lambda targets: os.chmod(targets["file"], 0o600)),
        (TREE, "wrote in the home folder", lambda targets: make_and_remove(targets["home"] + "/.strop-probe")),
        (TREE, "wrote in /usr", lambda targets: make_and_remove("/usr/strop-probe")),
    ],
    "modes": [(LATER, "changed a file's mode", lambda targets: os.chmod(targets["file"], 0o600))],
    "disk": [(TREE, "wrote {} bytes", fill_disk)],
}
"""Protection → its attempts: the rooms to try it in, what it got, and the attempt, which raises if it got nothing."""


def tried(room, targets):
    """Protection → descriptions of the attempts that succeeded in this room."""
    got: dict[str, list[str]] = {}
    for protection, attempts in ATTEMPTS.items():
        for rooms, what, attempt in attempts:
            if room in rooms:
                succeeded = got.setdefault(protection, [])
                with contextlib.suppress(BaseException):
                    succeeded.append(what.format(attempt(targets)))
    return got


def probe(targets):
    """Descriptions of a guest's attempts that succeeded."""
    return tried("bare", targets)


def nap(arguments):
    """Exceed a guest's limit of wall time."""
    while True:
        time.sleep(1)


def spin(arguments):
    """Exceed a guest's limit of CPU time."""
    while True:
        pass


if __name__ == "__main__":
    print(json.dumps(tried(sys.argv[1], json.loads(os.environ["STROP_PROBE"]))))

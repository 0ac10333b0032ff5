"""Program text for a guest, never imported by the host: try what must not work, and report what did.

Each attempt returns a description of what it got, or raises. `posture` interprets the report, and also looks for traces in the
host, because a guest's report alone proves nothing.
"""
# ruff: noqa: PTH101, PTH116, PTH118, PTH123, PTH208, PTH211 - the calls themselves are what is tried
# mypy: allow-untyped-defs, allow-untyped-calls, allow-any-expr

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import socket
import subprocess
import sys

PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}


def probe(targets):
    """Protection to descriptions of the attempts that succeeded."""
    got: dict[str, list[str]] = {}
    for protection, attempts in ATTEMPTS.items():
        got[protection] = []
        for attempt in attempts:
            with contextlib.suppress(BaseException):
                got[protection].append(attempt(targets))
    return got


def read_file(targets):
    with open(targets["file"]) as file:
        return "read a file: " + file.read()


def read_accounts(targets):
    with open("/etc/passwd") as file:
        return "read /etc/passwd: " + file.readline().strip()


def list_folder(targets):
    return "listed a folder: " + " ".join(os.listdir(targets["folder"]))


def see_file(targets):
    return f"saw a file of {os.stat(targets['file']).st_size} bytes"


def create_file(targets):
    with open(os.path.join(targets["folder"], "made-by-guest"), "w") as file:
        file.write("x")
    return "created a file"


def append_to_file(targets):
    with open(targets["file"], "a") as file:
        file.write("x")
    return "changed a file"


def change_mode(targets):
    os.chmod(targets["file"], 0o600)
    return "changed a file's mode"


def make_link(targets):
    os.symlink("/", os.path.join(targets["folder"], "link-by-guest"))
    return "made a symbolic link"


def make_anonymous_file(targets):
    os.close(os.memfd_create("probe"))
    return "made a file in memory"


def connect_tcp(targets):
    with socket.create_connection(("127.0.0.1", targets["tcp"]), timeout=1):
        return "connected by TCP"


def send_udp(targets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.sendto(b"x", ("127.0.0.1", targets["udp"]))
        return "sent by UDP"


def connect_unix(targets):
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(targets["unix"])
        return "connected to a unix socket"


def connect_abstract(targets):
    with socket.socket(socket.AF_UNIX) as end:
        end.connect("\0" + targets["abstract"])
        return "connected to an abstract unix socket"


def send_by_pair(targets):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"x", targets["mail"])
        return "sent to a unix socket by a pair"


def fork(targets):
    if os.fork() == 0:
        os._exit(0)
    return "forked"


def run_program(targets):
    subprocess.run([sys.executable, "-c", ""], check=False)
    return "ran a program"


def replace_self(targets):
    try:
        os.execv("/nonexistent/strop-probe", ["strop-probe"])
    except FileNotFoundError:
        return "may start programs"


def other(pid):
    if pid == os.getpid():
        raise ProcessLookupError  # in a pid namespace our own pid may equal the host's pid outside
    return pid


def signal_host(targets):
    os.kill(other(targets["pid"]), 0)
    return "may signal the host"


def signal_parent(targets):
    os.kill(os.getppid(), 0)
    return "may signal its server"


def read_memory(targets):
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    size = targets["size"]
    here = ctypes.create_string_buffer(size)
    local, remote = Vector(ctypes.addressof(here), size), Vector(targets["address"], size)
    number = PROCESS_VM_READV[os.uname().machine]
    got = ctypes.CDLL(None).syscall(number, other(targets["pid"]), ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    if got != size:
        raise OSError
    return "read the host's memory: " + here.raw.hex()


def read_memory_file(targets):
    with open(f"/proc/{other(targets['pid'])}/mem", "rb") as file:
        file.seek(targets["address"])
        return "read the host's memory: " + file.read(targets["size"]).hex()


def read_environment(targets):
    with open(f"/proc/{other(targets['pid'])}/environ", "rb") as file:
        return f"read {len(file.read())} bytes of the host's environment"


def take_memory(targets):
    with mmap.mmap(-1, targets["too_many_bytes"]) as memory:
        return f"took {len(memory)} bytes"


def nap(arguments):
    """For the limit of wall time."""
    import time

    while True:
        time.sleep(1)


def spin(arguments):
    """For the limit of CPU time."""
    while True:
        pass


ATTEMPTS = {
    "read": [read_file, read_accounts, list_folder],
    "existence": [see_file],
    "network": [connect_tcp, send_udp, connect_unix, connect_abstract, send_by_pair],
    "processes": [fork, run_program, replace_self],
    "signals": [signal_host, signal_parent],
    "tracing": [read_memory, read_memory_file, read_environment],
    "memory": [take_memory],
    "write": [create_file, append_to_file, make_link, make_anonymous_file, change_mode],
}

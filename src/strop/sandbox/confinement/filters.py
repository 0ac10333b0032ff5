"""The two system call filters: the server's, which every guest inherits, and the guest's own on top of it.

The server's filter is an allow-list; the guest's removes what only the server needs and checks arguments. If they differ, the
kernel applies the stricter decision. Filters cannot see paths: `landlock` and `root` protect files.
"""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Iterable

from strop.sandbox.confinement import bpf
from strop.sandbox.confinement.syscalls import ALLOWED, FORBIDDEN, NUMBERS, SERVER

OWN_PID = 0x7ABCDEF0
"""Placeholder for the guest's process id until it is known (`Assembled.fill_in`)."""

OF_OTHERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
"""Signals that users and the kernel (out of memory) send. A guest cannot send them to itself, so that its death by one of them is
never its own doing."""
_RLIMIT_CPU = 0
"""The limit at which the kernel sends SIGKILL."""

_CLONE_VFORK, _CLONE_THREAD = 0x00004000, 0x00010000
_CLONE_NEW_NAMESPACES = 0x7E020080
_PRCTLS = (3, 15, 16, 21, 27, 39, 0x53564D41)
"""Get dumpable, set and get the thread's name, get seccomp mode, securebits and no_new_privs, name a mapping."""
_FCNTLS = (0, 1, 2, 3, 4, 1030, 1032)
"""Duplicate, flags; the size of a pipe may be read. No owners, signals, leases or locks: they reach other processes."""
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Is it a terminal and how wide, bytes to read, non-blocking, close on exec."""

_FUTEX_PRIVATE = 128
_FUTEX_WAITS = (0, 9, 256, 265)
"""FUTEX_WAIT and FUTEX_WAIT_BITSET, by either clock."""
_FUTEX_WAIT_FLAGS = 3
_WOKEN = bpf.refuse(errno.EAGAIN)
"""The error of a futex wait whose value has changed. Every caller must be ready to check again."""
_PREADV2_FLAGS, _NO_WAIT = 5, 8
"""RWF_NOWAIT tells whether a file is in the kernel's cache, where an earlier guest may have put it."""

_STREAM_PAIR = (socket.SOCK_STREAM, ~(socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC))
"""Bits that the type of a socket pair must and must not have. No datagrams: a datagram socket may name another receiver, whose
path no filter sees and Landlock does not guard."""


def known_architecture() -> bool:
    """Whether this machine's system call numbers are known; without them there is no filter."""
    return bool(NUMBERS)


def server_filter(*, audited: bool = False) -> bpf.Assembled:
    """The allow-list of the fork server and all its descendants; unknown calls get ENOSYS, known dangerous ones EPERM.

    `audited`: dangerous calls go to the listener instead, which counts and refuses them (`watcher`).
    """
    forbidden = bpf.NOTIFY if audited else bpf.refuse(errno.EPERM)
    program = bpf.Filter()
    table = dict.fromkeys(FORBIDDEN, forbidden) | dict.fromkeys(ALLOWED | SERVER, bpf.ALLOW)
    if audited:
        program.on(["clone"], bpf.any_bit(0, _CLONE_VFORK, bpf.NOTIFY, bpf.ALLOW))
    program.by_table(table, bpf.refuse(errno.ENOSYS))
    return program.assembled()


def guest_filter(*, audited: bool = False) -> bpf.Assembled:
    """What a guest may not do in addition to the server's list; its process id replaces `OWN_PID` before installation.

    `audited`: starting a program (a clone that shares memory until exec) is left to the server's filter, because a refusal here
    would hide it from the listener. The server itself uses plain forks, so a guest's plain fork is refused here, uncounted.
    """
    refused = bpf.refuse(errno.EPERM)
    program = bpf.Filter()
    program.on(["fcntl"], bpf.is_value(1, _FCNTLS, bpf.ALLOW, refused))
    program.on(["ioctl"], bpf.is_value(1, _IOCTLS, bpf.ALLOW, bpf.refuse(errno.ENOTTY)))
    program.on(["futex"], _futex(refused))
    program.on(["futex_wait"], bpf.any_bit(_FUTEX_WAIT_FLAGS, _FUTEX_PRIVATE, bpf.ALLOW, _WOKEN))
    program.on(["futex_wake", "futex_requeue", "set_tid_address", "set_robust_list"], [bpf.answer(refused)])
    program.on(["preadv2"], bpf.any_bit(_PREADV2_FLAGS, _NO_WAIT, bpf.refuse(errno.EOPNOTSUPP), bpf.ALLOW))
    for name, argument in (("kill", 1), ("tgkill", 2)):
        program.on([name], [*_unless(argument, OF_OTHERS, refused), *bpf.is_value(0, [OWN_PID], bpf.ALLOW, refused)])
    program.on(["prlimit64"], [*_unless(1, [_RLIMIT_CPU], refused), *bpf.is_value(0, [0, OWN_PID], bpf.ALLOW, refused)])
    program.on(["setrlimit"], bpf.is_value(0, [_RLIMIT_CPU], refused, bpf.ALLOW))
    program.on(["timer_create"], [bpf.answer(refused)])  # it may send any signal
    program.on(["prctl"], bpf.is_value(0, _PRCTLS, bpf.ALLOW, refused))
    program.on(["socketpair"], bpf.all_flags({0: (socket.AF_UNIX, ~socket.AF_UNIX), 1: _STREAM_PAIR}, refused))
    threads = _CLONE_THREAD | (_CLONE_VFORK if audited else 0)
    program.on(["clone"], bpf.all_flags({0: (threads, _CLONE_NEW_NAMESPACES)}, refused))
    program.on(["fork"], [bpf.answer(refused)])
    of_the_server = ["capset", "seccomp", "landlock_restrict_self", "pidfd_open", "sendmsg", "recvmsg"]
    program.on(of_the_server, [bpf.answer(refused)])
    program.otherwise(bpf.ALLOW)
    return program.assembled(placeholder=OWN_PID)


def _unless(index: int, values: Iterable[int], refused: int) -> list[bpf.Instruction]:
    """Refuse these values of an argument; the instructions after it decide the others."""
    return bpf.is_value(index, values, refused, 0)[:-1]


def _futex(refused: int) -> list[bpf.Instruction]:
    """Let only threads of one guest wait for and wake each other: a page of a library is one futex for all guests. The kernel
    wakes any waiter at an address that an ending thread has named, so nobody may wait without the private flag.
    `pthread_join` does; it is told that the value has changed, and checks again until it has."""
    return [*bpf.any_bit(1, _FUTEX_PRIVATE, bpf.ALLOW, 0)[:-1], *bpf.is_value(1, _FUTEX_WAITS, _WOKEN, refused)]


def alone_filter() -> bpf.Assembled:
    """The filter of a guest that must stay one process, in a tree: what it may not do in addition to the filter of commands."""
    refused, program = bpf.refuse(errno.EPERM), bpf.Filter()
    program.on(["fork", "vfork", "execve", "execveat"], [bpf.answer(refused)])
    program.on(
        ["clone3"], [bpf.answer(bpf.refuse(errno.ENOSYS))]
    )  # whose flags no filter sees: libraries then use clone
    program.on(["clone"], bpf.any_bit(0, _CLONE_THREAD, bpf.ALLOW, refused))
    program.otherwise(bpf.ALLOW)
    return program.assembled()


def waiting_filter() -> bpf.Assembled:
    """The filter of a process that only waits for another one and dies with it."""
    program = bpf.Filter()
    allowed = [
        "wait4",
        "exit_group",
        "exit",
        "rt_sigreturn",
        "restart_syscall",
        "brk",
        "mmap",
        "munmap",
        "madvise",
        "futex",
    ]
    program.by_table(dict.fromkeys(allowed, bpf.ALLOW), bpf.refuse(errno.EPERM))
    return program.assembled()

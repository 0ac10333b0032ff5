"""The system call filter of commands: a deny-list, because builds, shells and compilers need nearly all other calls.

It refuses calls that reach the kernel's administration, other processes' memory, the clock, the network and new namespaces. The
host can be notified of refused calls (`notify`). Filters cannot see paths: the private root protects files.
"""

from __future__ import annotations

import errno
import socket

from strop.sandbox.confinement import bpf
from strop.sandbox.confinement.syscalls import NUMBERS


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


REFUSED = _names(
    """
    acct add_key adjtimex bpf cachestat chroot clock_adjtime clock_settime delete_module fanotify_init fanotify_mark finit_module
    fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp
    kexec_file_load kexec_load keyctl lookup_dcookie memfd_create memfd_secret migrate_pages modify_ldt mount mount_setattr
    move_mount move_pages
    name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise
    process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot request_key seccomp setdomainname sethostname setns
    settimeofday shmget swapoff swapon sysfs syslog umount2 unshare uselib userfaultfd ustat vhangup vmsplice
    """
)
"""Refused with any arguments. Nothing limits memory files and System V shared memory; /dev/shm, to which libraries fall back, has
a limit."""

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEW* of clone(2), whose lowest byte is a signal."""
_PERSONALITIES = (0, 0x0040000, 0xFFFFFFFF)
"""The default personality, the one without randomized addresses (benchmarks use it), and the query."""
_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: typing into a terminal."""
_STREAM_PAIR = (socket.SOCK_STREAM, ~(socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC))
"""Pairs of datagram sockets could send to others."""
_FIRST_UNKNOWN = 463
"""Calls newer than these tables (setxattrat, Linux 6.13, is the first): the C library falls back without them."""
_NO_MODES = 0o6000
"""Set-user-id and set-group-id."""


_OBJECTS = frozenset(("msgget", "semget"))
"""They outlive their maker unless their namespace ends."""
_PREADV2_FLAGS = 5
_NO_WAIT = 8
"""RWF_NOWAIT of preadv2 tells whether a file is in the kernel's cache, where an earlier run may have put it."""


def commands_filter(*, audited: bool, own_network: bool, own_objects: bool) -> bpf.Assembled:
    """The filter. The process that becomes the command installs it once, and its descendants inherit it.

    Args:
        audited: refused calls go to a listener, which must refuse them.
        own_network: whether unix sockets reach only the command's own processes; otherwise they are refused, too.
        own_objects: whether System V message queues and semaphores end with the command; otherwise they are refused, too.
    """
    refused = bpf.NOTIFY if audited else bpf.refuse(errno.EPERM)
    quietly = bpf.refuse(errno.EPERM)
    program = bpf.Filter()
    program.on(["clone3"], [bpf.answer(bpf.refuse(errno.ENOSYS))])  # its flags are in memory: libc then uses clone
    program.on(["clone"], bpf.any_bit(0, _NEW_NAMESPACES, refused, bpf.ALLOW))
    families = [socket.AF_UNIX] if own_network else []
    program.on(["socket"], bpf.is_value(0, families, bpf.ALLOW, refused))
    pairs = {0: (socket.AF_UNIX, ~socket.AF_UNIX)} | ({} if own_network else {1: _STREAM_PAIR})
    program.on(["socketpair"], bpf.all_flags(pairs, refused))
    program.on(["personality"], bpf.is_value(0, _PERSONALITIES, bpf.ALLOW, quietly))
    program.on(["ioctl"], bpf.is_value(1, _TERMINAL_INPUT, quietly, bpf.ALLOW))
    program.on(["prlimit64"], bpf.is_value(0, [0], bpf.ALLOW, quietly))  # others' limits
    program.on(["chmod", "fchmod"], bpf.any_bit(1, _NO_MODES, quietly, bpf.ALLOW))
    program.on(["fchmodat", "fchmodat2"], bpf.any_bit(2, _NO_MODES, quietly, bpf.ALLOW))
    program.on(["preadv2"], bpf.any_bit(_PREADV2_FLAGS, _NO_WAIT, bpf.refuse(errno.EOPNOTSUPP), bpf.ALLOW))
    if not own_objects:
        program.on(_OBJECTS, [bpf.answer(refused)])
    program.on(REFUSED & NUMBERS.keys(), [bpf.answer(refused)])
    program.from_number(_FIRST_UNKNOWN, bpf.refuse(errno.ENOSYS))
    program.otherwise(bpf.ALLOW)
    return program.assembled()

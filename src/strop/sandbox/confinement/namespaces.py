"""Namespaces: hide the host's processes, network, System V objects, host name and mounts.

`root` builds the new root, and `identity` drops the rights that a user namespace gives.
"""

from __future__ import annotations

import os
from pathlib import Path

from strop.sandbox.confinement.kernel import Kernel

_NEW_MOUNT, _NEW_UTS, _NEW_IPC = 0x00020000, 0x04000000, 0x08000000
_NEW_USER, _NEW_PID, _NEW_NET = 0x10000000, 0x20000000, 0x40000000
_UNNAMED = 65534


def own_processes(proc: int) -> int:
    """A descriptor of the caller's own pid namespace, for `renew`. `proc`: a descriptor of a /proc."""
    return os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)


def renew(kernel: Kernel, own: int) -> None:
    """Make the *next* child of the caller process 1 of a fresh pid namespace with fresh System V objects.

    `own` comes from `own_processes`, so that a second namespace is not nested in the first. Needs CAP_SYS_ADMIN, raises OSError.
    """
    kernel.call("setns", own, _NEW_PID)
    kernel.unshare(_NEW_PID | _NEW_IPC)


def keep_processes(kernel: Kernel, own: int) -> None:
    """Undo `renew` for later children, and for threads, which need it. `own` comes from `own_processes`."""
    kernel.call("setns", own, _NEW_PID)


def enter_mounts(kernel: Kernel, mounts: int) -> None:
    """Use the mounts of another process. `mounts`: a descriptor of its /proc/.../ns/mnt. Needs CAP_SYS_ADMIN and CAP_SYS_CHROOT,
    raises OSError."""
    kernel.call("setns", mounts, _NEW_MOUNT)


def own_mounts(kernel: Kernel) -> None:
    """Hide later mounts of the caller from others; they end with the caller. Needs CAP_SYS_ADMIN, raises OSError."""
    kernel.unshare(_NEW_MOUNT)


def enter(kernel: Kernel) -> tuple[str, ...]:
    """Leave the host's namespaces; the *next* child of the caller is process 1 of the new pid namespace.

    Root first tries without a user namespace, so that its new uid (`identity`) belongs to nobody else; otherwise, and for other
    users, the caller enters a user namespace in which it has all capabilities until it drops them.

    Returns the names of the namespaces entered. Raises OSError if the kernel or an administrator refuses them.
    """
    flags = _NEW_PID | _NEW_NET | _NEW_IPC | _NEW_UTS | _NEW_MOUNT
    names = ("pid", "net", "ipc", "uts", "mount")
    if os.geteuid() == 0:
        try:
            kernel.unshare(flags)
        except PermissionError:
            pass  # a container's root: it may still be allowed a user namespace
        else:
            return names
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(flags | _NEW_USER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{_UNNAMED} {gid} 1")
    Path("/proc/self/uid_map").write_text(f"{_UNNAMED} {uid} 1")
    return ("user", *names)

"""Run a command as it would run on a machine that allows less: `python lesser_machine.py MODE COMMAND...`. Needs root.

The modes are what was read in the default seccomp profile of a container runtime and in a distribution's restriction of user
namespaces, not those things themselves.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from strop.sandbox.confinement import bpf
from strop.sandbox.confinement.kernel import PR_CAPBSET_DROP, Kernel

NOBODY = 65534
NEW_MOUNT_NAMESPACE, PRIVATE, RECURSIVE, BIND = 0x20000, 1 << 18, 16384, 4096
NEW_NAMESPACES = 0x7E020080
CONTAINER_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
"""chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod,
audit_write, setfcap"""

NO_NAMESPACES = (
    "unshare",
    "setns",
    "mount",
    "pivot_root",
    "umount2",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "fsopen",
)
NO_MOUNTS = ("mount", "pivot_root", "mount_setattr", "move_mount", "open_tree", "fsopen")
NO_LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")

MODES: dict[str, tuple[tuple[str, ...], int]] = {
    "user": ((), NOBODY),
    "user without namespaces": (NO_NAMESPACES, NOBODY),
    "user without mounts": (NO_MOUNTS, NOBODY),
    "container": (NO_NAMESPACES, 0),
    "container's user": (NO_NAMESPACES, NOBODY),
    "container without Landlock": ((*NO_NAMESPACES, *NO_LANDLOCK), 0),
    "container's user without Landlock": ((*NO_NAMESPACES, *NO_LANDLOCK), NOBODY),
}
"""Refused system calls, and the uid."""


def main() -> None:
    """Take away, then become the command."""
    mode, command = sys.argv[1], sys.argv[2:]
    refused, uid = MODES[mode]
    kernel = Kernel()
    if uid:
        make_readable(kernel, Path(sys.base_prefix))
    if refused:
        refuse(kernel, refused)
    if mode.startswith("container"):
        keep_capabilities(kernel, CONTAINER_CAPABILITIES)
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.execve(command[0], command, {**os.environ, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"})


def make_readable(kernel: Kernel, prefix: Path) -> None:
    """In a mount namespace of our own: show the interpreter to everyone, even where it lives below a private home."""
    closed = [parent for parent in reversed(prefix.parents) if not parent.stat().st_mode & 0o001]
    if closed:
        kernel.unshare(NEW_MOUNT_NAMESPACE)
        kernel.mount("none", "/", None, PRIVATE | RECURSIVE)
        held = os.open(prefix, os.O_PATH)
        kernel.mount("tmpfs", str(closed[0]), "tmpfs", 0, "mode=755")
        prefix.mkdir(parents=True)
        kernel.mount(f"/proc/self/fd/{held}", str(prefix), None, BIND)
        os.close(held)


def refuse(kernel: Kernel, names: Iterable[str]) -> None:
    """As a container's filter does: EPERM; clone3, whose flags cannot be seen, and Landlock do not exist."""
    program = bpf.Filter()
    missing = [name for name in names if name.startswith("landlock")]
    program.on(missing, [bpf.answer(bpf.refuse(errno.ENOSYS))])
    program.on(set(names) - set(missing), [bpf.answer(bpf.refuse(errno.EPERM))])
    if "unshare" in names:
        program.on(["clone"], bpf.flags(0, needs=0xFFFFFFFF, bars=NEW_NAMESPACES, otherwise=bpf.refuse(errno.EPERM)))
        program.on(["clone3"], [bpf.answer(bpf.refuse(errno.ENOSYS))])
    program.otherwise(bpf.ALLOW)
    program.assembled().install(kernel)


def keep_capabilities(kernel: Kernel, kept: Iterable[int]) -> None:
    """Drop all capabilities but `kept`."""
    for capability in range(41):
        if capability not in kept:
            kernel.prctl(PR_CAPBSET_DROP, capability)
    mask = sum(1 << capability for capability in kept)
    kernel.call("capset", struct.pack("Ii", 0x20080522, 0), struct.pack("IIIIII", mask, mask, mask, 0, 0, 0))


if __name__ == "__main__":
    main()

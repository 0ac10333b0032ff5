"""Become a command on a machine that allows less: `python -m strop_selftest.lesser MODE COMMAND...`. Needs root."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import strop
from strop.base.errors import ConfigurationError
from strop.sandbox.confinement import bpf
from strop.sandbox.confinement.kernel import PR_CAPBSET_DROP, Kernel
from strop_selftest.modes import MODES, NEITHER

_NEW_MOUNT_NAMESPACE, _PRIVATE, _RECURSIVE, _BIND = 0x20000, 1 << 18, 16384, 4096
_NEW_NAMESPACES = 0x7E020080
_CONTAINER_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
"""chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod,
audit_write, setfcap"""


def main(arguments: Sequence[str]) -> None:
    """Remove rights, then become the command. Raises ConfigurationError if we are not root."""
    mode, command = {**MODES, NEITHER.name: NEITHER}[arguments[0]], arguments[1:]
    if os.geteuid() != 0:
        raise ConfigurationError("only root can take rights away from itself")
    kernel = Kernel()
    if mode.uid or mode.container:
        _show_to_everyone(kernel, needed_folders())
    if mode.refused:
        _refuse(kernel, mode.refused)
    if mode.container:
        _keep_capabilities(kernel, _CONTAINER_CAPABILITIES)
    if mode.uid:
        os.setgroups([])
        os.setresgid(mode.uid, mode.uid, mode.uid)
        os.setresuid(mode.uid, mode.uid, mode.uid)
    environment = {**os.environ, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(command[0], [*command], environment)


def needed_folders() -> list[Path]:
    """The folders of a Python with strop and this package; none is below another."""
    packages = {Path(package).parent.parent for package in (strop.__file__, __file__)}
    wanted = sorted({Path(sys.base_prefix), Path(sys.prefix), *packages}, key=str)
    return [each for each in wanted if not any(each.is_relative_to(other) for other in wanted if other != each)]


def bind_back(kernel: Kernel, held: dict[Path, int]) -> None:
    """Mount the folders behind these descriptors at their paths again; create the paths."""
    for folder, descriptor in held.items():
        folder.mkdir(parents=True, exist_ok=True)
        kernel.mount(f"/proc/self/fd/{descriptor}", str(folder), None, _BIND | _RECURSIVE)
        os.close(descriptor)


def _show_to_everyone(kernel: Kernel, folders: Iterable[Path]) -> None:
    """In our own mount namespace: make these folders readable for everyone, even below a private home."""
    closed = {folder: _first_closed(folder) for folder in folders}
    hidden = {folder: parent for folder, parent in closed.items() if parent is not None}
    if not hidden:
        return
    kernel.unshare(_NEW_MOUNT_NAMESPACE)
    kernel.mount("none", "/", None, _PRIVATE | _RECURSIVE)
    held = {folder: os.open(folder, os.O_PATH) for folder in hidden}
    for parent in sorted(set(hidden.values())):
        kernel.mount("tmpfs", str(parent), "tmpfs", 0, "mode=755")
    mask = os.umask(0o022)  # the command line's is private
    bind_back(kernel, held)
    os.umask(mask)


def _first_closed(folder: Path) -> Path | None:
    """The first folder on the path to this one that others may not enter."""
    parents = [*reversed(folder.parents), folder]
    return next((parent for parent in parents if not parent.stat().st_mode & 0o001), None)


def _refuse(kernel: Kernel, names: Iterable[str]) -> None:
    """As a container's filter does: refuse with EPERM; clone3, whose flags a filter cannot see, and Landlock do not exist."""
    program = bpf.Filter()
    missing = [name for name in names if name.startswith("landlock")]
    program.on(missing, [bpf.answer(bpf.refuse(errno.ENOSYS))])
    program.on(set(names) - set(missing), [bpf.answer(bpf.refuse(errno.EPERM))])
    if "unshare" in names:
        program.on(["clone"], bpf.all_flags({0: (0xFFFFFFFF, _NEW_NAMESPACES)}, bpf.refuse(errno.EPERM)))
        program.on(["clone3"], [bpf.answer(bpf.refuse(errno.ENOSYS))])
    program.otherwise(bpf.ALLOW)
    program.assembled().install(kernel)


def _keep_capabilities(kernel: Kernel, kept: Iterable[int]) -> None:
    """Drop all capabilities but `kept`."""
    for capability in range(41):
        if capability not in kept:
            kernel.prctl(PR_CAPBSET_DROP, capability)
    mask = sum(1 << capability for capability in kept)
    kernel.call("capset", struct.pack("Ii", 0x20080522, 0), struct.pack("IIIIII", mask, mask, mask, 0, 0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])

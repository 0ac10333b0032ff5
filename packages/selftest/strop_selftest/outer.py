"""Become a command inside an outer confinement: `python -m strop_selftest.outer COMMAND...`. Needs root.

For the control, in which attacks should succeed: all layers of the jail are off, and only this confinement is between them and
the machine. It has its own pid, net, ipc, uts and mount namespaces; file systems are read-only except for small private ones;
homes and variables of the host are hidden. Namespaces alone are not a jail, but these attacks are ours and known.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import strop
from strop.base.errors import ConfigurationError
from strop.sandbox.confinement.kernel import PR_CAPBSET_DROP, PR_SET_PDEATHSIG, Kernel
from strop_selftest.lesser import bind_back, needed_folders

_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
"""mount, uts, ipc, pid, net"""
_PRIVATE, _RECURSIVE = 1 << 18, 16384
_AT_FDCWD, _AT_RECURSIVE, _READ_ONLY = -100, 0x8000, 1
_PRIVATE_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run")
_HOMES = ("/home", "/root")
_LAYER = Path("/tmp/strop-layer")
_NEVER = (16, 17, 22, 25, 27)
"""Capabilities that even the control does not need: sys_module, sys_rawio, sys_boot, sys_time, mknod."""
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_MARK = "STROP_OUTER_CONFINEMENT"


def main(arguments: Sequence[str]) -> None:
    """Enter, run the command, exit with its status. Raises ConfigurationError if we are not root."""
    if os.geteuid() != 0:
        raise ConfigurationError("only root can build the outer confinement of the control")
    kernel = Kernel()
    kernel.unshare(_NAMESPACES)
    first = os.fork()
    if first:
        _end_as(first)
    kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _mounts(kernel)
    _loopback_up()
    for capability in _NEVER:
        kernel.prctl(PR_CAPBSET_DROP, capability)
    command = os.fork()  # process 1 gets only signals that it handles, so the command is process 2
    if command:
        _bury_until(command)
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent", _MARK: "1"}
    os.execve(arguments[0], [*arguments], environment | {"PYTHONDONTWRITEBYTECODE": "1"})


def entered() -> bool:
    """Whether this process runs inside, by what it can see, not only by its arguments."""
    own = os.getpid() < 1000 and os.statvfs("/").f_flag & os.ST_RDONLY
    return bool(own) and _MARK in os.environ


def _mounts(kernel: Kernel) -> None:
    kernel.mount("none", "/", None, _PRIVATE | _RECURSIVE)
    held = {folder: os.open(folder, os.O_PATH) for folder in needed_folders()}
    for home in filter(os.path.isdir, _HOMES):
        kernel.mount("tmpfs", home, "tmpfs", 0, "mode=755,size=1m")
    private = [folder for folder in _PRIVATE_FOLDERS if Path(folder).is_dir()]
    for folder in private:
        kernel.mount("tmpfs", folder, "tmpfs", 0, "mode=1777,size=64m")
    bind_back(kernel, held)  # a Python may be below any of them
    kernel.mount("proc", "/proc", "proc", 0)
    kernel.call("mount_setattr", _AT_FDCWD, b"/", _AT_RECURSIVE, struct.pack("QQQQ", _READ_ONLY, 0, 0, 0), 32)
    for folder in private:
        kernel.call("mount_setattr", _AT_FDCWD, folder.encode(), 0, struct.pack("QQQQ", 0, _READ_ONLY, 0, 0), 32)
    for written in _written_to():
        _cover(kernel, written)


def _written_to() -> list[Path]:
    """Folders that attacks poison: in the control they may, in a layer that is discarded."""
    folders = [Path(sysconfig.get_path("purelib")), Path(strop.__file__).parent]
    return folders[:1] if folders[1].is_relative_to(folders[0]) else folders


def _cover(kernel: Kernel, folder: Path) -> None:
    layer = _LAYER / folder.name
    for part in ("upper", "work"):
        (layer / part).mkdir(parents=True)
    kernel.mount("overlay", str(folder), "overlay", 0, f"lowerdir={folder},upperdir={layer}/upper,workdir={layer}/work")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        request = bytearray(struct.pack("16sH22x", b"lo", 0))
        fcntl.ioctl(end, _GET_FLAGS, request)
        (flags,) = struct.unpack_from("H", request, 16)
        struct.pack_into("H", request, 16, flags | _UP)
        fcntl.ioctl(end, _SET_FLAGS, request)


def _bury_until(command: int) -> None:
    while True:
        pid, status = os.wait()
        if pid == command:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _end_as(pid: int) -> None:
    """Only wait. Does not return."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main(sys.argv[1:])

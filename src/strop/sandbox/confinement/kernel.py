"""The few system calls that Python does not wrap, through ctypes. Linux only.

Every function raises `OSError` with the kernel's errno. Policy is in the other files of this folder.
"""

from __future__ import annotations

import ctypes
import os

from strop.sandbox.confinement.syscalls import NUMBERS

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 2, 4


class Kernel:
    """The C library of this process, with the signatures that we use. Cheap to make and stateless."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.syscall.restype = ctypes.c_long
        self._fork = ctypes.PyDLL(None, use_errno=True).fork

    def fork(self) -> int:
        """fork(2) without Python's hooks, which write to pages that the child shares with the caller: for a process with one
        thread whose children seed their generators."""
        return self._checked(self._fork(), "fork")

    def prctl(self, option: int, argument: int = 0, more: int = 0) -> int:
        """prctl(2) with at most two arguments; the rest are zero, as every option that we use demands."""
        zero, arguments = ctypes.c_ulong(0), (ctypes.c_ulong(argument), ctypes.c_ulong(more))
        return self._checked(self._libc.prctl(option, *arguments, zero, zero), f"prctl {option}")

    def call(self, name: str, *arguments: int | bytes | ctypes.Structure) -> int:
        """A system call by its name; bytes and structures are passed by address."""
        if name not in NUMBERS:
            raise OSError(38, f"{name}: no system call of this name on this architecture")
        return self._checked(self._libc.syscall(ctypes.c_long(NUMBERS[name]), *map(_argument, arguments)), name)

    def unshare(self, flags: int) -> None:
        """Leave the namespaces of `flags` (CLONE_NEW*) for fresh ones."""
        self._checked(self._libc.unshare(flags), "unshare")

    def mount(self, source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
        """mount(2)."""
        options = data.encode() if data is not None else None
        result = self._libc.mount(
            os.fsencode(source), os.fsencode(target), kind.encode() if kind else None, ctypes.c_ulong(flags), options
        )
        self._checked(result, f"mount {target}")

    def unmount(self, target: str) -> None:
        """Detach the file system mounted at `target` (MNT_DETACH)."""
        self._checked(self._libc.umount2(os.fsencode(target), 2), f"unmount {target}")

    def _checked(self, result: int, what: str) -> int:
        if result < 0:
            errno = ctypes.get_errno()
            raise OSError(errno, f"{what}: {os.strerror(errno)}")
        return result


def _argument(value: int | bytes | ctypes.Structure) -> object:
    if isinstance(value, int):
        return ctypes.c_ulong(value & (2**64 - 1))
    return ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.byref(value)

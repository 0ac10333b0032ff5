"""Make a system call by the gate of 32-bit programs, from a page of machine code of our own.

Must be observed: the process is killed, and no answer comes. Source: the pitfall that seccomp(2) warns of.
"""

import ctypes
import mmap
import os

NUMBERS = (146,)
ROLE = "solution"
GETPID = b"\x53\xb8\x14\x00\x00\x00\xcd\x80\x5b\xc3"  # push rbx; mov eax, 20; int 0x80; pop rbx; ret


def attack(targets):
    if os.uname().machine != "x86_64":
        raise NotImplementedError("another architecture")
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(GETPID)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return f"called, and got {ctypes.CFUNCTYPE(ctypes.c_long)(address)()}"

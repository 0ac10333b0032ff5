"""Make message queues and semaphores, which outlive their maker: mq_open, msgget, semget.

Must be observed: errors. Source: isolate 2.4 to 2.6, which had to close such channels between sandboxes.
"""

import ctypes
import os

NUMBERS = (87,)
ROLE = "solution"
O_CREAT, O_RDWR, REMOVE = 0o100, 0o2, 0


def attack(targets):
    libc, done = ctypes.CDLL(None), []
    queue, semaphores = libc.msgget(0, 0o1600), libc.semget(0, 1, 0o1600)
    if queue >= 0:
        libc.msgctl(queue, REMOVE, None)
        done.append("msgget")
    if semaphores >= 0:
        libc.semctl(semaphores, 0, REMOVE)
        done.append("semget")
    mq_open, mq_unlink = {"x86_64": (240, 241), "aarch64": (180, 181)}[os.uname().machine]
    if libc.syscall(mq_open, b"left-behind", O_CREAT | O_RDWR, 0o600, None) >= 0:
        libc.syscall(mq_unlink, b"left-behind")
        done.append("mq_open")
    return f"did {done}" if done else None

"""Fork by the system calls themselves: fork, clone and clone3 without the C library.

Must be observed: refusals. Source: strop's own list of cases, `raw_clone3_vfork`.
"""

import ctypes
import os
import signal

NUMBERS = (76,)
ROLE = "solution"


def attack(targets):
    libc, done = ctypes.CDLL(None), []
    clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    clone3_arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    calls = {
        "clone": (clone, signal.SIGCHLD, 0, 0, 0, 0),
        "clone3": (435, clone3_arguments, ctypes.sizeof(clone3_arguments)),
    }
    if os.uname().machine == "x86_64":
        calls["fork"] = (57,)
    for name, arguments in calls.items():
        pid = libc.syscall(*arguments)
        if pid == 0:
            os._exit(0)
        if pid > 0:
            os.waitpid(pid, 0)
            done.append(name)
    return f"forked by {done}" if done else None

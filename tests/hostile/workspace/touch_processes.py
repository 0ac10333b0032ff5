"""See, signal, trace and limit processes that are not the command's: the host's, and process 1."""

import ctypes
import json
import os
import resource
from contextlib import suppress

at = json.loads(os.environ["TARGETS"])
libc = ctypes.CDLL(None, use_errno=True)
mine = os.getsid(0)
for name in filter(str.isdigit, os.listdir("/proc")):
    with suppress(OSError):
        if int(name) != 1 and os.getsid(int(name)) != mine:
            print("GOT sight of", name)
for pid in (at["pid"], 1):
    for file in ("environ", "mem", "fd", "cwd", "root"):
        with suppress(OSError):
            path = f"/proc/{pid}/{file}"
            got = (
                os.listdir(path)
                if file == "fd"
                else os.readlink(path)
                if file in ("cwd", "root")
                else open(path, "rb").read(1)
            )
            print("GOT", path, got)
if at["pid"] != os.getpid():
    with suppress(OSError):
        os.kill(at["pid"], 0)
        print("GOT a signal to the host")
    with suppress(OSError):
        os.pidfd_open(at["pid"])
        print("GOT a handle of the host")
ATTACH, SEIZE = 16, 0x4206
for pid in (at["pid"], 1) if at["careful"] is False else (at["pid"],):
    for request in (SEIZE,):
        if libc.ptrace(request, pid, None, None) == 0:
            print("GOT a trace of", pid)
if at["careful"] is False:
    for signal in (9, 19, 15, 2):
        with suppress(OSError):
            os.kill(1, signal)
    with suppress(OSError):
        resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))
        print("GOT the limits of process 1")
    print("still here")

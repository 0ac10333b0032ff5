"""Become somebody with more rights: namespaces, mounts, set-user-id, capabilities, the kernel's own doors."""

import ctypes
import os
import platform
import subprocess
from contextlib import suppress

libc = ctypes.CDLL(None, use_errno=True)
CALLS = {
    "x86_64": {
        "bpf": 321,
        "io_uring_setup": 425,
        "keyctl": 250,
        "userfaultfd": 323,
        "perf_event_open": 298,
        "init_module": 175,
        "kexec_load": 246,
        "clock_settime": 227,
        "open_by_handle_at": 304,
        "mount_setattr": 442,
        "fsopen": 430,
        "setns": 308,
        "unshare": 272,
        "pivot_root": 155,
        "chroot": 161,
        "swapon": 167,
        "reboot": 169,
        "clone3": 435,
        "pidfd_getfd": 438,
    },
    "aarch64": {
        "bpf": 280,
        "io_uring_setup": 425,
        "keyctl": 219,
        "userfaultfd": 282,
        "perf_event_open": 241,
        "init_module": 105,
        "kexec_load": 104,
        "clock_settime": 112,
        "open_by_handle_at": 265,
        "mount_setattr": 442,
        "fsopen": 430,
        "setns": 268,
        "unshare": 97,
        "pivot_root": 41,
        "chroot": 51,
        "swapon": 224,
        "reboot": 142,
        "clone3": 435,
        "pidfd_getfd": 438,
    },
}[platform.machine()]
EPERM, ENOSYS = 1, 38
for name, number in CALLS.items():
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0 or ctypes.get_errno() not in (EPERM, ENOSYS):
        print("GOT", name, ctypes.get_errno())
for command in (
    ["unshare", "-Ur", "id"],
    ["mount", "-t", "tmpfs", "none", "/tmp"],
    ["su", "-c", "id"],
    ["chroot", ".", "id"],
):
    with suppress(OSError):
        if subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0:
            print("GOT", command)
for uid in (0, 1000):
    with suppress(OSError):
        os.setuid(uid)
        print("GOT uid", uid) if uid != os.getuid() or uid == 0 else None
with suppress(OSError):
    os.mknod("disk", 0o60666, os.makedev(8, 0))
    print("GOT a device")
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file)
for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status[name], 16):
        print("GOT", name, status[name].strip())
if status["NoNewPrivs"].strip() != "1":
    print("GOT a way to new rights")

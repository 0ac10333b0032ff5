"""Reach parts of the kernel that no program of ours needs, where its flaws have been.

Must be observed: EPERM or ENOSYS from every one. Source: the default profiles of container runtimes; CVE-2022-0185 and its like
(unshare and mount), CVE-2021-22555, CVE-2022-2588, CVE-2021-3490 (bpf), CVE-2016-0728 (keyctl).
"""

import ctypes
import errno
import os

CALLS = {
    "x86_64": {
        "unshare": (272, 0x10000000), "setns": (308, -1, 0), "mount": (165, 0, 0, 0, 0), "bpf": (321, 99, 0, 0),
        "perf_event_open": (298, 0, 0, -1, -1), "keyctl": (250, 99), "add_key": (248, 0, 0, 0, 0),
        "userfaultfd": (323, -1), "personality": (135, 0xFFFFFFFF), "seccomp": (317, 2, 0, 0), "ptrace": (101, 99, 0, 0),
        "pidfd_getfd": (438, -1, 0, 0), "name_to_handle_at": (303, -1, 0, 0, 0), "modify_ldt": (154, 0, 0, 0),
        "memfd_secret": (447, 0), "chroot": (161, 0), "setuid": (105, 0), "sethostname": (170, 0, 0), "mincore": (27, 0, 0, 0),
        "landlock_create_ruleset": (444, 0, 0, 1), "sendmsg": (46, -1, 0, 0), "recvmsg": (47, -1, 0, 0), "swapon": (167, 0, 0),
        "vmsplice": (278, -1, 0, 0, 0), "splice": (275, -1, 0, -1, 0, 0, 0), "inotify_init1": (294, 0), "syslog": (103, 99, 0, 0),
    },
    "aarch64": {
        "unshare": (97, 0x10000000), "setns": (268, -1, 0), "mount": (40, 0, 0, 0, 0), "bpf": (280, 99, 0, 0),
        "ptrace": (117, 99, 0, 0), "sendmsg": (211, -1, 0, 0), "recvmsg": (212, -1, 0, 0), "mincore": (232, 0, 0, 0),
    },
}  # fmt: skip


def attack(targets):
    libc = ctypes.CDLL(None, use_errno=True)
    reached = []
    for name, (number, *arguments) in CALLS[os.uname().machine].items():
        ctypes.set_errno(0)
        result = libc.syscall(number, *(ctypes.c_ulong(argument & (2**64 - 1)) for argument in arguments))
        if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            reached.append(name)
    return f"reached {reached}" if reached else None

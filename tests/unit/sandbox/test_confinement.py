"""The mechanisms one by one, as far as they can be seen without confining the test itself."""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from strop.sandbox.confinement import bpf, filters, landlock, limits, syscalls
from strop.sandbox.confinement.kernel import PR_SET_NO_NEW_PRIVS, Kernel
from strop.sandbox.layers import Layers
from strop.sandbox.workspace.root_fs import mount_proc
from support.rows import table
from support.trees import written

pytestmark = [pytest.mark.process, pytest.mark.skipif(sys.platform != "linux", reason="kernel mechanisms of Linux")]


def in_a_child(run: Callable[[], int]) -> int:
    """The exit status of `run`'s result in a forked process, or 128 and the signal."""
    pid = os.fork()
    if pid == 0:
        _run_and_exit(run)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 128 - status


def _run_and_exit(run: Callable[[], int]) -> NoReturn:
    status = 99
    try:
        status = run()
    finally:
        os._exit(status)


def errno_of(call: Callable[[], object]) -> int:
    try:
        call()
    except OSError as error:
        return error.errno or 98
    return 0


def test_every_known_system_call_but_two_with_a_fallback_is_in_one_group() -> None:
    groups = [syscalls.ALLOWED, syscalls.SERVER, syscalls.FORBIDDEN]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert set(syscalls.NUMBERS) - frozenset().union(*groups) <= {"clone3", "openat2"}


def under_the_guest_filter(call: Callable[[], object]) -> int:
    def run() -> int:
        kernel = Kernel()
        kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
        filters.server_filter().install(kernel)
        program = filters.guest_filter()
        program.fill_in(os.getpid())
        program.install(kernel)
        return errno_of(call)

    return in_a_child(run)


class Asked(Kernel):
    """The kernel, which notes the flags of filters, and knows only some of them."""

    def __init__(self, known: int) -> None:
        super().__init__()
        self.known, self.flags = known, list[int]()

    def call(self, name: str, *arguments: Any) -> int:
        if name == "seccomp":
            self.flags.append(arguments[1])
            if arguments[1] & ~self.known:
                raise OSError(errno.EINVAL, "unknown flag")
        return super().call(name, *arguments)


@table("known, flags", [(12, [4]), (8, [4, 0])])
def test_filter_is_set_without_mitigation_where_the_kernel_knows_the_flag(known: int, flags: list[int]) -> None:
    def run() -> int:
        kernel = Asked(known)
        kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
        filters.server_filter().install(kernel)
        return int(kernel.flags != flags)

    assert in_a_child(run) == 0


CALLS: dict[str, tuple[Callable[[], object], int]] = {
    "kill another": (lambda: os.kill(os.getppid(), 0), errno.EPERM),
    "fork": (os.fork, errno.EPERM),
    "chmod": (lambda: os.chmod("/tmp", 0o777), errno.EPERM),  # noqa: PTH101
    "pidfd_open": (lambda: os.pidfd_open(os.getpid()), errno.EPERM),
    "mincore": (lambda: Kernel().call("mincore", 0, 0, 0), errno.EPERM),
    "sendmsg": (lambda: Kernel().call("sendmsg", 3, 0, 0), errno.EPERM),
    "pair of datagrams": (lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM), errno.EPERM),
    "raw pair": (lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW), errno.EPERM),
    "pair of packets": (lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET), errno.EPERM),
    "pair of another family": (lambda: socket.socketpair(socket.AF_INET, socket.SOCK_STREAM), errno.EPERM),
    "pair of streams": (lambda: [end.close() for end in socket.socketpair()], 0),
    "signal to itself": (lambda: os.kill(os.getpid(), 0), 0),
    "unknown call": (lambda: Kernel()._checked(Kernel()._libc.syscall(4000), "4000"), errno.ENOSYS),
}
"""What a guest tries, and the error that it gets."""


@table("name", CALLS)
def test_guest_filter_refuses_calls_but_pairs_of_streams_and_signals_to_itself(name: str) -> None:
    call, expected = CALLS[name]
    assert under_the_guest_filter(call) == expected, name


def test_filter_replaces_only_the_placeholder() -> None:
    program = bpf.Filter()
    program.on(["kill"], bpf.is_value(0, [filters.OWN_PID, 7], bpf.ALLOW, bpf.refuse(1)))
    assembled = program.assembled(placeholder=filters.OWN_PID)
    assembled.fill_in(1234)
    constants = [instruction.k for instruction in assembled._array]
    assert filters.OWN_PID not in constants and 1234 in constants and 7 in constants


def test_landlock_leaves_only_what_was_named(tmp_path: Path) -> None:
    kernel = Kernel()
    version = landlock.abi(kernel, needed=False)
    if version == 0:
        pytest.skip("this kernel has no Landlock")
    written(tmp_path, {"shown/file": "x", "hidden": "x"})

    def run() -> int:
        kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
        landlock.restrict(kernel, landlock.file_rules(kernel, version, [str(tmp_path / "shown")]))
        (tmp_path / "shown" / "file").read_text()
        refused = [errno_of((tmp_path / "hidden").read_text), errno_of(lambda: (tmp_path / "shown" / "file").open("a"))]
        return 0 if all(refused) else 1

    assert in_a_child(run) == 0


def test_limits_cannot_be_raised_again_and_processes_are_limited_only_where_nobody_else_is_counted() -> None:
    def run() -> int:
        limits.apply({resource.RLIMIT_NOFILE: 32})
        return 0 if resource.getrlimit(resource.RLIMIT_NOFILE) == (32, 32) else 1

    assert in_a_child(run) == 0
    for own in (True, False):
        assert (resource.RLIMIT_NPROC in limits.guest_limits(1 << 30, 0, own_processes=own)) is own


def test_second_rung_is_without_namespaces_where_landlock_guards_files() -> None:
    assert Layers.strongest().rungs() == (Layers(), Layers(namespaces=False))
    for only in (Layers(landlock=False), Layers(namespaces=False), Layers.none()):
        assert only.rungs() == (only,)


def test_proc_is_reported_as_missing_where_it_cannot_be_mounted(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    def mounted_by_an_ordinary_user() -> int:
        os.chdir(tmp_path)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresuid(65534, 65534, 65534)
        return int(mount_proc(Kernel(), "proc"))

    assert in_a_child(mounted_by_an_ordinary_user) == 0
    assert (tmp_path / "proc").is_dir()

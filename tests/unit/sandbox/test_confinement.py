"""The mechanisms one by one, as far as they can be seen without confining the test itself."""

from __future__ import annotations

import errno
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from strop.sandbox.confinement import filters, fstat, limits, syscalls
from strop.sandbox.confinement.kernel import PR_SET_NO_NEW_PRIVS, Kernel
from strop.sandbox.layers import Layers
from strop.sandbox.workspace.root_fs import mount_proc

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


def test_every_known_system_call_but_two_with_a_fallback_is_in_one_group() -> None:
    groups = [syscalls.ALLOWED, syscalls.SERVER, syscalls.FORBIDDEN]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert set(syscalls.NUMBERS) - frozenset().union(*groups) <= {"clone3", "openat2"}


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


def test_filter_is_set_without_mitigation_where_the_kernel_knows_the_flag() -> None:
    for known, flags in [(12, [4]), (8, [4, 0])]:

        def run(known: int = known, flags: list[int] = flags) -> int:
            kernel = Asked(known)
            kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
            filters.server_filter().install(kernel)
            return int(kernel.flags != flags)

        assert in_a_child(run) == 0, (known, flags)


def test_limits_cannot_be_raised_again_and_processes_are_limited_only_where_nobody_else_is_counted() -> None:
    def run() -> int:
        limits.apply({resource.RLIMIT_NOFILE: 32})
        return 0 if resource.getrlimit(resource.RLIMIT_NOFILE) == (32, 32) else 1

    assert in_a_child(run) == 0
    for own in (True, False):
        assert (resource.RLIMIT_NPROC in limits.guest_limits(1 << 30, 0, own_processes=own)) is own


def test_fstat_by_number_agrees_with_the_c_library(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        ours = fstat.replacement(Kernel())(file.fileno())
        assert tuple(ours) == tuple(os.fstat(file.fileno()))


def test_rungs_get_weaker_one_by_one_and_a_private_root_needs_namespaces() -> None:
    rungs = [(each.private_root, each.namespaces) for each in Layers.strongest().rungs()]
    assert rungs == [(True, True), (False, True), (False, False)]
    assert Layers.none().rungs() == (Layers.none(),)
    with pytest.raises(ValueError, match="needs namespaces"):  # root would move the machine
        Layers(namespaces=False)


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

"""What the kernel counts of processes that others started."""

from __future__ import annotations

import subprocess

import pytest

from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.workspace.accounting import ProcessClock
from support.processes import wait_until


def test_clock_of_a_process_stands_still_while_it_waits_and_not_when_it_has_run() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(["cat"], text=True, bufsize=1, **pipes) as cat:  # type: ignore[call-overload]
        clock = ProcessClock(Kernel(), cat.pid)
        if not clock.complete:
            pytest.skip("this kernel counts no time of others")
        wait_until(clock.stands_still)
        cat.stdin.write("a\n")
        assert cat.stdout.readline() == "a\n"
        assert not clock.stands_still()
        clock.close()
        cat.stdin.close()

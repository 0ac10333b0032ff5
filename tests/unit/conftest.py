"""What several unit tests need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from strop.store import Store
from strop_selftest.traces import below


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A record that is being written in `tmp_path / "run"`."""
    with Store.create(tmp_path / "run", {"task": "lpn", "model": "offline"}) as store:
        yield store


def _keep_to(cores: set[int]) -> None:
    """Let this process and its descendants run on these cores alone."""
    for pid in [os.getpid(), *below(os.getpid())]:
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.sched_setaffinity(pid, cores)


@pytest.fixture
def crowded_core() -> Iterator[None]:
    """One core for this process and its descendants, on which four others are busy."""
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this kernel does not count waiting for a core")
    cores = os.sched_getaffinity(0)
    _keep_to({min(cores)})
    # A session of its own, as a guest has: a kernel may share out its time among sessions.
    busy = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"], start_new_session=True) for _ in range(4)
    ]
    yield
    for each in busy:
        each.kill()
        each.wait()
    _keep_to(cores)

"""A Dask cluster as an operator starts it: a scheduler and two workers, by the `dask` command."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.processes import GENEROUS_SECONDS, descendants, wait_until

has_dask = pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="strop[dask] is not installed")


class DaskCluster:
    """The processes of a cluster."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        wait_until(lambda: self._file.exists() and self._file.read_text().endswith("}"))
        self.address: str = json.loads(self._file.read_text())["address"]
        self.nannies: list[subprocess.Popen[bytes]] = []

    def add_workers(self, **env: str) -> None:
        """Two workers of one slot, restarted by a nanny when they die, with further variables of their environment."""
        self.nannies.append(self._start("worker", "--nworkers", "2", "--nthreads", "1", "--no-dashboard", **env))

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        return [pid for nanny in self.nannies for pid in descendants(nanny.pid) if _is_worker(pid)]

    def close(self) -> None:
        """Kill everything."""
        for process in (*self.nannies, self.scheduler):
            pids = [process.pid, *descendants(process.pid)]
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            process.wait()

    def _start(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--scheduler-file", str(self._file)],
            cwd=self._folder,
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _is_worker(pid: int) -> bool:
    try:
        command: Sequence[bytes] = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(b"spawn_main" in part for part in command)


@contextmanager
def dask_cluster(folder: Path) -> Iterator[DaskCluster]:
    """A scheduler with two workers, ended at the end."""
    cluster = DaskCluster(folder)
    try:
        cluster.add_workers()
        from distributed import Client

        with Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=GENEROUS_SECONDS)
        yield cluster
    finally:
        cluster.close()

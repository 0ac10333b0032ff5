"""A Dask cluster as an operator starts it: a scheduler and two workers, by the `dask` command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from strop_selftest.traces import is_alive
from support.processes import GENEROUS_SECONDS, descendants, wait_until


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
        slots = ("--nworkers", "2", "--nthreads", "1")
        self.nannies.append(
            self._start("worker", *slots, "--no-dashboard", "--local-directory", str(self._folder), **env)
        )

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        return [pid for nanny in self.nannies for pid in descendants(nanny.pid) if _runs(pid, b"spawn_main")]

    def close(self) -> None:
        """Kill everything but what removes the semaphores of the killed, and wait for that."""
        for process in (*self.nannies, self.scheduler):
            pids = [process.pid, *descendants(process.pid)]
            trackers = [pid for pid in pids if _runs(pid, b"resource_tracker")]
            for pid in set(pids) - set(trackers):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
            wait_until(lambda trackers=trackers: not any(map(is_alive, trackers)))

    def _start(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--scheduler-file", str(self._file)],
            cwd=self._folder,
            env=os.environ | {"DASK_TEMPORARY_DIRECTORY": str(self._folder)} | env,
            start_new_session=True,
            **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
        )


def _runs(pid: int, words: bytes) -> bool:
    try:
        command: Sequence[bytes] = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(words in part for part in command)


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

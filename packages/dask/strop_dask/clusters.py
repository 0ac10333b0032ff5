"""Clusters of Dask workers: one that exists, processes of this machine, or jobs of Slurm."""

from __future__ import annotations

import ipaddress
import logging
import math
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import NamedTemporaryFile
from typing import Any

import dask.config
from dask.utils import parse_timedelta
from dask_jobqueue import SLURMCluster
from distributed import Client, Scheduler, SpecCluster, Worker
from distributed.security import Security

from strop.base.errors import ConfigurationError
from strop.base.private import make_folder
from strop.base.surface import option
from strop.base.temporary import TemporaryFolder

MOST_LOCAL = 256
_SAFE = "export PYTHONSAFEPATH=1"
"""What a job runs first: its Python takes no module from the folder where it was submitted."""
_ENCRYPTION = "distributed.comm.require-encryption"
"""Dask's own setting, which is not set by default."""
_FORMS = "it must be dask:tcp://HOST:PORT, dask:tls://HOST:PORT or dask:local:N, with N processes from 1 to 256"
_SLURM = {
    "partition": "queue",
    "time": "walltime",
    "cores": "cores",
    "memory": "memory",
    "account": "account",
    "interface": "interface",
}
"""Option of `--workers slurm:` → argument of dask_jobqueue.SLURMCluster."""


@dataclass
class Deployment:
    """A client and, if it is ours, its cluster."""

    name: str
    client: Any
    cluster: Any = None
    """None: others use it, too, and close it."""
    patience: float = 300.0
    """Seconds that a run waits while no worker can be used."""
    folder: TemporaryFolder | None = None
    """Folder of Dask's own files, if the cluster is ours."""

    @property
    def is_lost(self) -> bool:
        """Whether the client hears its scheduler no more: it is closed, or read something that no scheduler sends."""
        reading = self.client._handle_report_task
        return self.client.status == "closed" or (reading is not None and bool(reading.done()))

    def close(self) -> None:
        """Leave the cluster, or end it if it is ours. Idempotent."""
        for part in (self.client, self.cluster):
            if part is not None:
                with suppress(Exception):  # a peer may have told it nonsense
                    part.close(timeout=10)
        if self.folder is not None:
            self.folder.close()


def connect_seconds() -> float:
    """Seconds that a scheduler may take to answer, and that a lost connection is tried again: a setting of Dask."""
    return float(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect")))


def deploy_dask(rest: str) -> Deployment:
    """The cluster of `--workers dask:REST`.

    Raises:
        ConfigurationError: REST has another form, or the scheduler cannot be reached.
    """
    kind, _, number = rest.partition(":")
    if kind == "local":
        if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= MOST_LOCAL):
            raise ConfigurationError(f"{option('workers')} is dask:{rest}; {_FORMS}")
        return _deployed(f"dask:{rest}", lambda: _local_cluster(int(number)), 60)
    protocol, _, address = rest.partition("://")
    host, _, port = address.rpartition(":")
    if protocol not in ("tcp", "tls") or not host or not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise ConfigurationError(f"{option('workers')} is dask:{rest}; {_FORMS}")
    if protocol == "tls" and Security().get_connection_args("client")["ssl_context"] is None:
        raise ConfigurationError(
            f"{option('workers')} is dask:{rest}, and Dask has no certificate for it: set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, "
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY"
        )
    if protocol == "tcp" and not _is_loopback(host.strip("[]")) and dask.config.get(_ENCRYPTION) is not False:
        raise ConfigurationError(
            f"{option('workers')} is dask:{rest}, which is not encrypted: anyone who reaches it can forge scores and run "
            f"code on its workers; use dask:tls://{address}, or, if you trust everybody in that network, set "
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=false"
        )
    _quiet()
    try:
        socket.create_connection((host.strip("[]"), int(port)), 10).close()  # fails at once where Dask tries for long
        return Deployment(f"dask:{rest}", _client(rest))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{option('workers')}: cannot reach a Dask scheduler at {rest}: {_line(error)}"
        ) from error


def deploy_slurm(rest: str) -> Deployment:
    """Jobs of Slurm, as `--workers slurm:REST` says: `partition=short,time=02:00:00,cores=8,memory=16GB,maximum=10`.

    Raises:
        ConfigurationError: REST is wrong, or no job can be submitted.
    """
    options, least, most = slurm_options(rest)

    def make() -> Any:
        cluster = SLURMCluster(
            processes=1,
            scheduler_cls=_Scheduler,
            scheduler_options={"dashboard": False},
            silence_logs="critical",
            security=Security.temporary(),  # so that only this run reaches its scheduler
            protocol="tls://",
            shared_temp_directory=_shared_folder(),
            **options,
        )
        try:
            _try_to_submit(cluster.job_script())
        except BaseException:
            cluster.close(timeout=10)
            raise
        # jobs wait in a queue, so one is not given up for a pause of the run
        cluster.adapt(minimum_jobs=least, maximum_jobs=most, interval="5s", wait_count=60)
        return cluster

    return _deployed("slurm", make, math.inf)


def _try_to_submit(script: str) -> None:
    """Give Slurm the job, held, and take it back. Dask would submit one that is refused again and again, without a word.

    `sbatch --test-only` would also refuse jobs that may wait in the queue, for instance while all nodes are in maintenance.

    Raises:
        OSError: Slurm refuses it, or cannot be asked.
    """
    with NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        number = _output_of("sbatch", "--hold", "--parsable", file.name).strip().partition(";")[0]
    _output_of("scancel", number)


def _output_of(*command: str) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        raise OSError(f"{command[0]} is not installed here") from None
    except subprocess.TimeoutExpired:
        raise OSError(f"{command[0]} has not answered for a minute") from None
    if ended.returncode:
        raise OSError(ended.stderr.strip() or f"{command[0]} ended with {ended.returncode}")
    return ended.stdout


def slurm_options(rest: str) -> tuple[dict[str, Any], int, int]:
    """The arguments of a SLURMCluster, and the least and most jobs."""
    options: dict[str, Any] = {"job_script_prologue": [_SAFE]}
    jobs = {"minimum": 0, "maximum": 1}
    for part in rest.split(",") if rest else ():
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise ConfigurationError(f"{option('workers')} slurm: {part!r} is not NAME=VALUE")
        if name == "prologue":
            options["job_script_prologue"].append(value)
        elif name in jobs or name == "cores":
            if not (value.isascii() and value.isdecimal() and int(value) <= 100_000):
                raise ConfigurationError(f"{option('workers')} slurm: {name} must be a whole number, not {value!r}")
            (jobs if name in jobs else options)[name] = int(value)
        elif name in _SLURM:
            options[_SLURM[name]] = value
        else:
            names = ", ".join([*_SLURM, "prologue", *jobs])
            raise ConfigurationError(f"{option('workers')} slurm: there is no option {name!r}; there are {names}")
    for name in ("cores", "memory"):
        if not options.get(name):
            raise ConfigurationError(
                f"{option('workers')} slurm: {name} of a job is missing, as in slurm:cores=8,memory=16GB"
            )
    if not 0 <= jobs["minimum"] <= jobs["maximum"] or not jobs["maximum"]:
        raise ConfigurationError(
            f"{option('workers')} slurm: minimum must be at most maximum, which must be at least 1"
        )
    return options, jobs["minimum"], jobs["maximum"]


class _Unheard:
    """A server of Dask without its pages in HTTP, which would listen on a port of this machine."""

    def start_http_server(self, *_: object, **__: object) -> None:
        """Do nothing: no port is opened."""


class _Scheduler(_Unheard, Scheduler):  # type: ignore[misc]  # Dask has no types
    """A scheduler of one run."""


class _Worker(_Unheard, Worker):  # type: ignore[misc]  # the same
    """A worker in this process."""


def _local_cluster(number: int) -> Any:
    """A scheduler and workers in this process: nothing listens, and each worker measures in a strop worker process."""
    worker = {
        "cls": _Worker,
        "options": {"nthreads": 1, "protocol": "inproc", "memory_limit": 0, "silence_logs": logging.CRITICAL},
    }
    return SpecCluster(
        workers=dict.fromkeys(range(number), worker),
        scheduler={"cls": _Scheduler, "options": {"protocol": "inproc", "dashboard": False}},
        silence_logs=logging.CRITICAL,
    )


def _deployed(name: str, make: Callable[[], Any], patience: float) -> Deployment:
    """A cluster of our own and its client."""
    _quiet()
    cluster, folder = None, TemporaryFolder("strop-dask-")
    try:
        with dask.config.set({"temporary-directory": str(folder.path)}):
            cluster = make()
        return Deployment(name, _client(cluster), cluster, patience, folder)
    except Exception as error:
        if cluster is not None:
            with suppress(OSError, TimeoutError, RuntimeError):
                cluster.close(timeout=10)
        folder.close()
        raise ConfigurationError(f"{option('workers')} {name}: the cluster does not start: {_line(error)}") from error


def _client(scheduler: Any) -> Client:
    """A client of a scheduler. `Client` bounds the connection, but not the wait for a scheduler that accepts it and says nothing.

    Raises:
        TimeoutError: it does not answer.
    """
    made: SimpleQueue[Client | Exception] = SimpleQueue()

    def make() -> None:
        try:
            made.put(Client(scheduler, timeout=connect_seconds(), set_as_default=False))
        except Exception as error:  # noqa: BLE001 (raised below)
            made.put(error)

    threading.Thread(target=make, daemon=True, name="strop-dask-client").start()
    try:
        client = made.get(timeout=connect_seconds() + 5)
    except Empty:
        raise TimeoutError(f"it accepts connections, but has not answered for {connect_seconds() + 5:.0f} s") from None
    if isinstance(client, Exception):
        raise client
    return client


def _shared_folder() -> str:
    """Where jobs find their certificates, for their owner alone: the folder that Dask's configuration names, else one at home."""
    told = dask.config.get("jobqueue.slurm.shared-temp-directory", None)
    folder = Path(told).expanduser() if told else Path.home() / ".cache" / "strop"
    make_folder(folder)
    return str(folder)


def _is_loopback(host: str) -> bool:
    """Whether it names this machine only."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def _quiet() -> None:
    """What Dask logs about lost workers and schedulers, this package says in one line."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

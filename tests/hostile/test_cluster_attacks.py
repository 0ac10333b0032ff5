"""Peers of a Dask scheduler who answer in the place of workers: nothing that they send runs where the run is, or is believed."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

import cloudpickle
import dask.config
from distributed import Client

from strop.base.errors import ConfigurationError, SandboxError, SandboxUnavailable
from strop.base.results import Evaluation
from strop.evaluation.base import Cluster, Order, OrderResult
from strop.evaluation.dask_clusters import deploy_dask
from strop.evaluation.plain import from_bytes, to_bytes
from strop.evaluation.start import connect, start_workers
from strop.evaluation.workers import pack
from strop.tasks.base import SecretSeeds
from support.dask_cluster import DaskCluster, dask_cluster
from support.kits.evaluator import TASKS
from support.processes import descendants

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import it
ORDER = Order("at/1", TASKS[0].seed, TASKS[0].name, "train", SecretSeeds(b"s"), b"k")


SLOW = pytest.mark.slow
# A client whose scheduler lies to it cannot be closed; what it says as it is collected is not strop's.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path) as cluster:
        yield cluster
    gc.collect()


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[], bool]:
    """Whether an `Evil` of this test was unpickled in this process."""
    return lambda: (tmp_path / "ran").exists() and str(os.getpid()) in (tmp_path / "ran").read_text().split()


class Evil:
    """Writes down the process in which it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return eval, (f"print(__import__('os').getpid(), file=open({self.path!r}, 'a')) or ValueError('evil')",)


def poison_workers(function: str, form: str, path: str) -> None:
    """In a worker: answer in its place with an object whose pickle runs code."""
    import strop.evaluation.dask_worker as worker

    def answer(*_: Any, **__: Any) -> Any:
        if form == "raises":
            raise Error(path)
        return {"returns": Evil(path), "within": [b"x", {"y": Evil(path)}]}[form]

    class Error(Exception):
        def __init__(self, path: str) -> None:
            self.path = path

        def __reduce__(self) -> Any:
            return Evil(self.path).__reduce__()

    async def answer_later(*_: Any, **__: Any) -> Any:
        return answer()

    answer.__module__, answer.__qualname__ = worker.__name__, function
    setattr(worker, function, answer_later if function == "describe_worker" else answer)


def from_elsewhere(address: str, form: str, path: str) -> None:
    """Poison the scheduler from another process: an ordinary client, which believes it, must not be in this one."""
    program = cloudpickle.dumps(
        lambda: Client(address, set_as_default=False).run_on_scheduler(poison_scheduler, form, path)
    )
    started = f"import cloudpickle, os; cloudpickle.loads({program!r})(); os._exit(0)"
    subprocess.run([sys.executable, "-c", started], check=True, capture_output=True)


def poison_scheduler(form: str, path: str, dask_scheduler: Any = None) -> None:
    """In the scheduler: send every client, again and again, what Dask's own client would unpickle."""
    import asyncio
    import pickle

    from distributed.protocol import ToPickle, to_serialize

    evil = pickle.dumps(Evil(path))

    def messages(key: str) -> list[dict[str, Any]]:
        return {
            "warnings": [{"op": "event", "topic": "warn", "event": (1.0, {"message": evil, "category": evil})}],
            "prints": [{"op": "event", "topic": "print", "event": (1.0, "told by a peer")}],
            "pickles": [{"op": "nothing", "what": ToPickle(Evil(path))}, {"op": "x", "y": to_serialize(Evil(path))}],
            "types": [{"op": "key-in-memory", "key": key, "type": evil}],
            "errors": [{"op": "task-erred", "key": key, "exception": evil, "traceback": evil}],
            "failures": [{"op": "nothing", "status": "error", "exception": evil, "traceback": evil}],
            "results": [],
        }[form]

    async def flood() -> None:
        while True:
            for name, stream in list(dask_scheduler.client_comms.items()):
                for task in list(dask_scheduler.clients[name].wants_what):
                    for message in messages(task.key):
                        stream.send(message)
            await asyncio.sleep(0.01)

    async def gather(keys: Any = (), **_: Any) -> Any:
        return {"status": "OK", "data": ToPickle({key: Evil(path) for key in keys})}

    if form == "results":
        dask_scheduler.handlers["gather"] = gather
    dask_scheduler.flood = asyncio.ensure_future(flood())


@pytest.mark.parametrize("form", ["returns", pytest.param("within", marks=SLOW), pytest.param("raises", marks=SLOW)])
def test_result_that_is_an_object_runs_nothing_and_is_a_lost_worker(
    form: str, cluster: DaskCluster, tmp_path: Path, ran: Callable[[], bool]
) -> None:
    with closing(start_workers(f"dask:{cluster.address}", pack(TASKS, frozenset()))) as evaluator:
        with Client(cluster.address, set_as_default=False) as peer:
            peer.run(poison_workers, "measure_order", form, str(tmp_path / "ran"))
        with pytest.raises(
            SandboxError, match=r"a worker of dask:.* (sent an invalid answer: it is of the type|failed: )"
        ):
            evaluator.submit(ORDER).result(120)
    assert not ran()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["returns", "raises"])
def test_worker_that_describes_itself_by_an_object_runs_nothing_and_is_not_used(
    form: str, cluster: DaskCluster, tmp_path: Path, ran: Callable[[], bool]
) -> None:
    with Client(cluster.address, set_as_default=False) as peer:
        peer.run(poison_workers, "describe_worker", form, str(tmp_path / "ran"))
    with pytest.raises(SandboxUnavailable, match="no worker can be used; worker tcp://"):
        start_workers(f"dask:{cluster.address}", pack(TASKS, frozenset()))
    assert not ran()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["warnings", "prints", "pickles", "types", "errors", "failures", "results"])
def test_scheduler_that_speaks_for_others_runs_and_prints_nothing(
    form: str, cluster: DaskCluster, tmp_path: Path, ran: Callable[[], bool], capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "3s"}),
        closing(connect(f"dask:{cluster.address}", pack(TASKS, frozenset()))) as evaluator,
    ):
        from_elsewhere(cluster.address, form, str(tmp_path / "ran"))
        with suppress(SandboxError):  # the worker, or the scheduler, is lost
            assert evaluator.submit(ORDER).result(120).result().verdict == "ok"
    assert not ran() and "told by a peer" not in capfd.readouterr().out


@pytest.mark.slow
def test_client_of_somebody_else_in_the_same_process_unpickles_as_before(cluster: DaskCluster) -> None:
    with (
        closing(start_workers(f"dask:{cluster.address}", pack(TASKS, frozenset()))) as evaluator,
        Client(cluster.address, set_as_default=False) as other,
    ):
        assert other.submit(complex, 1, 2).result(60) == complex(1, 2)
        assert other.submit(lambda: bytes(50_000_000)).result(60) == bytes(50_000_000)
        assert evaluator.submit(ORDER).result(60).result().verdict == "ok"


GOOD = OrderResult(Evaluation(value=0.5, verdict="ok", scores=(0.5,), verdicts=("ok",)))


def changed(**values: Any) -> bytes:
    """A good answer with other values of its evaluation."""
    document = json.loads(to_bytes(GOOD))
    document["measured"]["evaluation"].update(values)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "sent",
    [
        *(None, 7, "{}", [], b"", b"{}", b"\xff", b"7", bytearray(to_bytes(GOOD))),
        *(b"[" * 100_000 + b"]" * 100_000, b'{"measured":' * 100_000),
        *(changed(value=value) for value in (float("nan"), float("inf"), 1.5, "1", True)),
        *(changed(scores=scores) for scores in ([0.5, 0.5], 0.5, [-0.5])),
        *(changed(verdict="best"), changed(verdicts=["best"]), changed(cpu_seconds=-1.0), changed(error=["x"])),
        changed(metrics=[{"seconds": float("inf")}]),
        json.dumps({"measured": None, "failure": None, "machine": None}).encode(),
        json.dumps({**json.loads(to_bytes(GOOD)), "failure": {"kind": "TaskError", "message": "x"}}).encode(),
        *(to_bytes(GOOD)[:-1], to_bytes(GOOD) + b"{}"),
    ],
    ids=lambda sent: repr(sent)[:40],
)
def test_answer_that_is_not_one_is_refused(sent: object) -> None:
    with pytest.raises(ValueError):
        from_bytes(sent, ORDER)


def test_answer_and_error_travel_whole() -> None:
    assert from_bytes(to_bytes(GOOD), ORDER) == GOOD
    error = from_bytes(to_bytes(SandboxUnavailable("no jail \ud800")), ORDER)
    assert type(error) is SandboxUnavailable and str(error) == "no jail \ufffd"
    assert asdict(GOOD)["evaluation"]["scores"] == (0.5,)


@pytest.mark.parametrize("host", ["192.0.2.1", "0.0.0.0", "[2001:db8::1]", "scheduler.invalid"])
def test_cluster_beyond_this_machine_needs_tls_or_the_users_word(host: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"is not encrypted.*use dask:tls://.*REQUIRE_ENCRYPTION=false"
    ) as refused:
        deploy_dask(f"tcp://{host}:8786")
    assert "\n" not in str(refused.value)
    settings = {"distributed.comm.require-encryption": False, "distributed.comm.timeouts.connect": "1s"}
    if host == "0.0.0.0":
        with dask.config.set(settings), pytest.raises(ConfigurationError, match="cannot reach a Dask scheduler"):
            deploy_dask(f"tcp://{host}:1")


def listening() -> set[str]:
    """The ports on which processes of this test listen, of every family."""
    handles: set[str] = set()
    for pid in [os.getpid(), *descendants(os.getpid())]:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(OSError):  # it has ended since it was listed
                handles.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for family in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in handles:
                found.add(fields[1])
    return found


def test_cluster_of_this_machine_listens_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        before = listening()
        assert before
        with closing(start_workers("dask:local:2", pack(TASKS, frozenset()))) as evaluator:
            assert isinstance(evaluator, Cluster) and len(evaluator.machines()) == 2
            assert all(evaluator.submit(order).result(60).result().verdict == "ok" for order in (ORDER,))
            assert listening() == before


def test_jobs_of_slurm_need_certificates(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    hidden = "import sys; sys.modules['cryptography'] = None\nfrom strop.__main__ import main\n"
    command = ["doctor", "--workers", "slurm:cores=2,memory=2GB,interface=lo"]
    program = f"{hidden}sys.argv[1:] = {command}\nmain()"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1, ended.stderr
    assert "certificates need cryptography" in ended.stderr

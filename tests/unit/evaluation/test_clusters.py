"""What `--workers` may name, and why a worker of a cluster is refused. No cluster starts."""

from __future__ import annotations

import asyncio
import socket

import pytest

from strop.base.errors import ConfigurationError, SandboxError
from strop.evaluation import start
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.machines import differences, lacking, versions
from strop.evaluation.start import normalized
from strop.evaluation.workers import pack
from strop.tasks.base import SecretSeeds
from strop_dask.answers import from_bytes
from support.kits.evaluator import TASKS
from support.packages import has_dask

WRONG_DASK = ["", "local", "local:0", "local:257", "local:two", "tcp://", "tcp://host", "http://h:1", "tcp://h:99999"]
WRONG_SLURM = {
    "": "cores of a job is missing",
    "cores=4": "memory of a job is missing",
    "cores=four,memory=8GB": "cores must be a whole number",
    "cores=4,memory=8GB,queue=x": "no option 'queue'",
    "cores=4,memory": "not NAME=VALUE",
    "cores=4,memory=8GB,minimum=3,maximum=2": "minimum must be at most maximum",
}


@has_dask
@pytest.mark.parametrize("rest", WRONG_DASK)
def test_address_of_another_form_is_refused_in_one_line(rest: str) -> None:
    from strop_dask.clusters import deploy_dask

    with pytest.raises(ConfigurationError, match=r"workers is dask:.*; it must be dask:tcp://HOST:PORT"):
        deploy_dask(rest)


@has_dask
def test_scheduler_that_does_not_exist_is_named() -> None:
    from strop_dask.clusters import deploy_dask

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConfigurationError, match=f"cannot reach a Dask scheduler at tcp://127.0.0.1:{port}"):
        deploy_dask(f"tcp://127.0.0.1:{port}")


@has_dask
@pytest.mark.parametrize(("rest", "reason"), WRONG_SLURM.items())
def test_wrong_options_of_slurm_are_named(rest: str, reason: str) -> None:
    from strop_dask.clusters import deploy_slurm

    with pytest.raises(ConfigurationError, match=reason):
        deploy_slurm(rest)


@has_dask
def test_options_of_slurm_reach_the_script_of_a_job() -> None:
    pytest.importorskip("dask_jobqueue")
    from dask_jobqueue.slurm import SLURMJob

    from strop_dask.clusters import slurm_options

    text = "partition=short,time=02:00:00,cores=8,memory=16GB,account=lab,prologue=module load python,prologue=. env"
    options, least, most = slurm_options(f"{text},maximum=5")
    script = SLURMJob("tcp://127.0.0.1:1", "name", processes=1, **options).job_script()
    for line in ("-p short", "-A lab", "-t 02:00:00", "--cpus-per-task=8", "--mem=15G"):
        assert f"#SBATCH {line}" in script
    assert "module load python\n. env\n" in script and "--nthreads 8" in script
    assert (least, most) == (0, 5)


def test_kind_that_is_not_installed_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="workers is ray:x; it must be a number of processes"):
        normalized("ray:x")


def test_worker_with_other_versions_is_refused_by_what_differs() -> None:
    assert differences(versions(), versions()) == ""
    there = versions() | {"numpy": "1.0", "Python": "3.9"}
    assert differences(there, versions()) == (
        f"it has numpy 1.0 instead of {versions()['numpy']}, Python 3.9 instead of {versions()['Python']}"
    )


def test_worker_below_the_required_protections_is_refused_by_their_names() -> None:
    assert lacking({"read": True, "write": False}, {"read", "write", "network"}) == "it does not enforce network, write"
    assert lacking({"read": True}, {"read"}) == ""


def test_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "find_installed", lambda group, name: None)
    with pytest.raises(
        ConfigurationError, match=r"dask:local:2 needs the package strop-dask: pip install 'strop\[dask\]'"
    ):
        start.normalized("dask:local:2")


@has_dask
@pytest.mark.slow
def test_scheduler_that_accepts_connections_and_says_nothing_is_given_up() -> None:
    import dask

    from strop_dask.clusters import deploy_dask

    with socket.create_server(("127.0.0.1", 0)) as silent, dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        port = silent.getsockname()[1]
        with pytest.raises(ConfigurationError, match="accepts connections, but has not answered for 6 s"):
            deploy_dask(f"tcp://127.0.0.1:{port}")


@has_dask
@pytest.mark.process
def test_order_that_starts_when_its_evaluator_has_closed_is_not_measured() -> None:
    from strop_dask.worker import end_orders, measure_order

    equipment = pack(TASKS, frozenset())
    order = Order(
        "at/late", "def algorithm(values):\n    return values\n", TASKS[0].name, "train", SecretSeeds(b"s"), b"s"
    )
    assert isinstance(from_bytes(measure_order(order, equipment, versions(), "one"), order), OrderResult)
    asyncio.run(end_orders("one"))
    late = from_bytes(measure_order(order, equipment, versions(), "one"), order)
    assert isinstance(late, SandboxError) and "closed" in str(late)

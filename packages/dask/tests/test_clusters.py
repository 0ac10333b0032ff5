"""What `--workers dask:…` and `slurm:…` may name, and an order that comes too late. No cluster starts."""

from __future__ import annotations

import asyncio
import socket

import dask
import pytest

from strop.base.errors import ConfigurationError, SandboxError
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.machines import versions
from strop.evaluation.workers import pack
from strop.tasks.base import SecretSeeds
from strop_dask.answers import from_bytes
from strop_dask.clusters import deploy_dask, deploy_slurm, slurm_options
from strop_dask.worker import end_orders, measure_order
from support.kits.evaluator import TASKS

WRONG_DASK = ["", "local", "local:0", "local:257", "local:two", "tcp://", "tcp://host", "http://h:1", "tcp://h:99999"]
WRONG_SLURM = {
    "": "cores of a job is missing",
    "cores=4": "memory of a job is missing",
    "cores=four,memory=8GB": "cores must be a whole number",
    "cores=4,memory=8GB,queue=x": "no option 'queue'",
    "cores=4,memory": "not NAME=VALUE",
    "cores=4,memory=8GB,minimum=3,maximum=2": "minimum must be at most maximum",
}


def test_address_or_option_that_is_wrong_is_refused_in_one_line_that_names_it(subtests: pytest.Subtests) -> None:
    for rest in WRONG_DASK:
        said = r"workers is dask:.*; it must be dask:tcp://HOST:PORT"
        with subtests.test(dask=rest), pytest.raises(ConfigurationError, match=said):
            deploy_dask(rest)
    for rest, reason in WRONG_SLURM.items():
        with subtests.test(slurm=rest), pytest.raises(ConfigurationError, match=reason):
            deploy_slurm(rest)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConfigurationError, match=f"cannot reach a Dask scheduler at tcp://127.0.0.1:{port}"):
        deploy_dask(f"tcp://127.0.0.1:{port}")


def test_options_of_slurm_reach_the_script_of_a_job() -> None:
    SLURMJob = pytest.importorskip("dask_jobqueue.slurm").SLURMJob
    text = "partition=short,time=02:00:00,cores=8,memory=16GB,account=lab,prologue=module load python,prologue=. env"
    options, least, most = slurm_options(f"{text},maximum=5")
    script = SLURMJob("tcp://127.0.0.1:1", "name", processes=1, **options).job_script()
    for line in ("-p short", "-A lab", "-t 02:00:00", "--cpus-per-task=8", "--mem=15G"):
        assert f"#SBATCH {line}" in script
    assert "module load python\n. env\n" in script and "--nthreads 8" in script
    assert (least, most) == (0, 5)


@pytest.mark.slow
def test_scheduler_that_accepts_connections_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        port = silent.getsockname()[1]
        with pytest.raises(ConfigurationError, match="accepts connections, but has not answered for 6 s"):
            deploy_dask(f"tcp://127.0.0.1:{port}")


@pytest.mark.process
def test_order_that_starts_when_its_evaluator_has_closed_is_not_measured() -> None:
    equipment = pack(TASKS, frozenset())
    order = Order(
        "at/late", "def algorithm(values):\n    return values\n", TASKS[0].name, "train", SecretSeeds(b"s"), b"s"
    )
    assert isinstance(from_bytes(measure_order(order, equipment, versions(), "one"), order), OrderResult)
    asyncio.run(end_orders("one"))
    late = from_bytes(measure_order(order, equipment, versions(), "one"), order)
    assert isinstance(late, SandboxError) and "closed" in str(late)

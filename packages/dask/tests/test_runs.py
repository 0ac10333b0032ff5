"""Runs whose programs are evaluated by a Dask cluster."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import strop as strop_package
from dask_cluster import DaskCluster, dask_cluster
from end_to_end.conftest import Start, Strop, events_in, happened
from strop.base.errors import ConfigurationError, SandboxError
from strop.base.events import Evaluated
from strop.evaluation.base import Cluster, Order
from strop.evaluation.start import start_workers
from strop.evaluation.workers import pack
from strop.lm.scripted import Scripted
from strop.store import Store
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import command_task
from support.kits.evaluator import TASKS
from support.processes import output_of, wait_until

dask = pytest.importorskip("dask")
Client = pytest.importorskip("distributed").Client

RUN = "run lpn --copies 2 --seed 5"
SHORT = shlex.split(f"{RUN} --max-responses 2 --gate-pairs 2 --meta-budget 2 --utility-budget 3 --lm-budget 1 -T 1")
LONGER = shlex.split(f"{RUN} --max-responses 3 --gate-pairs 6 --meta-budget 5 --utility-budget 8 --lm-budget 2 -T 3")
"""A run that is killed somewhere."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """For a test that changes it."""
    with dask_cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """For tests that only use it."""
    with dask_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def orders(count: int) -> list[Order]:
    return [Order(f"at/{n}", TASKS[0].seed, TASKS[0].name, "train", SecretSeeds(b"s"), b"k") for n in range(count)]


def test_killed_worker_costs_no_result_and_a_killed_scheduler_ends_every_order(cluster: DaskCluster) -> None:
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        closing(start_workers(f"dask:{cluster.address}", pack(TASKS, frozenset()))) as evaluator,
    ):
        futures = [evaluator.submit(order) for order in orders(60)]
        futures[10].result(60)
        os.kill(cluster.workers()[0], signal.SIGKILL)
        assert all(future.result(60).result().verdict == "ok" for future in futures)
        endless = "def algorithm(values):\n    while True: pass\n"
        future = evaluator.submit(replace(orders(1)[0], task="kit-slow", program=endless))
        cluster.scheduler.kill()
        with pytest.raises(SandboxError, match="lost the Dask scheduler"):
            future.result(60)


def test_run_on_a_cluster_is_the_run_of_one_process(strop: Strop, tmp_path: Path, shared: DaskCluster) -> None:
    for workers, out in (("1", "alone"), (f"dask:{shared.address}", "cluster")):
        ended = strop(*SHORT, "--workers", workers, "--out", out)
        assert ended.returncode == 0, ended.stderr
    assert happened(tmp_path / "alone") == happened(tmp_path / "cluster")
    replayed = strop("replay", "cluster")
    assert replayed.returncode == 0, replayed.stderr


def test_command_on_a_cluster_has_the_scores_of_this_machine(tmp_path: Path, shared: DaskCluster) -> None:
    def carried_out() -> int:
        """How many orders the cluster has carried out."""

        def count(dask_scheduler: Any) -> int:
            orders = dask_scheduler.task_prefixes.get("measure_order")
            return 0 if orders is None else int(orders.state_counts["memory"])

        with Client(shared.address, set_as_default=False) as client:
            return int(client.run_on_scheduler(count))

    target, scores, before = tmp_path / "target", {}, carried_out()
    target.mkdir()
    (target / "program.c").write_text('#include <stdio.h>\nint main() { puts("answer 2"); return 0; }\n')
    (target / "hidden").write_text("9\n")
    judge = "read most < hidden; read word answer < {output}; echo score $((answer > most ? 0 : answer))"
    for workers in ("1", f"dask:{shared.address}"):
        texts = (f'#include <stdio.h>\nint main() {{ puts("answer {number}"); return 0; }}\n' for number in range(3, 7))
        found = strop_package.improve(
            target,
            files=["program.c"],
            build="cc -o program program.c",
            command="./program",
            judge=judge,
            judge_files=["hidden"],
            description="Print a large number.",
            score=["score ([0-9]+)"],
            metric=["score:max"],
            model=Scripted([f"```c\n{text}```" for text in texts]),
            utility_budget=5,
            lm_budget=4,
            max_responses=1,
            seed=5,
            workers=workers,
            out=tmp_path / workers[:4],
        )
        assert found.finding == "better"
        with Store.open(tmp_path / workers[:4]) as store:
            events = [stored.event for stored in store.events(Evaluated)]
        scores[workers[:4]] = sorted((event.scope, event.verdict, event.value, *event.scores) for event in events)
    assert scores["1"] == scores["dask"]
    originals = 2  # in training and held out, which this machine measures
    assert carried_out() - before == len(scores["dask"]) - originals


def test_cluster_that_lacks_what_a_command_needs_says_so(
    tmp_path: Path, shared: DaskCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "program.sh").write_text("echo score 2\n")
    task = command_task(
        tmp_path, files=["program.sh"], command="sh program.sh", score=["score (.*)"], metric=["score:max"]
    )
    equipment = pack([replace(task, tools=(tmp_path / "gone",))], frozenset())
    with closing(start_workers(f"dask:{shared.address}", equipment)) as evaluator:
        assert isinstance(evaluator, Cluster)
        evaluator.submit(replace(orders(1)[0], task=task.name, program=task.seed))
        wait_until(lambda: all(machine.refusal for machine in evaluator.machines()))
        assert "gone, which this machine does not have" in evaluator.machines()[0].refusal
    assert "is not used: task" in capsys.readouterr().err


def certificates(folder: Path) -> dict[str, str]:
    """Settings of Dask by which every party shows one new certificate, and trusts no other."""
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    files = {"CA_FILE": certificate} | {
        f"{party}__{what}": file
        for party in ("CLIENT", "SCHEDULER", "WORKER")
        for what, file in (("CERT", certificate), ("KEY", key))
    }
    return {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(file) for name, file in files.items()}


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_run_on_a_cluster_with_tls_is_the_run_of_one_process_and_needs_the_certificate(
    strop_process: Strop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, foreign = certificates(tmp_path / "theirs"), certificates(tmp_path / "foreign")
    with monkeypatch.context() as cluster_only:
        cluster_only.setenv("DASK_DISTRIBUTED__COMM__DEFAULT_SCHEME", "tls")
        for name, value in theirs.items():
            cluster_only.setenv(name, value)
        cluster = DaskCluster(tmp_path)
        cluster.add_workers()
    with closing(cluster):
        assert cluster.address.startswith("tls://")
        workers = ("--workers", f"dask:{cluster.address}")
        for shown in ({}, foreign):
            stranger = strop_process(
                *SHORT, *workers, "--out", "stranger", DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="3s", **shown
            )
            *_, line = stranger.stderr.splitlines()  # behind the line that says who computes the scores
            assert stranger.returncode == 2 and line.startswith("strop: "), stranger.stderr
        assert strop_process(*SHORT, *workers, "--out", "cluster", **theirs).returncode == 0
    assert strop_process(*SHORT, "--workers", "1", "--out", "alone").returncode == 0
    assert happened(tmp_path / "alone") == happened(tmp_path / "cluster")


def test_doctor_shows_each_machine_and_why_one_is_refused(strop: Strop, tmp_path: Path, shared: DaskCluster) -> None:
    ended = strop("doctor", "--workers", f"dask:{shared.address}", "--json")
    assert ended.returncode == 0, ended.stderr
    machines = json.loads(ended.stdout)["machines"]
    assert [(machine["slots"], machine["refusal"]) for machine in machines] == [(1, "")] * 2
    assert all(machine["host"] and machine["protections"]["read"] for machine in machines)
    ended = strop("doctor", "--workers", f"dask:{shared.address}", "--require", "together")
    assert ended.returncode == 7
    assert ended.stdout.count("not used: it does not enforce together") == 2
    assert "0 workers of 2 can be used: 0 slots" in ended.stdout


@pytest.mark.slow
def test_worker_with_other_code_that_joins_is_named_and_not_used(
    tmp_path: Path, cluster: DaskCluster, capfd: pytest.CaptureFixture[str]
) -> None:
    package = Path(strop_package.__file__).parent
    shutil.copytree(package, tmp_path / "other" / "strop", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "other" / "strop" / "__init__.py").open("a") as file:
        file.write("# changed\n")
    with closing(start_workers(f"dask:{cluster.address}", pack(TASKS, frozenset()))) as evaluator:
        assert isinstance(evaluator, Cluster)
        cluster.add_workers(PYTHONPATH=str(tmp_path / "other"))
        wait_until(lambda: len(evaluator.machines()) == 4)
        refused = [machine for machine in evaluator.machines() if machine.refusal]
        assert len(refused) == 2 and evaluator.slots == 2
        assert all(machine.refusal.startswith("it has code of strop ") for machine in refused)
        results = [future.result(60) for future in [evaluator.submit(order) for order in orders(20)]]
        assert all(measured.result().verdict == "ok" for measured in results)
    assert capfd.readouterr().err.count("is not used: it has code of strop ") == 2


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_stops_a_run_on_a_cluster_of_its_own(start_strop: Start, tmp_path: Path) -> None:
    process = start_strop(*LONGER, "--workers", "dask:local:2", "--out", "r", own_session=True)
    wait_until(lambda: events_in(tmp_path / "r") >= 100 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)  # the workers get it, too
    _, stderr = output_of(process)
    assert process.returncode == 130, stderr
    assert "To continue: strop resume r" in stderr and "Traceback" not in stderr


@pytest.mark.slow
def test_ctrl_c_stops_a_run_that_waits_for_workers_of_a_cluster(
    start_strop: Start, strop_process: Strop, tmp_path: Path
) -> None:
    with closing(DaskCluster(tmp_path)) as cluster:
        process = start_strop(*SHORT, "--workers", f"dask:{cluster.address}", "--out", "r")
        assert process.stderr is not None
        assert any("waiting for a worker" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, stderr = output_of(process)
    assert process.returncode == 130, stderr
    assert "To continue: strop resume r" in stderr and "Traceback" not in stderr
    for arguments in (["resume", "r", "--workers", "1"], [*SHORT, "--workers", "1", "--out", "whole"]):
        assert strop_process(*arguments).returncode == 0
    assert happened(tmp_path / "r") == happened(tmp_path / "whole")


SBATCH = """#!/bin/sh
[ "$1" = --hold ] && echo 1234567 && exit  # only asked whether it would take the job
copy=$(mktemp) && cp "$1" "$copy"
setsid sh "$copy" >/dev/null 2>&1 &
echo $! >> "$JOBS"
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
for job in "$@"; do [ "$job" = 1234567 ] || kill -- -"$job"; done
"""


@pytest.mark.parametrize(
    ("sbatch", "reason"),
    [
        ("#!/bin/sh\necho 'sbatch: error: invalid partition specified: nope' >&2\nexit 1\n", "invalid partition"),
        (None, "sbatch is not installed here"),
    ],
)
def test_workers_of_slurm_are_refused_with_its_words_when_it_would_not_take_their_jobs(
    sbatch: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dask_jobqueue")
    if sbatch is not None:
        (tmp_path / "sbatch").write_text(sbatch)
        (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + (":/bin" if sbatch else ""))
    with pytest.raises(ConfigurationError, match=reason):
        start_workers("slurm:cores=2,memory=2GB,interface=lo,partition=nope", pack(TASKS, frozenset()))


@pytest.mark.slow
def test_jobs_of_slurm_evaluate_and_are_cancelled_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask_jobqueue")
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("JOBS", str(tmp_path / "jobs"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with closing(start_workers("slurm:cores=2,memory=2GB,interface=lo", pack(TASKS, frozenset()))) as evaluator:
        results = [future.result(60) for future in [evaluator.submit(order) for order in orders(20)]]
        assert all(measured.result().verdict == "ok" for measured in results)
    jobs = [int(line) for line in (tmp_path / "jobs").read_text().split()]
    assert len(jobs) == 1
    wait_until(lambda: not Path(f"/proc/{jobs[0]}").exists())

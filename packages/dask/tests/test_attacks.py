"""Peers of a Dask scheduler who answer in the place of workers: what they send is believed only if it is an answer."""

from __future__ import annotations

import json
import os
import socket
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

import dask.config

from strop.base.errors import ConfigurationError, SandboxUnavailable
from strop.base.results import Evaluation
from strop.evaluation.base import Cluster, Order, OrderResult
from strop.evaluation.start import start_workers
from strop.evaluation.workers import pack
from strop.tasks.base import SecretSeeds
from strop_dask.answers import from_bytes, to_bytes
from strop_dask.clusters import deploy_dask
from support.kits.evaluator import TASKS
from support.processes import descendants

ORDER = Order("at/1", TASKS[0].seed, TASKS[0].name, "train", SecretSeeds(b"s"), b"k")


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

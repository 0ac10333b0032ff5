"""A Dask cluster passes the conformance kit of evaluators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dask_cluster import dask_cluster
from strop.evaluation.start import start_workers
from strop.evaluation.workers import pack
from support.kits.evaluator import CHECKS, MakeEvaluator

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def on_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeEvaluator]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield lambda tasks: start_workers(f"dask:{cluster.address}", pack(tasks, frozenset()))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_dask_cluster_passes_the_kit(check, on_cluster: MakeEvaluator) -> None:
    check(on_cluster)


@pytest.mark.slow
def test_dask_cluster_of_this_machine_passes_the_kit() -> None:
    for check in CHECKS:
        check(lambda tasks: start_workers("dask:local:2", pack(tasks, frozenset())))

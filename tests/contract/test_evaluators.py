"""Every evaluator passes the conformance kit; here that of worker processes."""

from __future__ import annotations

import pytest

from strop.evaluation.start import start_workers
from strop.evaluation.workers import pack
from support.kits.evaluator import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_worker_processes_pass_the_kit(check) -> None:
    check(lambda tasks: start_workers("2", pack(tasks, frozenset())))

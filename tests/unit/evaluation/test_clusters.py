"""What `--workers` may name, and why a worker of a cluster is refused. No cluster starts."""

from __future__ import annotations

import pytest

from strop.base.errors import ConfigurationError
from strop.evaluation.machines import differences, lacking, versions
from strop.options import workers
from strop.options.workers import normalized


def test_worker_with_other_versions_is_refused_by_what_differs() -> None:
    assert differences(versions(), versions()) == ""
    there = versions() | {"numpy": "1.0", "Python": "3.9"}
    assert differences(there, versions()) == (
        f"it has numpy 1.0 instead of {versions()['numpy']}, Python 3.9 instead of {versions()['Python']}"
    )


def test_worker_below_the_required_protections_is_refused_by_their_names() -> None:
    assert lacking({"read": True, "write": False}, {"read", "write", "network"}) == "it does not enforce network, write"
    assert lacking({"read": True}, {"read"}) == ""


def test_kind_or_package_that_is_missing_is_named_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="workers is ray:x; it must be a number of processes"):
        normalized("ray:x")
    monkeypatch.setattr(workers, "find_installed", lambda group, name: None)
    missing = r"dask:local:2 needs a package of strop's repository; in a clone: .* -m pip install \./packages/dask$"
    with pytest.raises(ConfigurationError, match=missing):
        normalized("dask:local:2")

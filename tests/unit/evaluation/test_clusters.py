"""What `--workers` may name, and why a worker of a cluster is refused. No cluster starts."""

from __future__ import annotations

import pytest

from strop.base.errors import ConfigurationError
from strop.evaluation import start
from strop.evaluation.machines import differences, lacking, versions
from strop.evaluation.start import normalized


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

"""Every kind of workspace passes the conformance kit of workspaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strop.sandbox.layers import Layers
from strop.sandbox.workspace.base import Workspaces
from strop.sandbox.workspace.jail import JailedWorkspaces
from support.kits import workspace as kit
from support.tiers import slow_unless

LAYERS = {
    "everything": Layers.strongest(),
    "one user": Layers(identity=False),
    "without a root": Layers(private_root=False),
    "without namespaces": Layers(private_root=False, namespaces=False),
}
WEAKER = {"memory_and_disk_are_bounded"}
"""Needs a file system of the workspace's own."""


@pytest.fixture(scope="module", params=slow_unless(lambda name: name == "everything", LAYERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def workspaces(kind: str) -> Iterator[Workspaces]:
    with JailedWorkspaces(slots=2, require=(), layers=LAYERS[kind]) as workspaces:
        yield workspaces


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_workspaces_conform(
    workspaces: Workspaces, kind: str, check: Callable[[Workspaces, Path], None], tmp_path: Path
) -> None:
    if kind.startswith("without") and check.__name__ in WEAKER:
        pytest.skip("without a private root nothing bounds the disk, and the posture says so")
    check(workspaces, tmp_path)

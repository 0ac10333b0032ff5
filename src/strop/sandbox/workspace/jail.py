"""Workspaces, each as confined as this machine allows."""

from __future__ import annotations

from collections.abc import Collection

from strop.errors import SandboxUnavailable
from strop.sandbox.workspace.base import Tree, Workspace


class JailedWorkspaces:
    """`Workspaces` in jails."""

    def __init__(self, *, places: int, require: Collection[str] | None = None) -> None:
        """`require` are names of protections without which not to start; None: the default ones."""

    def open(self, tree: Tree) -> Workspace:
        raise SandboxUnavailable("commands cannot be confined yet")

    def close(self) -> None:
        """Kill everything. Idempotent."""

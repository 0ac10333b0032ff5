"""The plan that the host gives a keeper at its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from strop.sandbox.layers import Layers


@dataclass(frozen=True)
class WorkspacePlan:
    """What a keeper needs to make one workspace."""

    layers: Layers
    files: dict[str, str]
    readable: tuple[str, ...]
    """Files and folders of the host that commands may read and run."""
    search: tuple[str, ...]
    """PATH of the commands."""
    python: str
    """The interpreter that commands must be able to run."""
    folder: str
    """A folder of the host for the copy, if there are no namespaces."""
    left_out: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


def from_sent(content: dict[str, Any]) -> WorkspacePlan:
    """A plan from plain data."""
    content = dict(content, layers=Layers(**content["layers"]))
    for name in ("readable", "search", "left_out"):
        content[name] = tuple(content[name])
    content["only"] = None if content["only"] is None else tuple(content["only"])
    return WorkspacePlan(**content)

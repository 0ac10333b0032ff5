"""Rooms of a tree in which a program has left a hook, which runs in each guest that enters its room after it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.sandbox.base import GuestProgram, Limits, Outcome, Returned
from strop.sandbox.tree_guests import TreePlan, TreeServer
from strop.sandbox.workspace.base import Tree
from strop.sandbox.workspace.jail import Workspaces

LIMITS = Limits(cpu_seconds=5.0, wall_seconds=20.0)
_ORDER = {"environment": {}, "cpu_seconds": 5.0}
_LEAVES = GuestProgram(
    """
import os
def leave(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
""",
    "leave",
)
TELLS = GuestProgram("import builtins\ndef tell():\n    return getattr(builtins, 'FOUND', [])\n", "tell")
"""Returns what a hook has put into `builtins.FOUND`."""


class Rooms:
    """Rooms of one tree, one after another."""

    def __init__(self, server: TreeServer) -> None:
        self._server = server

    def after(self, hook: str, place: str = "/copy/src/sitecustomize.py") -> Outcome:
        """What `TELLS` gives in the second guest of a new room, of which the first has left this hook there."""
        with self._room(), self._server.open(_LEAVES, LIMITS, _ORDER) as first:
            left = first.call([place, hook], seed=None)
            assert isinstance(left, Returned), left
            with self._server.open(TELLS, LIMITS, _ORDER) as second:
                return second.call([], seed=None)

    def untouched(self) -> list[str]:
        """The signs that the only guest of a new room is not what it should be."""
        with self._room(), self._server.open(TELLS, LIMITS, _ORDER) as guest:
            outcome = guest.call([], seed=None)
        return [] if isinstance(outcome, Returned) and outcome.value == [] else [f"the next room: {outcome}"]

    @contextmanager
    def _room(self) -> Iterator[None]:
        self._server.begin({"program.py": ""})
        self._server.ready()
        yield
        self._server.finish()


@contextmanager
def rooms() -> Iterator[Rooms | None]:
    """Rooms of a tree whose guests look for modules in its folder `src`; None where this machine has no trees."""
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        if not workspaces.has_trees:
            yield None
            return
        Path(folder).chmod(0o755)
        paths = {"PYTHONPATH": "src"}
        plan = TreePlan(Tree(Path(folder), {}), sys.executable, 1 << 30, paths)
        slot = workspaces.slot([plan])
        try:
            yield Rooms(slot.servers()[0])
        finally:
            slot.renew()
            slot.close()

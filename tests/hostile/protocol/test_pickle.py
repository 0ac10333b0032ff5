"""A pickle that runs a command when it is loaded, as text, as data and as a whole frame."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from strop.sandbox.base import Outcome, Violated


class Trap:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self._marker}",)


@pytest.mark.parametrize("where", ["text", "data", "array"])
def test_pickle_is_not_loaded_when_a_guest_sends_one(
    answer: Callable[..., Outcome], tmp_path: Path, where: str
) -> None:
    trap = pickle.dumps(Trap(tmp_path / "marker"))
    header = b'{"returned":{"__nd__":["|O",[1]]}}' if where == "array" else b'{"returned":1}'
    outcome = answer(trap) if where == "text" else answer(header, trap)
    assert isinstance(outcome, Violated)
    assert not (tmp_path / "marker").exists()

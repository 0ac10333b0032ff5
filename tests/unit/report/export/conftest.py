"""A record that holds all that a program, a scorer or a model might write."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.store import Store
from support.hostile_record import hostile_events


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The directory of a record that was never ended."""
    directory = tmp_path / "=run"
    with Store.create(
        directory, {"kind": "run", "task": "parity", "language_model": "made", "is_language_model": "false"}
    ) as store:
        for event in hostile_events():
            store.append(event)
    return directory

"""What several unit tests need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A record that is being written in `tmp_path / "run"`."""
    with Store.create(tmp_path / "run", {"task": "lpn", "model": "offline"}) as store:
        yield store

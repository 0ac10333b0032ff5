"""What tests of trackers need."""

from __future__ import annotations

import pytest


@pytest.fixture
def said() -> list[str]:
    """What the mirror told."""
    return []

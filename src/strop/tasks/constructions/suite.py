"""The constructions that come with strop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strop.tasks.constructions.base import Construction

CONSTRUCTIONS: Mapping[str, Callable[[], Construction]] = {}
"""Name → what makes the problem."""

"""Tables of what must hold of the fields of a task."""

from __future__ import annotations

from collections.abc import Mapping


def first_mistake(required: Mapping[str, object]) -> str:
    """The words of the first row that does not hold; empty if all do. `required`: what is said if it does not hold → whether it
    does, the most important first."""
    return next((words for words, holds in required.items() if not holds), "")
